"""What is new about the jobs that somebody in this process follows."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager

import attrs
import structlog
from sqlalchemy import select

from pegboard_store import Store, StoreProblem

from .background import Stop, background
from .job import FINAL
from .tables import jobs

TICK = 0.1
"""Seconds between two looks at jobs that another process works on."""

logger = structlog.get_logger(__name__)
COLUMNS = (jobs.c.seq, jobs.c.id, jobs.c.state, jobs.c.log_bytes, jobs.c.progress, jobs.c.stage, jobs.c.attempts)


@attrs.frozen
class Snapshot:
    """How a job was when it was last looked at."""

    seq: int
    id: str
    state: str
    log_bytes: int
    progress: float | None
    stage: str
    attempts: int

    @property
    def final(self) -> bool:
        return self.state in FINAL


@attrs.define(eq=False)
class Watched:
    """A job that somebody follows. `latest` is None when it is there no more."""

    latest: Snapshot | None
    followers: int = 0
    _changed: asyncio.Event = attrs.field(factory=asyncio.Event)

    def show(self, latest: Snapshot | None) -> None:
        if latest != self.latest:
            self.latest = latest
            self._changed.set()
            self._changed = asyncio.Event()

    async def other_than(self, seen: Snapshot | None) -> Snapshot | None:
        """Wait until it is another one."""
        while self.latest == seen:
            await self._changed.wait()
        return self.latest


class Hub:
    """One look for all followers of a process, however many there are."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._watched: dict[str, Watched] = {}
        self._some = asyncio.Event()
        self._news = asyncio.Event()

    @contextmanager
    def follow(self, latest: Snapshot) -> Iterator[Watched]:
        """While somebody does, the job is looked at."""
        watched = self._watched.setdefault(latest.id, Watched(latest))
        watched.followers += 1
        self._some.set()
        try:
            yield watched
        finally:
            watched.followers -= 1
            if not watched.followers:
                del self._watched[latest.id]

    def news(self, ids: Iterable[str]) -> None:
        """This process has written about these jobs."""
        if not self._watched.keys().isdisjoint(ids):
            self._news.set()

    def wake(self) -> None:
        self._some.set()
        self._news.set()

    async def run(self, stop: Stop) -> None:
        """Until it is stopped."""
        while True:
            await self._some.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK):
                    await self._news.wait()
            if stop.is_set():
                return
            self._news.clear()
            if not self._watched:
                self._some.clear()
                continue
            try:
                await self._look()
            except StoreProblem as problem:
                logger.warning("jobs.not-looked-at", reason=str(problem))

    async def _look(self) -> None:
        ids = list(self._watched)
        async with self._store.read() as session:
            rows = await session.execute(select(*COLUMNS).where(jobs.c.id.in_(ids)))
            found = {row.id: Snapshot(*row) for row in rows}
        for one in ids:
            if one in self._watched:
                self._watched[one].show(found.get(one))


@asynccontextmanager
async def open_hub(store: Store) -> AsyncIterator[Hub]:
    hub = Hub(store)
    async with background(hub.run, wake=hub.wake):
        yield hub
