"""Jobs as other plugins and routes use them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import attrs
from sqlalchemy import event, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import Metric, Principal, Problem
from pegboard_store import Store, insert_into

from .artifacts import Artifacts
from .dispatching import Dispatch, LocalDispatch
from .endings import Endings
from .following import News, follow
from .hub import COLUMNS as WATCHED
from .hub import Hub, Snapshot
from .job import ATTEMPT, COLUMNS, FINAL, AttemptInfo, Job, Submission, job_of
from .measuring import depth
from .queueing import Queue, Submitted
from .reading import Log
from .seeing import Found, Seen, visible
from .tables import attempts, in_state, jobs


class Jobs(Seen):
    """Submit, look, cancel, retry, follow. Whoever may not see a job is told that there is none."""

    def __init__(
        self,
        store: Store,
        queue: Queue,
        hub: Hub,
        endings: Endings,
        artifacts: Artifacts,
        dispatch: Dispatch,
        local: LocalDispatch,
    ) -> None:
        self.artifacts = artifacts
        super().__init__(store, queue.clock)
        self._queue = queue
        self._hub = hub
        self._endings = endings
        self._dispatch = dispatch
        self._local = local

    async def submit(
        self, owner: Principal, submission: Submission, *, session: AsyncSession | None = None
    ) -> Submitted:
        """Put a job into the queue; within `session` it is there if, and only if, that transaction commits.

        Raises Problem 429 ``queue-full``.
        """
        if session is None:
            async with self._store.begin() as own:
                return await self.submit(owner, submission, session=own)
        submitted = await self._queue.add(session, owner, submission)
        if submitted.new and not submission.delay:
            self._when_committed(session)
        return submitted

    async def run(self, owner: Principal, submission: Submission, patience: float) -> Found:
        """Submit a job and wait for its end: as it is after `patience` seconds at the latest.

        Where this process has a place, and it is the job's turn, it is begun at once. Whoever gives up waiting leaves
        the job to go on. Raises Problem 429 ``queue-full``.
        """
        worker = next(iter(self._local.workers), None)
        if worker is None:
            submitted, attempt = await self.submit(owner, submission), None
        else:
            submitted, attempt = await worker.submit_and_begin(self._queue, owner, submission)
        if attempt is not None:
            done, _ = await asyncio.wait([attempt], timeout=patience)
            if done and (job := attempt.result().job) is not None:
                return Found(submitted.seq, job)
        else:
            await self.wait(owner, submitted.job.id, patience)
        return await self.find(owner, submitted.job.id)

    async def cancel(self, caller: Principal, identifier: str, *, session: AsyncSession | None = None) -> Job:
        """From now on the job ends as cancelled, whatever its script says; a script that runs is being ended.

        Raises Problem 404 ``job-not-found``, 400 ``job-over`` where it has ended before.
        """
        if session is None:
            async with self._store.begin() as own:
                job = await self.cancel(caller, identifier, session=own)
            self._hub.news([identifier])
            return job
        mine = (jobs.c.id == identifier, *visible(caller))
        waiting = update(jobs).where(*mine, in_state("queued", "delayed"))
        now = self._clock.now()
        changed = await _changed(session, waiting.values(state="cancelled", cancel_at=now, ended_at=now))
        if changed:
            await self._endings.tell(session, [changed.job])
            return changed.job
        running = update(jobs).where(*mine, in_state("running"))
        marked = await _changed(session, running.values(cancel_at=func.coalesce(jobs.c.cancel_at, now)))
        if marked:
            return marked.job
        job = await self.get(caller, identifier)
        if not job.final:  # it went back into the queue between both looks
            return await self.cancel(caller, identifier, session=session)
        raise Problem(400, "job-over", f"job {identifier} has ended before: it is {job.state}")

    async def retry(self, caller: Principal, identifier: str, *, session: AsyncSession | None = None) -> Job:
        """Another attempt with the same parameters, of a job that did not end well.

        Raises Problem 404 ``job-not-found``, 400 ``job-not-over`` or ``job-completed``.
        """
        if session is None:
            async with self._store.begin() as own:
                return await self.retry(caller, identifier, session=own)
        ended = update(jobs).where(jobs.c.id == identifier, *visible(caller), in_state(*FINAL - {"completed"}))
        fresh: dict[str, Any] = {"cancel_at": None, "ended_at": None, "lease": None, "worker": None, "due_at": None}
        fresh |= {"error": "", "exit_code": None, "signal": None, "limit_hit": "", "result": None, "progress": None}
        again = {"state": "queued", "most_attempts": jobs.c.attempts + 1, "queued_at": self._clock.now()}
        await session.execute(_latest_kept(self._store.dialect, caller, identifier))
        changed = await _changed(session, ended.values(fresh | again))
        if changed:
            self._when_committed(session)
            return changed.job
        job = await self.get(caller, identifier)
        if job.state == "completed":
            raise Problem(
                400, "job-completed", f"job {identifier} has done what it should: submit it once more instead"
            )
        raise Problem(400, "job-not-over", f"job {identifier} is {job.status}: cancel it first, or wait")

    async def follow(self, caller: Principal, identifier: str, line: int = 0) -> AsyncIterator[News]:
        """Raises Problem 404 ``job-not-found``, at once; then gives what is to follow."""
        return follow(self._store, self._hub, await self._snapshot(caller, identifier), line)

    async def wait(self, caller: Principal, identifier: str, patience: float) -> Job:
        """The job when it has ended, or as it is after `patience` seconds. Raises Problem 404 ``job-not-found``."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self.until(caller, identifier, lambda latest: latest.final)
        return await self.get(caller, identifier)

    async def until(self, caller: Principal, identifier: str, true: Callable[[Snapshot], bool]) -> None:
        """Wait until it is true of a job, or the job is there no more. Raises Problem 404 ``job-not-found``."""
        latest: Snapshot | None = await self._snapshot(caller, identifier)
        assert latest is not None, "it was just found"
        with self._hub.follow(latest) as watched:
            while latest is not None and not true(latest):
                latest = await watched.other_than(latest)

    async def log(self, caller: Principal, identifier: str) -> tuple[Found, Log]:
        """The log of a job, and the job as it was when it was looked at. Raises Problem 404 ``job-not-found``."""
        found = await self.find(caller, identifier)
        return found, Log(self._store, found.seq)

    async def ping(self) -> str:
        """How long the oldest job waits; for health checks."""
        async with self._store.read() as session:
            count = await session.scalar(select(func.count()).where(in_state("queued")))
        return f"{count} jobs wait"

    async def measure(self) -> Sequence[Metric]:
        return await depth(self._store)

    async def _snapshot(self, caller: Principal, identifier: str) -> Snapshot:
        one = select(*WATCHED).where(jobs.c.id == identifier, *visible(caller))
        async with self._store.read() as session:
            row = (await session.execute(one)).one_or_none()
        if row is None:
            raise Problem(404, "job-not-found", f"there is no job {identifier!r} of yours")
        return Snapshot(*row)

    def _when_committed(self, session: AsyncSession) -> None:
        loop = asyncio.get_running_loop()

        def ready(_: Any) -> None:
            loop.call_soon(self._dispatch.ready, 1)

        event.listen(session.sync_session, "after_commit", ready, once=True)


def _latest_kept(dialect: str, caller: Principal, identifier: str) -> Any:
    """The attempt that the row of an ended job tells of becomes a row of its own, before another one comes."""
    its = (jobs.c.id == identifier, *visible(caller), in_state(*FINAL), jobs.c.lease.is_not(None))
    row = select(jobs.c.seq, jobs.c.lease, *ATTEMPT).where(*its).with_for_update()
    names = [field.name for field in attrs.fields(AttemptInfo)]
    return insert_into(dialect, attempts).from_select(["job", "lease", *names], row).on_conflict_do_nothing()


async def _changed(session: AsyncSession, statement: Any) -> Found | None:
    row = (await session.execute(statement.returning(jobs.c.seq, *COLUMNS))).one_or_none()
    return None if row is None else Found(row.seq, job_of(row))
