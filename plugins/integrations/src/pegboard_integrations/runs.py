"""Runs of syncs: their rows, and the cursors that they leave for the next ones."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import attrs
from attrs.validators import and_, ge, le
from sqlalchemy import Row, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import Problem

from .tables import cursors, failures, runs, traces

Status = Literal["queued", "running", "succeeded", "stopped", "failed", "cancelled"]
COUNTS = ("pages", "records_in", "created", "updated", "unchanged", "skipped", "failed")


@attrs.frozen
class Counts:
    """What a run did so far, in records but for `pages`. `skipped` were left out by a rule; `failed` did not map."""

    pages: int = 0
    records_in: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    failed: int = 0


@attrs.frozen
class Run:
    """A row. `checkpoint` is where the walk goes on; `cursor` what it began with."""

    id: str
    tenant: str
    integration: str
    endpoint: str
    params: Mapping[str, Any]
    full: bool
    status: Status
    checkpoint: Any
    counts: Counts
    stop: Mapping[str, str] | None
    error: Mapping[str, Any] | None
    attempts: int
    fence: int
    cancel: bool
    created_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, row: Row[Any]) -> "Run":
        values = row._asdict()
        counts = Counts(**{name: values[name] for name in COUNTS})
        named = {field.name: values[field.name] for field in attrs.fields(cls) if field.name != "counts"}
        return cls(counts=counts, **named)


@attrs.frozen
class RunQuery:
    """``?endpointId=&status=&limit=50&offset=0``"""

    endpointId: str | None = None
    status: Status | None = None
    limit: int = attrs.field(default=50, validator=and_(ge(1), le(1000)))
    offset: int = attrs.field(default=0, validator=and_(ge(0), le(10_000_000)))


async def start(
    session: AsyncSession,
    tenant: str,
    integration: str,
    endpoint: str,
    *,
    params: Mapping[str, Any],
    full: bool,
    by: str,
) -> Run:
    """A new run, queued. Raises Problem 409 with the run's id while another one of the endpoint is under way."""
    values: dict[str, Any] = {
        "id": f"run_{secrets.token_hex(10)}",
        "tenant": tenant,
        "integration": integration,
        "endpoint": endpoint,
        "params": dict(params),
        "full": full,
        "status": "queued",
        "attempts": 0,
        "fence": 0,
        "cancel": False,
        "created_by": by,
        "created_at": datetime.now(UTC),
        **dict.fromkeys(COUNTS, 0),
    }
    unfinished = (runs.c.integration == integration, runs.c.endpoint == endpoint, runs.c.finished_at.is_(None))
    try:
        async with session.begin_nested():
            await session.execute(insert(runs).values(values))
    except IntegrityError:
        other = await session.scalar(select(runs.c.id).where(*unfinished))
        raise _under_way(endpoint, other or "") from None
    return await get(session, tenant, integration, values["id"])


def _under_way(endpoint: str, other: str) -> Problem:
    detail = f"a sync of endpoint {endpoint!r} is under way: run {other}; wait for its end or cancel it"
    return Problem(409, "sync-under-way", detail, extra={"run": other})


async def get(session: AsyncSession, tenant: str, integration: str, run_id: str) -> Run:
    """Raises Problem 404."""
    where = (runs.c.id == run_id, runs.c.integration == integration, runs.c.tenant == tenant)
    row = (await session.execute(select(*runs.c).where(*where))).one_or_none()
    if row is None:
        raise Problem(404, "run-not-found", f"there is no run {run_id!r} of integration {integration!r}")
    return Run.of(row)


async def page(session: AsyncSession, tenant: str, integration: str, query: RunQuery) -> tuple[Sequence[Run], int]:
    """A page of an integration's runs, the newest first, and how many there are in all."""
    where = [runs.c.tenant == tenant, runs.c.integration == integration]
    if query.endpointId:
        where.append(runs.c.endpoint == query.endpointId)
    if query.status:
        where.append(runs.c.status == query.status)
    total = await session.scalar(select(func.count()).select_from(runs).where(*where)) or 0
    some = select(*runs.c).where(*where).order_by(runs.c.created_at.desc(), runs.c.id)
    found = await session.execute(some.limit(query.limit).offset(query.offset))
    return [Run.of(row) for row in found], total


async def waiting(session: AsyncSession, limit: int) -> Sequence[Run]:
    """Runs that nobody has: new ones, and those whose process was killed, the oldest first."""
    free = or_(runs.c.lease_until.is_(None), runs.c.lease_until < datetime.now(UTC))
    some = select(*runs.c).where(runs.c.finished_at.is_(None), free).order_by(runs.c.created_at).limit(limit)
    return [Run.of(row) for row in await session.execute(some)]


async def next_end(session: AsyncSession) -> datetime | None:
    """When the first lease runs out of those that there are."""
    end: datetime | None = await session.scalar(
        select(func.min(runs.c.lease_until)).where(runs.c.finished_at.is_(None))
    )
    return end


async def cancel(session: AsyncSession, where: Sequence[Any]) -> None:
    """Have unfinished runs stop: at once where no process has them, else when their process notices."""
    now = datetime.now(UTC)
    unfinished = (*where, runs.c.finished_at.is_(None))
    idle = or_(runs.c.lease_until.is_(None), runs.c.lease_until < now)
    stop = {"rule": "cancelled", "detail": "cancelled before it went on"}
    done = {"status": "cancelled", "finished_at": now, "fence": runs.c.fence + 1, "stop": stop, "lease_until": None}
    await session.execute(update(runs).where(*unfinished, idle).values(done))
    await session.execute(update(runs).where(*unfinished).values(cancel=True))


async def trim(session: AsyncSession, integration: str, endpoint: str, kept: int) -> None:
    """Forget the oldest finished runs of an endpoint, but for `kept` of them."""
    of_it = (runs.c.integration == integration, runs.c.endpoint == endpoint, runs.c.finished_at.is_not(None))
    old = select(runs.c.id).where(*of_it).order_by(runs.c.created_at.desc(), runs.c.id).offset(kept).limit(100)
    gone = list(await session.scalars(old))
    if gone:
        for table in (traces, failures):
            await session.execute(delete(table).where(table.c.run.in_(gone)))
        await session.execute(delete(runs).where(runs.c.id.in_(gone)))


async def read_cursor(session: AsyncSession, integration: str, endpoint: str) -> Any:
    """What the last run that went well left for the next one; None where there is nothing."""
    where = (cursors.c.integration == integration, cursors.c.endpoint == endpoint)
    return await session.scalar(select(cursors.c.value).where(*where))


async def write_cursor(session: AsyncSession, run: Run, value: Any) -> None:
    where = (cursors.c.integration == run.integration, cursors.c.endpoint == run.endpoint)
    await session.execute(delete(cursors).where(*where))
    if value is not None:
        row = {"integration": run.integration, "endpoint": run.endpoint, "value": value, "run": run.id}
        await session.execute(insert(cursors).values({**row, "updated_at": datetime.now(UTC)}))
