"""Equal keys at server processes that know nothing of each other, and at one that is killed."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from pegboard.testing import Forking, caller, forking
from pegboard_store.testing import LATE

pytestmark = pytest.mark.anyio

SERVER = Path(__file__).with_name("processes") / "till.py"
KEYED = {**caller("*", id="ann", tenant="acme"), "Idempotency-Key": "k-1"}
PATIENCE = 30


@pytest.fixture(scope="module")
async def servers() -> AsyncIterator[Forking]:
    async with forking(SERVER, preload=LATE) as made:
        yield made


@pytest.fixture
def till(servers: Forking, tmp_path: Path, database_url: str) -> Any:
    """Starts one more server process over the test's database; gives it and a client."""

    @asynccontextmanager
    async def start(lease: int = 30) -> AsyncIterator[Any]:
        environ = {
            "DATABASE_URL": database_url,
            "PEGBOARD_STORE__MIGRATE": "start",
            "PEGBOARD_IDEMPOTENCY__LEASE": str(lease),
        }
        async with (
            servers.served(tmp_path, environ=environ) as process,
            httpx.AsyncClient(base_url=process.url, timeout=PATIENCE, trust_env=False, headers=KEYED) as http,
        ):
            yield process, http

    return start


async def paid(folder: Path, count: int) -> list[int]:
    """The processes that carried payments out, once there are so many."""
    file, found = folder / "paid", list[int]()
    async with asyncio.timeout(PATIENCE):
        while len(found) < count:
            await asyncio.sleep(0)
            found = [int(line) for line in file.read_text().split()] if file.exists() else []
    return found


async def test_twenty_equal_requests_at_two_processes_are_carried_out_once(till: Any, tmp_path: Path) -> None:
    async with till() as (_, one), till() as (_, two):
        requests = {asyncio.create_task(server.post("/pay")) for _ in range(10) for server in (one, two)}
        refused: list[httpx.Response] = []
        async with asyncio.timeout(PATIENCE):
            while len(refused) < 19:
                done, requests = await asyncio.wait(requests, return_when=asyncio.FIRST_COMPLETED)
                refused += [task.result() for task in done]
        assert Counter(answer.status_code for answer in refused) == {409: 19}
        assert {answer.headers["retry-after"] for answer in refused} == {"1"}
        for server in (one, two):
            assert (await server.post("/let")).status_code == 204
        first = await requests.pop()
        assert first.status_code == 201
        again = [await server.post("/pay") for server in (one, two)]
        assert [answer.content for answer in again] == [first.content] * 2
        assert {answer.headers["idempotent-replayed"] for answer in again} == {"true"}
        assert await paid(tmp_path, 1) == [first.json()["paid_by"]]


async def test_the_key_of_a_process_that_is_killed_can_be_used_again(till: Any, tmp_path: Path) -> None:
    async with till(lease=2) as (doomed, one), till() as (_, two):
        lost = asyncio.create_task(one.post("/pay"))
        assert await paid(tmp_path, 1) == [doomed.pid]
        assert (await two.post("/pay")).status_code == 409
        await doomed.kill()
        with pytest.raises(httpx.TransportError):
            await lost
        await two.post("/let")
        async with asyncio.timeout(PATIENCE):
            while (answer := await two.post("/pay")).status_code == 409:
                pass
        assert (answer.status_code, len(await paid(tmp_path, 2))) == (201, 2)
