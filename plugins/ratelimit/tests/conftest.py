"""A real Redis, an app whose routes are counted, and a wire to Redis that can be cut."""

import asyncio
import os
import secrets
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import attrs
import pytest
from redis.asyncio import Redis

import pegboard_ratelimit
from pegboard import Call, Rate, RouteSpec, create_app, hookimpl
from pegboard.testing import callers, client
from pegboard.testing.fixtures import anyio_backend  # noqa: F401

REDIS = "redis://127.0.0.1:6379/0"


async def nothing(call: Call[None, None]) -> dict[str, str]:
    return {}


@hookimpl
def pegboard_routes() -> Iterator[RouteSpec]:
    open_: dict[str, Any] = {"summary": "Open", "anonymous": True}
    yield RouteSpec("pens.list", "/pens", nothing, summary="Pens")
    yield RouteSpec("pens.make", "/pens", nothing, ("POST",), summary="A pen", rate=Rate(3, 60))
    yield RouteSpec("pens.steal", "/pens", nothing, ("DELETE",), rate=Rate(2, 60, by="address"), **open_)
    yield RouteSpec("inks.list", "/inks", nothing, **open_)
    yield RouteSpec("inks.by.colour", "/inks/{colour}", nothing, **open_)


PLUGINS = {
    "callers": callers,
    "pens": SimpleNamespace(pegboard_routes=pegboard_routes),
    "ratelimit": pegboard_ratelimit,
}


def app_with(**ratelimit: Any) -> Any:
    settings = {"plugins": {"ratelimit": ratelimit}}
    return create_app(settings=settings, plugins=PLUGINS, environ={}, installed=False)


@asynccontextmanager
async def opened(**ratelimit: Any) -> AsyncIterator[Any]:
    """A client of an app; `ratelimit` is the plugin's section."""
    async with client(app_with(**ratelimit)) as api:
        yield api


@pytest.fixture
def api_with() -> Any:
    return opened


@pytest.fixture
async def redis_section() -> AsyncIterator[Mapping[str, Any]]:
    """The settings that count in the Redis of the tests, under names of this test's own."""
    url, prefix = os.environ.get("PEGBOARD_TEST_REDIS", REDIS), f"test:{secrets.token_hex(6)}"
    redis = Redis.from_url(url)
    try:
        await redis.ping()
    except OSError as error:
        if os.environ.get("PEGBOARD_TEST_REQUIRE_SERVICES") == "1":
            pytest.fail(f"no Redis at {url} ({error})")
        pytest.skip(f"no Redis at {url} ({error}); set PEGBOARD_TEST_REDIS")
    yield {"storage": url, "prefix": prefix, "timeout": 5.0}
    async for key in redis.scan_iter(f"{prefix}*"):
        await redis.delete(key)
    await redis.aclose()


@attrs.define
class Wire:
    """A port of its own, behind which Redis is while the wire is whole."""

    host: str
    port: int
    listening: int = 0
    _server: Any = None
    _writers: set[asyncio.StreamWriter] = attrs.field(factory=set)

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._join, "127.0.0.1", self.listening)
        self.listening = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        self._server.close()
        for writer in self._writers:
            writer.close()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self.host, self.port)
        self._writers |= {writer, back}
        await asyncio.gather(_pour(reader, back), _pour(there, writer))


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


@pytest.fixture
async def wire(redis_section: Mapping[str, Any]) -> AsyncIterator[Wire]:
    address = urlsplit(redis_section["storage"])
    made = Wire(address.hostname or "127.0.0.1", address.port or 6379)
    await made.mend()
    yield made
    await made.cut()


@pytest.fixture
def unused_port() -> Iterator[int]:
    """A port at which nobody answers: it is bound, and not listened to."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]
