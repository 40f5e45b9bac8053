"""Lanes: what belongs together is worked on by one job at a time, and a job that is lost is followed by another.

A lane is an address that events come to, or a receiver that they are sent to. Whoever puts work into a lane calls
`schedule` in the same transaction; its row is locked until that commits, so that a job that leaves the lane meanwhile
sees the work.
"""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import structlog
from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import Principal, Problem
from pegboard_jobs import JobRun, Jobs, Submission
from pegboard_store import Store, insert_into

from .tables import lanes

QUEUED = 120.0
"""Seconds that a job may wait for its turn before another one is submitted."""
HELD = 120.0
"""Seconds for which a lane is a job's own after each sign of life. No step takes longer."""
LONGEST = 20.0
"""Seconds that a job works in one lane before others have their turn."""
OWNER = "webhooks"

log = structlog.get_logger(__name__)


async def schedule(session: AsyncSession, jobs: Jobs, kind: str, lane: str, tenant: str) -> bool:
    """Have a job come to a lane, where none is on its way and it does not rest. Whether there was need."""
    now, token = datetime.now(UTC), secrets.token_hex(8)
    row = {"lane": lane, "tenant": tenant, "token": token, "attempt": 0, "job_until": _in(QUEUED)}
    insert = insert_into(session.get_bind().dialect.name, lanes).values(row)
    free = or_(lanes.c.job_until.is_(None), lanes.c.job_until < now)
    awake = or_(lanes.c.resume_at.is_(None), lanes.c.resume_at <= now)
    changed = {"token": token, "attempt": 0, "job_until": _in(QUEUED), "resume_at": None}
    taken = insert.on_conflict_do_update(index_elements=["lane"], set_=changed, where=free & awake)
    if await session.scalar(taken.returning(lanes.c.token)) is None:
        return False
    return await _submitted(session, jobs, Submission(kind, {"lane": lane, "token": token}, subject=lane), tenant)


async def _submitted(session: AsyncSession, jobs: Jobs, submission: Submission, tenant: str) -> bool:
    try:
        job = attrs.evolve(submission, subject=submission.subject[:200], attempts=20)
        await jobs.submit(Principal(OWNER, tenant), job, session=session)
    except Problem as problem:
        if problem.code != "queue-full":
            raise
        log.warning("webhooks.queue-full", lane=submission.payload["lane"])
        await session.execute(update(lanes).where(lanes.c.lane == submission.payload["lane"]).values(job_until=None))
        return False
    return True


class LaneLost(Exception):
    """The lane is another job's by now: this one has nothing more to do."""


@attrs.define
class Lane:
    """A lane as the job that has it knows it."""

    name: str
    token: str
    attempt: int
    store: Store
    until: float = 0.0

    @classmethod
    def of(cls, run: JobRun) -> "Lane":
        return cls(run.job.payload["lane"], run.job.payload["token"], run.job.number, run.services.get(Store))

    async def begin(self) -> bool:
        """Take the lane; False where another job was given it meanwhile."""
        older = (lanes.c.lane == self.name, lanes.c.token == self.token, lanes.c.attempt < self.attempt)
        return await self._changed(update(lanes).where(*older).values(attempt=self.attempt, job_until=_in(HELD)))

    async def keep(self, session: AsyncSession) -> None:
        """A sign of life, in the transaction of what was done. Raises LaneLost: then nothing of that is to be kept."""
        if not await self._changed(update(lanes).where(*self._mine()).values(job_until=_in(HELD)), session):
            raise LaneLost

    async def leave(self, session: AsyncSession, resume_at: datetime | None = None) -> None:
        """Give it back, at rest until some time. What is due is to be looked for after that, in the transaction."""
        await session.execute(update(lanes).where(*self._mine()).values(job_until=None, resume_at=resume_at))

    def _mine(self) -> Sequence[Any]:
        return (lanes.c.lane == self.name, lanes.c.token == self.token, lanes.c.attempt == self.attempt)

    async def _changed(self, statement: Any, session: AsyncSession | None = None) -> bool:
        if session is not None:
            return await session.scalar(statement.returning(lanes.c.lane)) is not None
        async with self.store.begin() as own:
            return await self._changed(statement, own)


async def wake(session: AsyncSession, lane: str) -> None:
    """A lane rests no more: somebody wants it tried now."""
    await session.execute(update(lanes).where(lanes.c.lane == lane).values(resume_at=None))


async def idle(session: AsyncSession, table: Any, limit: int) -> Sequence[tuple[str, str]]:
    """Lanes, with their tenants, in which something of `table` is due and to which no job is on its way."""
    now = datetime.now(UTC)
    busy = select(lanes.c.lane).where(or_(lanes.c.job_until >= now, lanes.c.resume_at > now))
    due = select(table.c.lane, table.c.tenant).where(table.c.state == "waiting", table.c.due_at <= now)
    found = await session.execute(due.where(table.c.lane.not_in(busy)).distinct().limit(limit))
    return [(row.lane, row.tenant) for row in found]


async def next_due(session: AsyncSession, table: Any) -> datetime | None:
    """When the first of what waits in `table` is due: in the past where its lane is busy, or rests."""
    due: datetime | None = await session.scalar(select(func.min(table.c.due_at)).where(table.c.state == "waiting"))
    return due


def _in(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)
