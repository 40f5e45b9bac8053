"""Syncs over several server processes and over their deaths, on both databases."""

import random
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from pegboard.testing import answer, served

pytestmark = pytest.mark.anyio

SERVER = (sys.executable, str(Path(__file__).with_name("processes") / "server.py"))
RECORDS, SIZE = 600, 10
LEASE = 0.6
NEEDLESS = {
    *("accounts", "audit", "endpoints", "metrics", "openapi", "transform-expression"),
    *("sandbox-process", "sandbox-restricted", "sandbox-monty"),
}
"""Plugins that these servers are quicker without, wherever they are installed."""
KILLS = 3
AHEAD = 20
"""Pages that may be on their way, fetched and not yet written, when a process dies."""


@pytest.fixture
def environ(database_url: str, stand_in: Any) -> dict[str, str]:
    return {
        "DATABASE_URL": database_url,
        "PEGBOARD_STORE__MIGRATE": "start",
        "PEGBOARD_EGRESS__ALLOW_ORIGINS": stand_in.url,
        "PEGBOARD_INTEGRATIONS__LEASE_SECONDS": str(LEASE),
        "PEGBOARD_DISABLE": ",".join(sorted(NEEDLESS & entry_points(group="pegboard.plugin.v1").names)),
    }


@pytest.fixture
def server(tmp_path: Path, environ: dict[str, str], at: Any) -> Callable[[], Any]:
    """Starts one more server process on the test's database; gives the process and a desk at it."""

    @asynccontextmanager
    async def start() -> AsyncIterator[Any]:
        async with (
            served(tmp_path, environ=environ, command=SERVER) as process,
            httpx.AsyncClient(base_url=process.url, timeout=30, trust_env=False) as http,
        ):
            yield process, at(http)

    return start


async def check_all(desk: Any, run: dict[str, Any]) -> None:
    """Every record exactly once, and counts that tell of nothing else."""
    assert run["status"] == "succeeded", run
    assert (run["recordsIn"], run["created"], run["pages"]) == (RECORDS, RECORDS, RECORDS // SIZE)
    assert (run["updated"], run["unchanged"], run["failed"]) == (0, 0, 0)
    found = await desk.shards()
    assert sorted(int(one["externalId"]) for one in found) == list(range(1, RECORDS + 1))
    assert {one["revision"] for one in found} == {1}


async def test_a_sync_that_is_killed_again_and_again_loses_and_doubles_nothing(server: Any, at: Any) -> None:
    chance = random.Random(7)
    made: dict[str, Any] = {}
    run, killed = "", 0
    at(None).serve_contacts(RECORDS, SIZE, delay=0.01)
    path = f"/{at(None).root}/contacts"
    for target in sorted(chance.sample(range(2, RECORDS // SIZE - 8), KILLS)):
        async with server() as (process, desk):
            if not run:
                made = await desk.active()
                started = await desk.call("POST", f"{made['id']}/sync", json={"endpointId": "contacts"})
                run = started.json()["id"]
            assert (await desk.run(made, run))["finishedAt"] is None
            await desk.upstream.wait_for(target, path, patience=20)
            await anyio.sleep(chance.random() / 100)  # anywhere between two pages
            await process.kill()
            killed += 1
    async with server() as (_, desk):
        ended = await desk.ended(made, run)
        await check_all(desk, ended["run"])
        assert [page["page"] for page in ended["trace"]] == list(range(1, RECORDS // SIZE + 1))
    assert killed == KILLS
    # what was fetched but not written when a process died is fetched again, and nothing else
    assert len(desk.upstream.received(path)) <= RECORDS // SIZE + AHEAD * killed


async def test_a_process_that_slept_writes_nothing_into_the_run_of_another(server: Any) -> None:
    """It is stopped while a page is on its way, its lease runs out, another goes on; then it wakes up and has it."""
    async with server() as (sleeper, one):
        made = await one.active()
        path, gate = f"/{one.root}/contacts", anyio.Event()

        async def page(received: Any) -> Any:
            if received.query["page"] == "5" and not gate.is_set():
                await gate.wait()
            return answer(json=one.page(received, RECORDS, SIZE))

        one.upstream.on(path, page)
        run = (await one.call("POST", f"{made['id']}/sync", json={"endpointId": "contacts"})).json()["id"]
        await one.upstream.wait_for(5, path, patience=20)
        await one.came_to(made, run, 4)  # a process that is stopped within a write would hold SQLite's lock
        sleeper.signal(signal.SIGSTOP)
        gate.set()
        async with server() as (_, other):
            two = one.elsewhere(other)
            await one.upstream.wait_for(8, path, patience=20)
            sleeper.signal(signal.SIGCONT)
            await sleeper.printed("lease-lost")
            ended = await two.ended(made, run)
            await check_all(two, ended["run"])
            assert (await one.ended(made, run))["run"] == ended["run"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_server_that_ends_in_order_gives_its_run_back_at_once(server: Any) -> None:
    async with server() as (process, one):
        made = await one.active()
        one.serve_contacts(RECORDS, SIZE)
        run = (await one.call("POST", f"{made['id']}/sync", json={"endpointId": "contacts"})).json()["id"]
        await one.upstream.wait_for(5, f"/{one.root}/contacts", patience=20)
        assert await process.interrupt() == 0
    async with server() as (_, other):
        two = one.elsewhere(other)
        ended = await two.ended(made, run)
        await check_all(two, ended["run"])


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_two_servers_share_the_runs(server: Any) -> None:
    async with AsyncExitStack() as stack:
        (_, one), (_, other) = [await stack.enter_async_context(server()) for _ in range(2)]
        two = one.elsewhere(other)
        endpoints = [one.contacts(id=f"e{n}") for n in range(4)]
        made = await one.active(endpoints=endpoints)
        one.serve_contacts(30, 10)
        started = []
        for number, desk in enumerate((one, two, one, two)):
            asked = {"endpointId": f"e{number}"}
            started.append((await desk.call("POST", f"{made['id']}/sync", json=asked)).json()["id"])
        for run in started:
            assert (await one.ended(made, run))["run"]["status"] == "succeeded"
        assert len(await one.shards()) == 30
