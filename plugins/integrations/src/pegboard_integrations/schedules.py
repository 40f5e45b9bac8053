"""Syncs by the clock: a time table for an endpoint, and starting what is due."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import attrs
import structlog
from attrs.validators import ge, le, max_len
from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import AuditEvent, Principal, Problem, Services
from pegboard_jobs import next_time, next_times
from pegboard_store import Lookout, Store

from .actors import Actor
from .execution import target_of
from .integrations import Integrations
from .plans import Plans
from .syncs import SyncRequest, Syncs
from .tables import schedules

NEVER = datetime.max.replace(tzinfo=UTC)
log = structlog.get_logger(__name__)


@attrs.frozen
class TimeTable:
    """When an endpoint is synced: `cron` has five fields, read in the time zone."""

    cron: str = attrs.field(validator=max_len(200))
    timezone: str = attrs.field(default="UTC", validator=max_len(64))
    params: dict[str, Any] = attrs.field(factory=dict)


@attrs.frozen
class TimesQuery:
    """``?cron=0 6 * * 1-5&timezone=Europe/Madrid&count=5``"""

    cron: str = attrs.field(validator=max_len(200))
    timezone: str = attrs.field(default="UTC", validator=max_len(64))
    count: int = attrs.field(default=5, validator=[ge(1), le(50)])


@attrs.frozen
class Times:
    """When a time table is due next, in UTC; fewer than were asked for where it comes to an end."""

    times: Sequence[datetime]


def times_of(query: TimesQuery) -> Times:
    """Raises Problem 422 for what is no time table."""
    return Times(next_times(query.cron, query.timezone, datetime.now(UTC), query.count))


@attrs.frozen
class Schedule:
    """Times are UTC; `lastError` says why the last sync could not be started."""

    endpointId: str
    cron: str
    timezone: str
    params: Mapping[str, Any]
    nextAt: datetime
    lastAt: datetime | None
    lastRun: str | None
    lastError: str

    @classmethod
    def of(cls, row: Row[Any]) -> "Schedule":
        table = (row.endpoint, row.cron, row.timezone, row.params)
        return cls(*table, row.next_at, row.last_at, row.last_run, row.last_error)


@attrs.frozen
class Schedules:
    """The time tables of all integrations."""

    services: Services
    store: Store
    integrations: Integrations
    plans: Plans
    syncs: Syncs
    _lookout: Lookout = attrs.field(
        init=False, default=attrs.Factory(lambda self: Lookout(self.store), takes_self=True)
    )

    async def put(self, actor: Actor, integration_id: str, endpoint: str, table: TimeTable) -> Schedule:
        """One for each endpoint. Raises Problem 404, 422."""
        due = next_time(table.cron, table.timezone, datetime.now(UTC))
        integration = await self.integrations.get(actor.tenant, integration_id)
        target_of(self.plans.endpoint(integration, endpoint), endpoint)
        its = {"integration": integration_id, "endpoint": endpoint, "tenant": actor.tenant}
        row = its | {"owner": actor.principal.id, "next_at": due, "last_error": ""} | attrs.asdict(table)
        async with self.store.begin() as session:
            await session.execute(delete(schedules).where(*_its(integration_id, endpoint)))
            made = (await session.execute(insert(schedules).values(row).returning(*schedules.c))).one()
            await actor.did(_event("schedule", integration_id, f"endpoint {endpoint}: {table.cron}"), session)
        return Schedule.of(made)

    async def list(self, tenant: str, integration_id: str) -> Sequence[Schedule]:
        """Raises Problem 404."""
        await self.integrations.get(tenant, integration_id)
        some = select(schedules).where(schedules.c.integration == integration_id).order_by(schedules.c.endpoint)
        async with self.store.read() as session:
            return [Schedule.of(row) for row in await session.execute(some)]

    async def remove(self, actor: Actor, integration_id: str, endpoint: str) -> None:
        """Raises Problem 404."""
        await self.integrations.get(actor.tenant, integration_id)
        async with self.store.begin() as session:
            gone = delete(schedules).where(*_its(integration_id, endpoint)).returning(schedules.c.endpoint)
            if not (await session.execute(gone)).all():
                raise Problem(404, "schedule-not-found", f"endpoint {endpoint!r} is not synced by the clock")
            await actor.did(_event("unschedule", integration_id, f"endpoint {endpoint}"), session)

    async def start_due(self) -> int:
        """Start what is due; how many there were. Times that passed while nothing ran are made up for by one sync."""
        rows = await self._lookout.look(_due, _next_due)
        for row in rows:
            if await self._claimed(row):
                await self._start(row)
        return len(rows)

    async def _claimed(self, row: Row[Any]) -> bool:
        """Whether it was this process that moved it on to its next time."""
        now = datetime.now(UTC)
        try:
            following = next_time(row.cron, row.timezone, now)
        except Problem:  # a table whose last time has come
            following = NEVER
        its = (*_its(row.integration, row.endpoint), schedules.c.next_at == row.next_at)
        moved = update(schedules).where(*its).values(next_at=following, last_at=now).returning(schedules.c.endpoint)
        async with self.store.begin() as session:
            return bool((await session.execute(moved)).all())

    async def _start(self, row: Row[Any]) -> None:
        actor = Actor(self.services, Principal(row.owner, row.tenant))
        values: dict[str, Any] = {"last_error": ""}
        try:
            run = await self.syncs.start(actor, row.integration, SyncRequest(row.endpoint, dict(row.params)))
            values["last_run"] = run.id
        except Problem as problem:  # not active, gone, or the sync before is under way
            log.warning("integrations.schedule-failed", integration=row.integration, reason=str(problem))
            values["last_error"] = str(problem)[:1000]
        async with self.store.begin() as session:
            await session.execute(update(schedules).where(*_its(row.integration, row.endpoint)).values(values))


async def _due(session: AsyncSession) -> Sequence[Row[Any]]:
    some = select(schedules).where(schedules.c.next_at <= datetime.now(UTC)).limit(100)
    return (await session.execute(some)).all()


async def _next_due(session: AsyncSession) -> datetime | None:
    return await session.scalar(select(func.min(schedules.c.next_at)))


def _its(integration: str, endpoint: str) -> tuple[Any, ...]:
    return (schedules.c.integration == integration, schedules.c.endpoint == endpoint)


def _event(action: str, integration: str, detail: str) -> AuditEvent:
    return AuditEvent(f"integrations.{action}", "integration", integration, detail=detail)
