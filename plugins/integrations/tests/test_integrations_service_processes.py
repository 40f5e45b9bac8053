"""Syncs over several server processes and over their deaths, on both databases."""

import random
import signal
from contextlib import AsyncExitStack
from typing import Any

import anyio
import attrs
import orjson
import pytest

from pegboard.testing import answer

pytestmark = pytest.mark.anyio

RECORDS, SIZE = 600, 10
AHEAD = 20
"""Pages that may be on their way, fetched and not yet written, when a process dies."""


async def check_all(desk: Any, run: dict[str, Any]) -> None:
    """Every record exactly once, and counts that tell of nothing else."""
    assert run["status"] == "succeeded", run
    assert (run["recordsIn"], run["created"], run["pages"]) == (RECORDS, RECORDS, RECORDS // SIZE)
    assert (run["updated"], run["unchanged"], run["failed"]) == (0, 0, 0)
    found = await desk.shards()
    assert sorted(int(one["externalId"]) for one in found) == list(range(1, RECORDS + 1))
    assert {one["revision"] for one in found} == {1}


@attrs.define
class Lives:
    """A run that dies with its process, again and again; `chance` says at which instants."""

    desk: Any
    chance: random.Random
    run: str = ""
    integration: dict[str, Any] = attrs.field(factory=dict)
    deaths: list[int] = attrs.field(factory=list)
    """How many pages had been written at each of them."""

    @property
    def path(self) -> str:
        return f"/{self.desk.root}/contacts"

    @property
    def asked(self) -> int:
        return len(self.desk.upstream.received(self.path))

    async def live(self, process: Any, desk: Any) -> None:
        """A few pages, and then death: before a page is asked for, while it comes, or while it is written."""
        if not self.run:
            self.integration = await desk.active()
            started = await desk.call("POST", f"{self.integration['id']}/sync", json={"endpointId": "contacts"})
            self.run = started.json()["id"]
        found = await desk.run(self.integration, self.run)
        assert found["finishedAt"] is None
        if found["pages"] in self.deaths[-1:]:
            # a run that is begun five times at one page is given up: after a life without a page comes one with one
            await desk.came_to(self.integration, self.run, found["pages"] + 1)
        self.deaths.append(found["pages"])
        await desk.upstream.wait_for(self.asked + self.chance.randint(1, 8), self.path, patience=20)
        await anyio.sleep(self.chance.random() / 30)
        await process.kill()


@pytest.mark.timeout(180)
async def test_twenty_thousand_records_and_twenty_kills_lose_and_double_nothing(server: Any, at: Any) -> None:
    many, size, kills = 20_000, 50, 20
    seed = random.SystemRandom().randrange(10**9)
    lives = Lives(at(None), random.Random(seed))
    lives.desk.serve_contacts(many, size, delay=0.005)
    for _ in range(kills):
        async with server() as (process, desk):
            await lives.live(process, desk)
    async with server() as (_, desk):
        run = (await desk.ended(lives.integration, lives.run))["run"]
        exported = await desk.call("GET", "/api/v1/shards/export?type=c_contact")
    found = [orjson.loads(line) for line in exported.text.splitlines()]
    assert (run["status"], run["recordsIn"], run["created"]) == ("succeeded", many, many), f"seed {seed}"
    assert (run["pages"], run["updated"], run["unchanged"], run["failed"]) == (many // size, 0, 0, 0), f"seed {seed}"
    assert sorted(int(one["externalId"]) for one in found) == list(range(1, many + 1)), f"seed {seed}"
    assert {one["revision"] for one in found} == {1}, f"seed {seed}"
    assert lives.deaths == sorted(lives.deaths), "what was written stays written"
    assert len(set(lives.deaths)) >= kills / 2, f"seed {seed}: {lives.deaths}"
    # what was fetched but not written when a process died is fetched again, and nothing else
    assert lives.asked <= many // size + AHEAD * kills, f"seed {seed}"


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
