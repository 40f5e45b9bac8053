"""A storm: while jobs are carried out, whatever may die does, at random instants and again and again."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import anyio
import attrs
import httpx
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from pegboard.testing import caller
from pegboard_jobs.job import FINAL

from .processes import LOOK, PATIENCE, Desk, Stage, desk_at

LINES = 10
PAUSE = 0.02
BATCH = 50
OPEN = ("pending", "running", "pending")  # what runs may be put back between two looks
LASTS = 7.0
"""Seconds that the storm lasts."""
UNSTARTED = "pegboard: store: PostgreSQL"
CUT = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT 3"
)


@contextmanager
def survived() -> Iterator[None]:
    """Somebody whose connection is cut while he starts does not start; another one will."""
    try:
        yield
    except AssertionError as ended:
        if UNSTARTED not in str(ended):
            raise


@attrs.define(eq=False)
class Storm:
    """Two workers and a server, each of which is killed again and again until it is `over`."""

    stage: Stage
    database: str
    chance: random.Random
    over: asyncio.Event = attrs.field(factory=asyncio.Event)
    done: asyncio.Event = attrs.field(factory=asyncio.Event)
    url: str = ""

    async def servers(self) -> None:
        while not self.done.is_set():
            with survived():
                async with self.stage.server() as server:
                    self.url = server.url
                    await self._struck(1, 3)
                    await server.kill()

    async def workers(self) -> None:
        while not self.done.is_set():
            worker = await self.stage.worker()
            try:
                with survived():
                    await worker.ready()
                await self._struck(1.5, 3)
            finally:
                await worker.kill()

    async def cuts(self) -> None:
        """Connections to PostgreSQL, some at a time."""
        url = make_url(self.database)
        if url.get_backend_name() != "postgresql":
            return
        engine = create_async_engine(url.set(drivername="postgresql+asyncpg"))
        async with engine.connect() as connection:
            while not await self._passed(self.over, self.chance.uniform(0.1, 0.8)):
                await connection.execute(CUT)
        await engine.dispose()

    async def _struck(self, least: float, most: float) -> None:
        """Until the lightning strikes; when the storm is over, until all is done."""
        if await self._passed(self.over, self.chance.uniform(least, most)):
            await self.done.wait()

    async def _passed(self, event: asyncio.Event, seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()
        return event.is_set()

    async def submitted(self, count: int) -> list[str]:
        """Submit until each batch was acknowledged; what was sent twice is there once."""
        found: list[str] = []
        for number in range(0, count, BATCH):
            trial = {"count": BATCH, "lines": LINES, "pause": PAUSE, "unique": f"storm-{number}"}
            found += (await self._answered("POST", "/trials", json=trial)).json()["jobs"]
        return found

    async def calm(self) -> None:
        """Until every job has ended."""
        while True:
            pages = [await self._answered("GET", f"/api/jobs?per_page=1&status={one}") for one in OPEN]
            if not any(page.json()["jobs"] for page in pages):
                return
            await asyncio.sleep(LOOK)

    async def _answered(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Ask whichever server is there until one answers."""
        async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False, headers=caller("*", id="ann")) as http:
            while True:
                with suppress(httpx.TransportError, httpx.UnsupportedProtocol):
                    answer = await http.request(method, f"{self.url}{path}", **more)
                    if answer.status_code < 300:
                        return answer
                    assert answer.status_code >= 500, answer.text
                await asyncio.sleep(LOOK)


@asynccontextmanager
async def raging(storm: Storm) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        for each in (storm.servers(), storm.workers(), storm.workers(), storm.cuts()):
            group.create_task(each)
        try:
            yield
        finally:
            storm.over.set()
            storm.done.set()


async def storm(stage: Stage, database: str, jobs: int) -> None:
    """Raises AssertionError unless each job ends once, and its log has each line of its last attempt once."""
    seed = random.randrange(1 << 32)
    made = Storm(attrs.evolve(stage, places=8), database, random.Random(seed))
    async with raging(made):
        with anyio.fail_after(PATIENCE):
            submitted = await made.submitted(jobs)
        await asyncio.sleep(LASTS)
        made.over.set()
        with anyio.fail_after(PATIENCE):
            await made.calm()
        async with desk_at(stage, made.url) as desk:
            await _check(desk, submitted, f"seed {seed}")


async def _check(desk: Desk, jobs: list[str], seed: str) -> None:
    assert len(set(jobs)) == len(jobs), f"{seed}: jobs were submitted twice"
    lost = 0
    for start in range(0, len(jobs), BATCH):
        lost += sum(await asyncio.gather(*(_check_one(desk, job, seed) for job in jobs[start : start + BATCH])))
    assert lost, f"{seed}: the storm hit nobody"


async def _check_one(desk: Desk, job: str, seed: str) -> int:
    """How often it was lost."""
    states = [attempt["state"] for attempt in await desk.attempts(job)]
    final = [state for state in states if state in FINAL - {"lost"}]
    assert (final, states[-1]) == (["completed"], "completed"), f"{seed}: {job} had the attempts {states}"
    found = await desk.lines(job, len(states))
    assert found == list(range(LINES)), f"{seed}: of its last attempt the log of {job} has the lines {found}"
    return states.count("lost")
