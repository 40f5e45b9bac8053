"""Real servers on loopback, and names that lead to them."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress

import attrs
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult


@attrs.frozen
class Seen:
    """A request as the server got it; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


Answer = Callable[[Seen], bytes | AsyncIterator[bytes]]


def respond(body: bytes = b"ok", status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@attrs.define
class Upstream:
    answer: Answer
    port: int = 0
    seen: list[Seen] = attrs.field(factory=list)
    connections: int = 0
    reached: asyncio.Event = attrs.field(factory=asyncio.Event)
    hung_up: asyncio.Event = attrs.field(factory=asyncio.Event)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                await self._exchange(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.hung_up.set()
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip().split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.seen.append(Seen(method, target, headers, body))
        self.reached.set()
        answer = self.answer(self.seen[-1])
        if isinstance(answer, bytes):
            writer.write(answer)
            return await writer.drain()
        async for piece in answer:
            if writer.is_closing():
                raise ConnectionResetError
            writer.write(piece)
            await writer.drain()


Serve = Callable[..., Awaitable[Upstream]]


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    # Sockets, peers and broken connections look different on the loop that servers run on.
    return "asyncio", {"use_uvloop": request.param}


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """`await serve(answer, host="127.0.0.1", port=0, tls=None)` starts a server for the test."""
    servers: list[asyncio.Server] = []
    tasks: set[asyncio.Task[None]] = set()

    async def start(
        answer: Answer = lambda seen: respond(),
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> Upstream:
        upstream = Upstream(answer)

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.add(task)
            with suppress(asyncio.CancelledError):
                await upstream.serve(reader, writer)

        server = await asyncio.start_server(handle, host, port, ssl=tls)
        servers.append(server)
        upstream.port = server.sockets[0].getsockname()[1]
        return upstream

    yield start
    for server in servers:
        server.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class Names(AbstractResolver):
    """A resolver with answers of its own: each look-up of a name takes the next answer, the last one stays."""

    def __init__(self, **answers: Sequence[Sequence[str]]) -> None:
        self.answers = {name.replace("_", "."): list(sequence) for name, sequence in answers.items()}
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        self.asked.append(host)
        sequence = self.answers.get(host)
        if not sequence:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        addresses = sequence.pop(0) if len(sequence) > 1 else sequence[0]
        return [
            ResolveResult(hostname=host, host=address, port=port, family=socket.AF_UNSPEC, proto=0, flags=0)
            for address in addresses
        ]

    async def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def names() -> type[Names]:
    return Names


@pytest.fixture
def reply() -> Callable[..., bytes]:
    return respond
