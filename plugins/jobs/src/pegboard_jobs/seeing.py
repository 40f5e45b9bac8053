"""Which jobs there are, as far as a caller may see them."""

from collections.abc import Sequence
from typing import Any

import attrs
from attrs.validators import ge, le
from sqlalchemy import func, select

from pegboard import Principal, Problem
from pegboard.auth import grants
from pegboard_store import Page, Store, paginate
from pegboard_store import PageQuery as StorePageQuery

from .clock import Clock
from .job import ATTEMPT, COLUMNS, FINAL, STATUS, AttemptInfo, Job, Status, job_of, latest_attempt
from .queueing import WAITING
from .tables import attempts, in_state, jobs

ADMIN = "jobs:admin"
BEGUN = FINAL | {"running"}
SORTABLE = {name: jobs.c[name] for name in ("created_at", "started_at", "ended_at", "priority")}


@attrs.frozen
class JobsQuery:
    """The query of a list of jobs."""

    page: int = attrs.field(default=1, validator=[ge(1), le(1_000_000)])
    per_page: int = attrs.field(default=20, validator=[ge(1), le(100)])
    status: Status | None = None
    kind: str = ""
    subject: str = ""
    sort: str = ""


@attrs.frozen
class Found:
    """A job with its row's number, by which everything of it is found."""

    seq: int
    job: Job


def visible(caller: Principal) -> tuple[Any, ...]:
    """His own; all of the tenant for its admins."""
    tenant = (jobs.c.tenant == caller.tenant,)
    return tenant if grants(caller.scopes, ADMIN) else (*tenant, jobs.c.owner == caller.id)


class Seen:
    """The looks at jobs."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def get(self, caller: Principal, identifier: str) -> Job:
        """Raises Problem 404 ``job-not-found``."""
        return (await self.find(caller, identifier)).job

    async def find(self, caller: Principal, identifier: str) -> Found:
        """Raises Problem 404 ``job-not-found``."""
        one = select(jobs.c.seq, *COLUMNS).where(jobs.c.id == identifier, *visible(caller))
        async with self._store.read() as session:
            row = (await session.execute(one)).one_or_none()
        if row is None:
            raise Problem(404, "job-not-found", f"there is no job {identifier!r} of yours")
        return Found(row.seq, job_of(row))

    async def list(self, caller: Principal, query: JobsQuery) -> Page[Job]:
        """The caller's own, all of the tenant for admins; newest first unless it is sorted otherwise."""
        found = select(jobs.c.seq, *COLUMNS).where(*visible(caller))
        if query.status:
            found = found.where(jobs.c.state.in_([state for state, status in STATUS.items() if status == query.status]))
        for name in ("kind", "subject"):
            if getattr(query, name):
                found = found.where(jobs.c[name] == getattr(query, name))
        page = StorePageQuery(query.page, query.per_page, query.sort)
        async with self._store.read() as session:
            return await paginate(
                session, found, page, columns=SORTABLE, default="created_at:desc", unique=jobs.c.seq.desc(), make=job_of
            )

    async def attempts(self, caller: Principal, identifier: str) -> Sequence[AttemptInfo]:
        """Raises Problem 404 ``job-not-found``."""
        found = await self.find(caller, identifier)
        columns = [attempts.c[field.name] for field in attrs.fields(AttemptInfo)]
        its = select(*columns).where(attempts.c.job == found.seq)
        latest = select(*ATTEMPT).where(jobs.c.seq == found.seq, jobs.c.lease.is_not(None), in_state(*BEGUN))
        async with self._store.read() as session:
            told = [latest_attempt(row) for row in await session.execute(latest)]
            told += [AttemptInfo(*row) for row in await session.execute(its)]
        return sorted({one.number: one for one in told}.values(), key=lambda one: one.number)

    async def recent(self, caller: Principal, kind: str, seconds: float, most: int) -> Sequence[Found]:
        """Those of a kind that were submitted in the last `seconds`, newest first."""
        since = self._clock.now(-seconds)
        some = select(jobs.c.seq, *COLUMNS).where(jobs.c.kind == kind, jobs.c.created_at >= since, *visible(caller))
        async with self._store.read() as session:
            rows = await session.execute(some.order_by(jobs.c.seq.desc()).limit(most))
            return [Found(row.seq, job_of(row)) for row in rows]

    async def waiting(self, kind: str) -> int:
        """How many jobs of a kind wait, of all tenants."""
        waits = select(func.count()).where(jobs.c.kind == kind, WAITING)
        async with self._store.read() as session:
            return await session.scalar(waits) or 0
