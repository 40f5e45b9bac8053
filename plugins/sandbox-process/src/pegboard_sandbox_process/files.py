"""Files that go in with a job and come out with its answer. Nothing of them ever touches a disk."""

import struct
from collections.abc import Mapping

from pegboard import Problem

FILE = struct.Struct("<HI")
"""Bytes of a file's name and of its content, which follow; as in `child.FILE`."""

LONGEST = 255
"""Bytes of a name."""

MOST = 1000
"""Files in, and out, of one call; as in `serving.MOST_FILES`."""

ROOM = MOST * (FILE.size + LONGEST)
"""What the names add to the contents on the channel."""


def wrong_name(name: str) -> str:
    """Why no file may be called so; "" where it may."""
    if name in ("", ".", ".."):
        return "that is no name of a file"
    if "/" in name or "\0" in name:
        return "there are no folders, and no / or NUL in a name"
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        return "a name is UTF-8"
    return f"a name has at most {LONGEST} bytes of UTF-8, and this one {size}" if size > LONGEST else ""


def refuse_bad_files(files: Mapping[str, bytes], allowed: int) -> None:
    """Raise `pegboard.Problem` 422 for a name that cannot be, and for what is more than `allowed` bytes in all."""
    for name in files:
        if why := wrong_name(name):
            raise Problem(422, "invalid-files", f"file {name!r}: {why}")
    if len(files) > MOST:
        raise Problem(422, "invalid-files", f"{len(files)} files: a call takes at most {MOST}")
    size = sum(map(len, files.values()))
    if size > allowed:
        detail = f"the files {_few(files)} have {size} bytes in all: limits.files allows {allowed}"
        raise Problem(422, "invalid-files", detail)


def _few(names: Mapping[str, bytes]) -> str:
    shown = ", ".join(map(repr, list(names)[:5]))
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"


def encode_files(files: Mapping[str, bytes]) -> list[bytes]:
    parts = []
    for name, content in files.items():
        encoded = name.encode()
        parts += (FILE.pack(len(encoded), len(content)), encoded, content)
    return parts


def decode_files(data: bytes, at: int, allowed: int) -> dict[str, bytes]:
    """What a child says its files are, from `at` to the end of `data`. That is hostile input.

    Raises ValueError or struct.error for whatever the child's own code would not have written.
    """
    files: dict[str, bytes] = {}
    while at < len(data):
        length, size = FILE.unpack_from(data, at)
        start = at + FILE.size + length
        name = data[at + FILE.size : start].decode()
        at = start + size
        allowed -= size
        if at > len(data) or allowed < 0 or name in files or wrong_name(name) or len(files) == MOST:
            raise ValueError(f"file {name!r} cannot be")
        files[name] = data[start:at]
    return files
