"""Brokers for tests, each under names of this test's own, behind a wire that can be cut."""

import asyncio
import os
import secrets
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

import attrs
import pytest
from kombu import Connection

from pegboard import Secret
from pegboard.testing.fixtures import anyio_backend  # noqa: F401
from pegboard_runner_celery import RunnerCelerySettings
from pegboard_store.testing import _postgresql_database  # noqa: F401

SERVERS = {
    "redis": ("PEGBOARD_TEST_REDIS", "redis://127.0.0.1:6379/0"),
    "rabbitmq": ("PEGBOARD_TEST_RABBITMQ", "amqp://guest:guest@127.0.0.1:5672//"),
}
PORTS = {"redis": 6379, "amqp": 5672}


@attrs.define
class Wire:
    """A port of its own, behind which the broker is while the wire is whole."""

    host: str
    port: int
    listening: int = 0
    _server: asyncio.Server | None = None
    _writers: set[asyncio.StreamWriter] = attrs.field(factory=set)

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._join, "127.0.0.1", self.listening)
        self.listening = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.close()
        self._writers.clear()

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


@attrs.frozen
class BrokerForTests:
    """`url` leads through the wire."""

    url: str
    queue: str
    wire: Wire

    @property
    def settings(self) -> RunnerCelerySettings:
        return RunnerCelerySettings(broker=Secret(self.url), queue=self.queue, timeout=2.0, resend=0.5)

    @asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        await self.wire.cut()
        try:
            yield
        finally:
            await self.wire.mend()


@asynccontextmanager
async def broker_at(kind: str) -> AsyncIterator[BrokerForTests]:
    """Skips, or fails where services are required, without that server."""
    variable, default = SERVERS[kind]
    url, queue = os.environ.get(variable, default), f"pegboard-test-{secrets.token_hex(6)}"
    await asyncio.to_thread(_require, url, variable)
    parts = urlsplit(url)
    wire = Wire(parts.hostname or "127.0.0.1", parts.port or PORTS[parts.scheme])
    await wire.mend()
    port = f"127.0.0.1:{wire.listening}"
    credentials, at, _ = parts.netloc.rpartition("@")
    yield BrokerForTests(parts._replace(netloc=f"{credentials}{at}{port}").geturl(), queue, wire)
    await wire.cut()
    await asyncio.to_thread(_remove, url, queue)


def _require(url: str, variable: str) -> None:
    try:
        with Connection(url, connect_timeout=2, transport_options={"max_retries": 1, "interval_start": 0}) as broker:
            broker.default_channel  # noqa: B018 - it is here that it connects
    except OSError as error:
        reason = f"no broker for {variable} ({error})"
        if os.environ.get("PEGBOARD_TEST_REQUIRE_SERVICES") == "1":
            pytest.fail(reason)
        pytest.skip(f"{reason}; set {variable}")


def _remove(url: str, queue: str) -> None:
    with Connection(url) as broker, broker.channel() as channel:
        channel.queue_delete(queue)
        if hasattr(channel, "client"):
            for name in ("unacked", "unacked_index", "unacked_mutex"):
                channel.client.delete(f"{queue}.{name}")
        else:
            channel.exchange_delete(queue)


@pytest.fixture(scope="class", params=SERVERS)
async def broker(request: pytest.FixtureRequest, anyio_backend: str) -> AsyncIterator[BrokerForTests]:  # noqa: F811
    async with broker_at(request.param) as broker:
        yield broker


@pytest.fixture
def unused_port() -> Iterator[int]:
    """A port at which nobody answers: it is bound, and not listened to."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]
