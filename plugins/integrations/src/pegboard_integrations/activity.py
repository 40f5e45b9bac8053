"""What integrations of a list did last, and what they do next."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from .tables import runs, schedules

TOLD = ("id", "endpointId", "status", "recordsIn", "failed", "createdAt", "finishedAt")


async def activity(session: AsyncSession, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """By id: `lastRun`, or None, and `nextSyncAt` by the clock, or None."""
    last, following = await _last(session, ids), await _next(session, ids)
    return {one: {"lastRun": last.get(one), "nextSyncAt": following.get(one)} for one in ids}


async def _last(session: AsyncSession, ids: Sequence[str]) -> Mapping[str, dict[str, Any]]:
    columns = (runs.c.id, runs.c.endpoint, runs.c.status, runs.c.records_in, runs.c.failed)
    newest = func.row_number().over(partition_by=runs.c.integration, order_by=runs.c.created_at.desc())
    some = select(runs.c.integration, *columns, runs.c.created_at, runs.c.finished_at, newest.label("place"))
    of_them = some.where(runs.c.integration.in_(ids)).subquery()
    found = await session.execute(select(of_them).where(of_them.c.place == 1))
    return {row.integration: dict(zip(TOLD, row[1:-1], strict=True)) for row in found}


async def _next(session: AsyncSession, ids: Sequence[str]) -> Mapping[str, Any]:
    of_them = schedules.c.integration.in_(ids)
    soonest = func.min(schedules.c.next_at).label("next_at")
    some = select(schedules.c.integration, soonest).where(of_them).group_by(schedules.c.integration)
    return {row.integration: row.next_at for row in await session.execute(some)}
