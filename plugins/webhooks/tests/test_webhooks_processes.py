"""Events over the deaths of the server, on both databases: what was answered is handled, exactly once."""

import asyncio
import hashlib
import hmac
import os
from collections import Counter
from collections.abc import AsyncIterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import anyio
import attrs
import httpx
import pytest
from sqlalchemy import text

from pegboard.testing import Forking, ServerProcess, forking
from pegboard_store import open_store
from pegboard_store.testing import store_settings

pytestmark = pytest.mark.anyio

PROGRAM = Path(__file__).parent / "processes" / "server.py"
NEEDED = {"egress", "jobs", "store", "vault", "webhooks"}
EVENTS = int(os.environ.get("PEGBOARD_TEST_EVENTS", "5000"))
CONNECTIONS, KILLS, PATIENCE = 32, 5, 60.0
SECRET = b"wh_secret_abc123"


def environ(url: str = "") -> dict[str, str]:
    others = entry_points(group="pegboard.plugin.v1").names - NEEDED
    settings = {"PEGBOARD_JOBS__LEASE": "1", "PEGBOARD_JOBS__DRAIN": "0", "PEGBOARD_STORE__MIGRATE": "start"}
    return {**settings, "PEGBOARD_DISABLE": ",".join(sorted(others)), **({"DATABASE_URL": url} if url else {})}


@pytest.fixture(scope="module")
async def servers() -> AsyncIterator[Forking]:
    preload = ("aiosqlite", "alembic.runtime.migration", "asyncpg", "sqlalchemy.dialects.postgresql.asyncpg")
    async with forking(PROGRAM, preload=preload, environ=environ()) as made:
        yield made


@attrs.define
class Sender:
    """Sends each event until it is answered with 2xx, to wherever the server is now."""

    url: str = ""
    answered: int = 0
    news: asyncio.Condition = attrs.field(factory=asyncio.Condition)

    async def send_all(self, numbers: Any) -> None:
        async with httpx.AsyncClient(timeout=10, trust_env=False) as http:
            for number in numbers:
                while not await self._sent(http, number):
                    pass
                async with self.news:
                    self.answered += 1
                    self.news.notify_all()

    async def _sent(self, http: httpx.AsyncClient, number: int) -> bool:
        body = b'{"n": %d}' % number
        headers = {
            "content-type": "application/json",
            "x-signature": hmac.new(SECRET, body, hashlib.sha256).hexdigest(),
        }
        at = self.url
        try:
            answer = await http.post(f"{at}/api/v1/webhooks/count/one/the-token", content=body, headers=headers)
        except httpx.TransportError:
            async with self.news:
                await self.news.wait_for(lambda: self.url != at)
            return False
        assert answer.status_code in (200, 429, 503), answer.text
        return answer.status_code == 200

    async def at(self, url: str) -> None:
        async with self.news:
            self.url = url
            self.news.notify_all()

    async def until(self, count: int) -> None:
        with anyio.fail_after(PATIENCE):
            async with self.news:
                await self.news.wait_for(lambda: self.answered >= count)


async def handled(url: str, folder: Path, process: ServerProcess) -> Counter[int]:
    """How often each was handled, once nothing waits any more."""
    async with open_store(store_settings(url, migrate="command"), folder, []) as store:
        with anyio.fail_after(PATIENCE):
            while True:
                async with store.read() as session:
                    waiting = await session.scalar(text("SELECT count(*) FROM webhooks_events WHERE state = 'waiting'"))
                    if not waiting:
                        return Counter(await session.scalars(text("SELECT n FROM count_handled")))
                await anyio.sleep(0.1)


async def test_what_is_answered_is_handled_exactly_once_over_five_deaths(
    servers: Forking, database_url: str, tmp_path: Path
) -> None:
    sender = Sender()
    async with anyio.create_task_group() as group:
        async with servers.served(tmp_path, environ=environ(database_url)) as first:
            await sender.at(first.url)
            for start in range(CONNECTIONS):
                group.start_soon(sender.send_all, range(start, EVENTS, CONNECTIONS))
            await sender.until(EVENTS // (KILLS + 2))
            await first.kill()
        for life in range(2, KILLS + 1):
            async with servers.served(tmp_path, environ=environ(database_url)) as server:
                await sender.at(server.url)
                await sender.until(EVENTS * life // (KILLS + 2))
                await server.kill()
        async with servers.served(tmp_path, environ=environ(database_url)) as last:
            await sender.at(last.url)
            await sender.until(EVENTS)
            found = await handled(database_url, tmp_path, last)
    assert found == Counter(range(EVENTS))


async def test_a_sender_that_takes_too_long_is_told_so(servers: Forking, tmp_path: Path) -> None:
    given = environ(f"sqlite:///{tmp_path / 'slow.db'}") | {"PEGBOARD_WEBHOOKS__READ_SECONDS": "0.2"}
    async with servers.served(tmp_path, environ=given) as server:
        host, port = server.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        head = "POST /api/v1/webhooks/count/one/the-token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: 100\r\n\r\n{{".encode())
        with anyio.fail_after(PATIENCE):
            answer = await reader.readuntil(b"}")
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"after 0.2 seconds" in answer
        writer.close()
