"""Whose turn it is: priority, then the user with the fewest running jobs, then age."""

import heapq
import secrets
from collections import Counter, deque
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import attrs
from sqlalchemy import Row, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from .clock import Clock
from .job import Submission
from .queueing import Submitted, lock_queue, whose
from .settings import JobsSettings
from .tables import in_state, jobs

LANES = 1000
"""Users who are looked at in one claim, in each priority's order: enough to be fair, and bounded."""

_first = select(func.min(jobs.c.lane).label("lane")).where(in_state("queued")).cte("lanes", recursive=True)
_next = select(func.min(jobs.c.lane)).where(in_state("queued"), jobs.c.lane > _first.c.lane).scalar_subquery()
_lanes = _first.union_all(select(_next).where(_first.c.lane.is_not(None)))
_head = select(func.min(jobs.c.seq)).where(in_state("queued"), jobs.c.lane == _lanes.c.lane).scalar_subquery()
HEADS = select(_lanes.c.lane, _head.label("seq")).where(_lanes.c.lane.is_not(None)).limit(LANES)
"""The lanes that have jobs, and the oldest in each: one step over the index per lane, however many jobs wait."""

BUSY = (
    select(jobs.c.tenant, jobs.c.owner, jobs.c.subject, func.count().label("running"))
    .where(in_state("running"))
    .group_by(jobs.c.tenant, jobs.c.owner, jobs.c.subject)
)
WANTED = [
    jobs.c.seq,
    jobs.c.id,
    jobs.c.tenant,
    jobs.c.owner,
    jobs.c.kind,
    jobs.c.subject,
    jobs.c.title,
    jobs.c.payload,
    jobs.c.attempts,
    jobs.c.most_attempts,
    jobs.c.log_bytes,
    jobs.c.log_lines,
    jobs.c.log_cut,
    jobs.c.queued_at,
]


@attrs.frozen
class Claimed:
    """A job that is this process's until its lease ends; `number` is that of the attempt that
    begins, and it has `waited` for so many seconds."""

    seq: int
    id: str
    tenant: str
    owner: str
    kind: str
    subject: str
    title: str
    payload: Any = attrs.field(repr=False)
    number: int
    most_attempts: int
    log_bytes: int
    log_lines: int
    log_cut: bool
    lease: str = attrs.field(repr=False)
    worker: str
    waited: float


NAMES = frozenset(field.name for field in attrs.fields(Claimed))


@attrs.define
class Busy:
    """How many jobs run, and of whom and of what."""

    total: int = 0
    users: Counter[tuple[str, str]] = attrs.field(factory=Counter)
    subjects: Counter[str] = attrs.field(factory=Counter)

    def add(self, job: Any, count: int = 1) -> None:
        self.total += count
        self.users[job.tenant, job.owner] += count
        self.subjects[job.subject] += count


@attrs.frozen
class Claims:
    """The end of the queue where jobs go out."""

    clock: Clock
    settings: JobsSettings
    worker: str
    kinds: tuple[str, ...]
    # built once: to build a statement costs more than to execute it
    _begin: Any = attrs.field(init=False, repr=False)
    _oldest: Any = attrs.field(init=False, repr=False)

    @_begin.default
    def _build_begin(self) -> Any:
        now, end = self.clock.named("at_now"), self.clock.named("at_end")
        return _BEGIN.values(leased_until=end, started_at=func.coalesce(jobs.c.started_at, now), begun_at=now)

    @_oldest.default
    def _build_oldest(self) -> Any:
        """What waits longest in a lane, of the kinds that are known here; rows that somebody cancels are left alone."""
        mine = (in_state("queued"), jobs.c.lane == bindparam("lane"), jobs.c.kind.in_(self.kinds))
        found = select(*WANTED).where(*mine).order_by(jobs.c.seq).limit(bindparam("most"))
        return found.with_for_update(skip_locked=True)

    async def take(self, session: AsyncSession, most: int) -> Sequence[Claimed]:
        """Up to `most` jobs, in the order of whose turn it is; none where the limits are reached."""
        if self.limited:  # else rows that another process claims are passed over, and nothing has to be counted
            await lock_queue(session)
        heads = (await session.execute(HEADS)).all()
        if not heads:
            return ()
        alone = len(heads) == 1 and not self.limited  # whose turn it is needs no counting then
        busy = Busy() if alone else await _busy(session)
        return await self._claim(session, await self._choose(session, heads, busy, self._free(busy, most)))

    def _free(self, busy: Busy, most: int) -> int:
        return min(most, self.settings.running - busy.total) if self.settings.running else most

    async def _choose(self, session: AsyncSession, heads: Sequence[Any], busy: Busy, free: int) -> Sequence[Row[Any]]:
        """A job at a time from the lane whose turn it is; a lane that has nothing to give leaves the round."""
        chosen: list[Row[Any]] = []
        waiting: dict[str, deque[Row[Any]]] = {}
        turns = [(lane[:3], busy.users[whose(lane)], seq, lane) for lane, seq in heads]
        heapq.heapify(turns)
        while turns and len(chosen) < free:
            rank, running, seq, lane = heapq.heappop(turns)
            if running != busy.users[whose(lane)]:  # a job of the same user began meanwhile, in another priority
                heapq.heappush(turns, (rank, busy.users[whose(lane)], seq, lane))
                continue
            if _full(running, self.settings.running_per_user):
                continue
            if lane not in waiting:
                waiting[lane] = deque(await self._waiting(session, lane, free, self._capped(busy)))
            job = self._next(waiting[lane], busy)
            if job is not None:
                busy.add(job)
                chosen.append(job)
                if waiting[lane]:
                    heapq.heappush(turns, (rank, busy.users[whose(lane)], waiting[lane][0].seq, lane))
        return chosen

    def _next(self, waiting: deque[Row[Any]], busy: Busy) -> Row[Any] | None:
        """The oldest that may begin; what may not is left for another claim."""
        while waiting:
            job = waiting.popleft()
            if not self._is_capped(busy, job.subject):
                return job
        return None

    async def _waiting(self, session: AsyncSession, lane: str, most: int, capped: Sequence[str]) -> Sequence[Row[Any]]:
        oldest = self._oldest.where(jobs.c.subject.not_in(capped)) if capped else self._oldest
        return (await session.execute(oldest, {"lane": lane, "most": most})).all()

    def _is_capped(self, busy: Busy, subject: str) -> bool:
        most = self.settings.subjects.get(subject, self.settings.running_per_subject)
        return bool(subject) and _full(busy.subjects[subject], most)

    def _capped(self, busy: Busy) -> list[str]:
        return [subject for subject in {*busy.subjects, *self.settings.subjects} if self._is_capped(busy, subject)]

    async def _claim(self, session: AsyncSession, chosen: Sequence[Row[Any]]) -> Sequence[Claimed]:
        claimed = [_claimed(job, self.worker) for job in chosen]
        if claimed:
            times = {"by": self.worker, **self.clock.given(at_now=0.0, at_end=self.settings.lease)}
            its = [{"its": one.seq, "token": one.lease, "number": one.number, **times} for one in claimed]
            await session.execute(self._begin, its)
        return claimed

    @property
    def limited(self) -> bool:
        """Whether there are limits besides the places of a process."""
        most = (self.settings.running, self.settings.running_per_user, self.settings.running_per_subject)
        return any(most) or bool(self.settings.subjects)

    def at_once(self) -> dict[str, Any] | None:
        """What a job begins with that need not wait; None where limits have to be looked at first."""
        if self.limited:
            return None
        return {"lease": secrets.token_hex(12), "worker": self.worker}


_BEGIN = (
    update(jobs)
    .where(jobs.c.seq == bindparam("its"))
    .values(state="running", lease=bindparam("token"), worker=bindparam("by"), attempts=bindparam("number"))
    .values(cancel_at=None, progress=None, stage="")
    .execution_options(synchronize_session=False)
)


def _full(count: int, most: int) -> bool:
    return bool(most) and count >= most


async def _busy(session: AsyncSession) -> Busy:
    busy = Busy()
    for job in await session.execute(BUSY):
        busy.add(job, job.running)
    return busy


def _claimed(job: Row[Any], worker: str) -> Claimed:
    values = {column.name: getattr(job, column.name) for column in WANTED if column.name in NAMES}
    waited = max(0.0, (datetime.now(UTC) - job.queued_at).total_seconds())
    return Claimed(**values, number=job.attempts + 1, lease=secrets.token_hex(12), worker=worker, waited=waited)


def claimed_at_once(submitted: Submitted, submission: Submission, lease: str, worker: str) -> Claimed:
    """A job that was begun by the row that submitted it."""
    job = submitted.job
    names = ("id", "tenant", "owner", "kind", "subject", "title", "most_attempts", "log_bytes", "log_lines", "log_cut")
    values = {name: getattr(job, name) for name in names}
    return Claimed(
        seq=submitted.seq, payload=submission.payload, number=1, lease=lease, worker=worker, waited=0.0, **values
    )
