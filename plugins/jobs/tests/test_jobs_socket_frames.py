"""The WebSocket, frame by frame: the core cases of the Autobahn test suite (RFC 6455), against a server on a socket.

The endpoint does not echo; it answers each whole message, and what is no message of its own by an ``error`` event. So a
message that arrived is one that was answered.
"""

import asyncio
import base64
import contextlib
import os
import struct
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import attrs
import orjson
import pytest

from pegboard.testing import caller, serve

from .conftest import Kinds, app_on

pytestmark = pytest.mark.anyio

TEXT, BINARY, CLOSE, PING, PONG, REST = 1, 2, 8, 9, 10, 0
READS = caller("jobs:read", id="ann", tenant="acme")
ASK = b'{"event": "unsubscribe_job", "data": {"job_id": "none"}}'


def frame(kind: int, data: bytes = b"", *, end: bool = True, reserved: int = 0, masked: bool = True) -> bytes:
    """One frame as a client sends it (RFC 6455, section 5.2)."""
    head = bytes([(0x80 if end else 0) | reserved << 4 | kind])
    size = len(data)
    if size < 126:
        length = bytes([size | (0x80 if masked else 0)])
    elif size < 1 << 16:
        length = bytes([126 | (0x80 if masked else 0)]) + struct.pack(">H", size)
    else:
        length = bytes([127 | (0x80 if masked else 0)]) + struct.pack(">Q", size)
    if not masked:
        return head + length + data
    mask = b"\x37\xfa\x21\x3d"  # that of the RFC's examples
    return head + length + mask + bytes(byte ^ mask[n % 4] for n, byte in enumerate(data))


@attrs.frozen
class Peer:
    """A client that can do wrong."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, *frames: bytes) -> None:
        for one in frames:
            self.writer.write(one)
            await self.writer.drain()

    async def receive(self) -> tuple[int, bytes]:
        """Kind and content of the next frame. Raises IncompleteReadError where the server has closed."""
        async with asyncio.timeout(10):
            head, length = await self.reader.readexactly(2)
            assert head & 0x80, "the server has no need to send in fragments"
            assert not length & 0x80, "a server must not mask (section 5.1)"
            if length == 126:
                (length,) = struct.unpack(">H", await self.reader.readexactly(2))
            elif length == 127:
                (length,) = struct.unpack(">Q", await self.reader.readexactly(8))
            return head & 15, await self.reader.readexactly(length)

    async def answer(self) -> str:
        """The code of the next error event."""
        kind, data = await self.receive()
        assert kind == TEXT, (kind, data)
        return str(orjson.loads(data)["data"]["code"])

    async def closed(self) -> int | None:
        """The code with which the server closes; None where it just hangs up."""
        try:
            while True:
                kind, data = await self.receive()
                if kind == CLOSE:
                    return int.from_bytes(data[:2], "big") if data else 1005
        except (asyncio.IncompleteReadError, ConnectionError):
            return None


@pytest.fixture(scope="module")
async def url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    folder: Path = tmp_path_factory.mktemp("frames")
    async with serve(app_on(f"sqlite:///{folder / 'frames.db'}", folder, Kinds(), workers=0)) as made:
        yield made


@pytest.fixture
async def peer(url: str) -> AsyncIterator[Peer]:
    async with aclosing(connected(url)) as peers:
        yield await anext(peers)


async def connected(url: str) -> AsyncIterator[Peer]:
    host, _, port = url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    key = base64.b64encode(os.urandom(16)).decode()
    names = {"Host": host, "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    lines = [f"{name}: {value}" for name, value in {**names, "Sec-WebSocket-Key": key, **READS}.items()]
    writer.write("\r\n".join(["GET /ws HTTP/1.1", *lines, "", ""]).encode())
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 "), head
    try:
        yield Peer(reader, writer)
    finally:
        writer.close()


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 128, 4000, 65535, 65536])
async def test_a_text_of_any_length_is_answered(peer: Peer, size: int) -> None:
    """Cases 1.1."""
    await peer.send(frame(TEXT, b"*" * size))
    assert await peer.answer() == "invalid-message"


@pytest.mark.parametrize("size", [0, 125, 126, 65536])
async def test_bytes_of_any_length_are_answered(peer: Peer, size: int) -> None:
    """Cases 1.2."""
    await peer.send(frame(BINARY, b"\xfe" * size))
    assert await peer.answer() == "invalid-message"


@pytest.mark.parametrize("content", [b"", b"hello", b"\x00\xff\xfe", b"p" * 125])
async def test_a_ping_is_answered_with_what_it_carried(peer: Peer, content: bytes) -> None:
    """Cases 2.1 to 2.4."""
    await peer.send(frame(PING, content))
    assert await peer.receive() == (PONG, content)


async def test_pongs_that_nobody_asked_for_are_let_pass(peer: Peer) -> None:
    """Cases 2.7 to 2.9."""
    await peer.send(frame(PONG), frame(PONG, b"unasked"), frame(PING, b"asked"))
    assert await peer.receive() == (PONG, b"asked")


async def test_ten_pings_are_answered_in_order(peer: Peer) -> None:
    """Cases 2.10 and 2.11."""
    await peer.send(*(frame(PING, b"%d" % n) for n in range(10)))
    assert [await peer.receive() for _ in range(10)] == [(PONG, b"%d" % n) for n in range(10)]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (frame(PING, b"p" * 126), 1002),  # 2.5
        (frame(TEXT, b"x", reserved=1), 1002),  # 3.1
        (frame(TEXT, b"x", reserved=2), 1002),  # 3.2
        (frame(TEXT, b"x", reserved=4), 1002),  # 3.3 and on: nothing was negotiated
        (frame(3, b"x"), 1002),  # 4.1
        (frame(7), 1002),
        (frame(11, b"x"), 1002),  # 4.2
        (frame(15), 1002),
        (frame(PING, b"x", end=False), 1002),  # 5.1
        (frame(PONG, b"x", end=False), 1002),  # 5.2
        (frame(REST, b"x"), 1002),  # 5.9 and on: there is nothing to go on with
        (frame(TEXT, b"a", end=False) + frame(TEXT, b"b"), 1002),  # 5.18
        (frame(TEXT, b"x", masked=False), 1002),  # section 5.1
        (frame(TEXT, b"\xce\xba\xe1\xbd\xb9\xed\xa0\x80edited"), 1007),  # 6.3: a surrogate
        (frame(TEXT, b"\xf4\x90\x80\x80"), 1007),  # 6.4: beyond what there is
        (frame(TEXT, b"\xc0\xaf"), 1007),  # 6.21: longer than need be
        (frame(TEXT, b"abc\xe2\x82"), 1007),  # 6.6: cut off
        (frame(CLOSE, b"\x03"), 1002),  # 7.3.2: half a code
        (frame(CLOSE, struct.pack(">H", 1005)), 1002),  # 7.9: not to be sent
        (frame(CLOSE, struct.pack(">H", 999)), 1002),
        (frame(CLOSE, struct.pack(">H", 5000)), 1002),
        (frame(CLOSE, struct.pack(">H", 1000) + b"\xce\xba\xed\xa0\x80"), 1007),  # 7.5.1
    ],
)
async def test_what_the_protocol_forbids_ends_the_connection_with_its_code(peer: Peer, wrong: bytes, code: int) -> None:
    await peer.send(wrong)
    assert await peer.closed() == code


async def test_a_message_in_fragments_is_one_with_pings_between_them(peer: Peer) -> None:
    """Cases 5.3 to 5.8."""
    pieces = [ASK[:10], ASK[10:20], ASK[20:]]
    await peer.send(frame(TEXT, pieces[0], end=False), frame(PING, b"between"))
    assert await peer.receive() == (PONG, b"between")
    await peer.send(frame(REST, pieces[1], end=False), frame(REST, pieces[2]))
    assert await peer.answer() == "not-subscribed"


async def test_a_message_that_comes_octet_by_octet_is_one(peer: Peer) -> None:
    """Case 5.5 and 6.2."""
    for octet in frame(TEXT, ASK):
        await peer.send(bytes([octet]))
    assert await peer.answer() == "not-subscribed"


async def test_a_character_may_be_cut_by_fragments(peer: Peer) -> None:
    """Case 6.2.3."""
    text = '{"event": "κόσμε"}'.encode()
    fragments = [frame(TEXT, text[:1], end=False)]
    fragments += [frame(REST, text[n : n + 1], end=n == len(text) - 1) for n in range(1, len(text))]
    await peer.send(*fragments)
    assert await peer.answer() == "unknown-event"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", (1000, 1005)),  # 7.3.1
        (struct.pack(">H", 1000), (1000,)),  # 7.3.3
        (struct.pack(">H", 1000) + b"bye", (1000,)),  # 7.3.4
        (struct.pack(">H", 1000) + b"r" * 123, (1000,)),  # 7.3.5
        (struct.pack(">H", 3000), (3000,)),  # 7.7
        (struct.pack(">H", 4999), (4999,)),
    ],
)
async def test_a_close_is_answered_with_its_code(peer: Peer, content: bytes, code: tuple[int, ...]) -> None:
    await peer.send(frame(CLOSE, content))
    assert await peer.closed() in code


async def test_after_a_close_nothing_is_answered(peer: Peer) -> None:
    """Cases 7.1.2 and 7.1.3."""
    await peer.send(frame(CLOSE, struct.pack(">H", 1000)) + frame(TEXT, ASK) + frame(PING, b"late"))
    answers: list[Any] = [await peer.receive()]
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):  # it is closed, as it must be
        answers.append(await peer.receive())
    assert [kind for kind, _ in answers] == [CLOSE]


async def test_many_messages_are_answered_in_turn(peer: Peer) -> None:
    """Cases 9.7 and 9.8, with fewer of them."""
    await peer.send(b"".join(frame(TEXT, ASK) for _ in range(500)))
    assert {await peer.answer() for _ in range(500)} == {"not-subscribed"}
