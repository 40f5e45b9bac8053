"""The worker: claims jobs, carries them out, keeps their leases, and lets go of what it has lost."""

import asyncio
import contextlib
import os
import secrets
import socket
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import zip_longest
from pathlib import Path
from typing import Any

import attrs
import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import Principal, Registries, Registry, Services, Settings
from pegboard_store import Lookout, Store, StoreProblem

from .artifacts import Artifacts
from .attempts import carry_out, line_is_open
from .background import Stop, background
from .claims import Claimed, Claims, claimed_at_once
from .clock import Clock
from .dispatching import LocalDispatch
from .endings import Endings
from .flushing import Flusher
from .hub import Hub
from .job import Job, Submission
from .kinds import JobKind, JobListener
from .leases import Leases
from .log_files import LogFiles
from .measuring import Counts
from .outgoing import Outgoing
from .queueing import Queue, Submitted
from .run import JobRun
from .settings import JobsSettings
from .sweeping import Sweeper
from .tables import in_state, jobs

TICK = 0.2
"""Seconds between two looks at what other processes did: submitted, cancelled."""

PAUSE = 1.0
"""Seconds until the next try while the database is away."""

logger = structlog.get_logger(__name__)


@attrs.frozen
class Attempted:
    """An attempt that is over: of which job, and the job, where it has ended with it."""

    id: str
    job: Job | None


@attrs.define(eq=False)
class Worker:
    """Up to `places` jobs at a time, in this process and event loop."""

    name: str
    places: int
    services: Services
    store: Store
    clock: Clock
    settings: JobsSettings
    leases: Leases
    claims: Claims
    flusher: Flusher
    artifacts: Artifacts
    kinds: Registry[JobKind]
    counts: Counts
    data: Path
    by_itself: bool = True
    """Whether it claims what waits; otherwise it carries out one job whenever it is asked to `work_one`."""
    stopping: bool = False
    _attempts: set["asyncio.Task[Attempted]"] = attrs.field(factory=set)
    _cancels: set["asyncio.Task[None]"] = attrs.field(factory=set)
    _woken: asyncio.Event = attrs.field(factory=asyncio.Event)
    _asking: list["asyncio.Future[asyncio.Task[Attempted] | None]"] = attrs.field(factory=list)
    _giving: "asyncio.Task[None] | None" = None
    _lookout: Lookout = attrs.field(
        init=False, default=attrs.Factory(lambda self: Lookout(self.store), takes_self=True)
    )

    @property
    def running(self) -> Mapping[str, JobRun]:
        """The attempts under way, by their leases."""
        return self.leases.running

    def wake(self) -> None:
        self._woken.set()

    async def claim_some(self, most: int) -> Sequence["asyncio.Task[Attempted]"]:
        """Begin up to `most` jobs; their attempts."""
        since = time.monotonic()
        async with self.store.begin() as session:
            claimed = await self.claims.take(session, most)
        return [self._begin(job, since) for job in claimed]

    async def submit_and_begin(
        self, queue: Queue, owner: Principal, submission: Submission
    ) -> tuple[Submitted, "asyncio.Task[Attempted] | None"]:
        """Submit a job; its attempt, where it could begin at once: a place is free, and nothing else waits."""
        since = time.monotonic()
        free = self.by_itself and not self.stopping and len(self._attempts) < self.places
        begin = (self.claims.at_once() if free else None) or {}
        async with self.store.begin() as session:
            submitted = await queue.add_last(session, owner, submission, begin)
        if begin and submitted.new and submitted.job.state == "running":
            return submitted, self._begin(claimed_at_once(submitted, submission, begin["lease"], self.name), since)
        if submitted.new:
            self.wake()
        return submitted, None

    def _begin(self, job: Claimed, since: float) -> "asyncio.Task[Attempted]":
        self.counts.began(job.kind, job.waited)
        task = asyncio.create_task(self._attempt(job, since))
        self._attempts.add(task)
        task.add_done_callback(self._attempts.discard)
        return task

    async def work_one(self) -> str | None:
        """Carry out the job whose turn it is, to the end of its attempt; its id, or None where none can be claimed.

        Those who ask at the same time are served by one claim. A database that is away is waited for.
        """
        asked: asyncio.Future[asyncio.Task[Attempted] | None] = asyncio.get_running_loop().create_future()
        self._asking.append(asked)
        if self._giving is None:
            self._giving = asyncio.create_task(self._give())
        attempt = await asked
        return None if attempt is None else (await attempt).id

    async def _give(self) -> None:
        """A claim at a time for all who ask, until nobody does."""
        try:
            while self._asking:
                asking, self._asking = self._asking, []
                for asked, attempt in zip_longest(asking, await self._claimed_for(len(asking))):
                    if not asked.done():  # whoever asked may be gone; the attempt goes on
                        asked.set_result(attempt)
        finally:
            self._giving = None

    async def _claimed_for(self, most: int) -> Sequence["asyncio.Task[Attempted]"]:
        while not self.stopping:
            try:
                return await self.claim_some(most)
            except StoreProblem as problem:
                logger.warning("jobs.unclaimed", reason=str(problem))
            except Exception:
                logger.exception("jobs.unclaimed")
            await asyncio.sleep(PAUSE)
        return ()

    async def run(self, stop: Stop) -> None:
        """Look for cancels, and claim whenever there is a place and something to claim, until it is stopped."""
        while True:
            await self._woken_or_tick()
            if stop.is_set():
                return
            try:
                if self.running:
                    await self.look_for_cancels()
                while self.by_itself and (free := self.places - len(self._attempts)) > 0:
                    if not (await self._something_waits() and await self.claim_some(free)):
                        break
            except StoreProblem as problem:
                logger.warning("jobs.unclaimed", reason=str(problem))
                await stop.within(PAUSE)
            except Exception:
                logger.exception("jobs.unclaimed")
                await stop.within(PAUSE)

    async def look_for_cancels(self) -> None:
        """Cancel what other processes marked, at most a tick later."""
        marked = select(jobs.c.lease).where(jobs.c.lease.in_(list(self.running)), jobs.c.cancel_at.is_not(None))
        async with self.store.read() as session:
            found = list(await session.scalars(marked))
        for lease in found:
            self.cancel(lease)

    def cancel(self, lease: str) -> None:
        run = self.running.get(lease)
        if run is not None and not run.cancelled:
            task = asyncio.create_task(run.cancel())
            self._cancels.add(task)
            task.add_done_callback(self._cancels.discard)

    async def close(self) -> None:
        """Take nothing more, wait for what runs, then leave it to others."""
        self.stopping = True
        if self._giving is not None:  # a claim that is under way begins attempts
            await asyncio.wait([self._giving])
        if self._attempts:
            await asyncio.wait(self._attempts, timeout=self.settings.drain)
        for run in self.running.values():
            run.abandon()
        if self._attempts:
            await asyncio.wait(self._attempts)

    async def _woken_or_tick(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(TICK):
                await self._woken.wait()
        self._woken.clear()

    async def _something_waits(self) -> bool:
        return bool(await self._lookout.look(_first_lane))

    async def _attempt(self, job: Claimed, since: float) -> Attempted:
        outgoing = Outgoing(job, self.settings.log_bytes, job.log_bytes, job.log_lines, job.log_cut)
        root = self.data / "jobs" / job.id
        run = JobRun(job, self.services, outgoing, root, self.flusher, self.artifacts)
        outgoing.lost = run.abandon
        self.leases.hold(run, since)
        began = time.monotonic()
        try:
            if job.number > 1 and await line_is_open(self.store, job):
                await run.log("\n")
            ending = await carry_out(run, self.kinds)
            outgoing.end(ending)
            self.flusher.touch(outgoing)
            await outgoing.written.wait()
            self.counts.ended(ending, outgoing, time.monotonic() - began)
            return Attempted(job.id, outgoing.ended)
        finally:
            wanted = len(self._attempts) >= self.places or self.claims.limited
            self._attempts.discard(asyncio.current_task())  # type: ignore[arg-type]
            self.leases.drop(job.lease)
            if self.by_itself and wanted:  # this place, or a limit, was what others may have waited for
                self.wake()


async def _first_lane(session: AsyncSession) -> Sequence[str]:
    """The first lane in which a job waits, if one does: the quickest answer that an index has."""
    first = await session.scalar(select(func.min(jobs.c.lane)).where(in_state("queued")))
    return () if first is None else (first,)


@asynccontextmanager
async def working(services: Services, places: int, by_itself: bool = True) -> AsyncIterator[Worker]:
    """A worker of this process, until the end of the context; then running jobs may end for `drain` seconds.

    One that does not claim `by_itself` is told to, job by job, by `Worker.work_one`.
    """
    worker = await _make(services, places)
    worker.by_itself = by_itself
    await services.aget(Sweeper)  # workers may be all that is left of an app
    dispatch = await services.aget(LocalDispatch)
    async with background(worker.flusher.run, worker.leases.keep, wake=worker.flusher.wake):
        try:
            async with background(worker.run, wake=worker.wake):
                with dispatch.waking(worker):
                    worker.wake()
                    yield worker
        finally:
            await worker.close()


async def _make(services: Services, places: int) -> Worker:
    settings, store = services.get(Settings), await services.aget(Store)
    registries, section, clock = services.get(Registries), settings.of(JobsSettings), Clock(store.dialect)
    hub = await services.aget(Hub)
    name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
    files = LogFiles.within(settings.kernel.log.folder)
    listeners: Any = tuple(registries[JobListener])
    return Worker(
        name,
        places,
        services,
        store,
        clock,
        section,
        Leases(store, clock, section.lease),
        Claims(clock, section, name, tuple(registries[JobKind].names())),
        Flusher(store, Endings(clock, services, listeners), files, section.flush, hub.news),
        Artifacts(store, clock, section),
        registries[JobKind],
        await services.aget(Counts),
        settings.kernel.data,
    )
