"""Frames between the server and a supervisor: a letter, a length, a payload. Standard library only."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any

HEAD = struct.Struct("<cI")
COUNT = struct.Struct("<I")

CONFIGURE, JOB, STOP = b"C", b"J", b"S"
"""To the supervisor: how it is to be (JSON), a call, and the end of one (``number reason``)."""

READY, FAILED, STDOUT, STDERR, ANSWER = b"R", b"F", b"o", b"e", b"A"
"""From it: it can begin; it cannot, or not go on, and why; what a program prints; how a call ended."""

GRACE = 0.25
"""Seconds beyond a call's wall in which the interpreter may end it by itself, before it is killed."""


def frame(letter: bytes, payload: bytes) -> bytes:
    return HEAD.pack(letter, len(payload)) + payload


def bundle(members: dict[str, Any], blobs: Sequence[bytes]) -> bytes:
    """JSON and, behind it, bytes as they are: bodies and results are not encoded once more."""
    head = json.dumps({**members, "sizes": [len(blob) for blob in blobs]}).encode()
    return b"".join((COUNT.pack(len(head)), head, *blobs))


def unbundle(payload: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """Raises ValueError for what `bundle` never makes."""
    if len(payload) < COUNT.size:
        raise ValueError("a frame is too short")
    at = COUNT.size + COUNT.unpack_from(payload)[0]
    members = json.loads(payload[COUNT.size : at])
    if not isinstance(members, dict) or not isinstance(sizes := members.pop("sizes", None), list):
        raise ValueError("a frame has no sizes")
    blobs = []
    for size in sizes:
        if not isinstance(size, int) or not 0 <= size <= len(payload) - at:
            raise ValueError("a frame is shorter than it says")
        blobs.append(payload[at : at + size])
        at += size
    if at != len(payload):
        raise ValueError("a frame is longer than it says")
    return members, blobs
