"""Taking old entries away: the one way there is, and an entry tells of it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import attrs
from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import AuditEvent, Principal
from pegboard_store import Store

from .log import AuditLog
from .tables import entries

STEP = 1000
"""Rows deleted in one transaction: other writers must not wait for all of them."""


async def prune(
    store: Store, log: AuditLog, before: datetime, by: Principal, tenants: Sequence[str] = ()
) -> Mapping[str, int]:
    """Delete the entries from before a time, of these tenants or of all; how many there were of each.

    Each tenant that loses entries first gets one that says so, in `by`'s name: the database deletes only what such an
    entry covers, and that entry stays. Stopped half-way, it can be run again. Raises ValueError for a time to come.
    """
    if before > datetime.now(UTC):
        raise ValueError(f"{before.isoformat()} is not in the past")
    counts = await _counts(store, before, tenants)
    for tenant, count in counts.items():
        await _announce(store, log, before, attrs.evolve(by, tenant=tenant), count)
        await _delete(store, before, tenant)
    return counts


async def _counts(store: Store, before: datetime, tenants: Sequence[str]) -> dict[str, int]:
    old = select(entries.c.tenant, func.count()).where(entries.c.at < before)
    if tenants:
        old = old.where(entries.c.tenant.in_(tenants))
    async with store.read() as session:
        rows = await session.execute(old.group_by(entries.c.tenant).order_by(entries.c.tenant))
        return {tenant: count for tenant, count in rows}


async def _announce(store: Store, log: AuditLog, before: datetime, by: Principal, count: int) -> None:
    detail = f"{count} entries from before {before.isoformat()}"
    row = log.row(AuditEvent("audit.prune", "audit", detail=detail), by)
    async with store.begin() as session:
        await session.execute(insert(entries).values(row | {"pruned_before": before}))


async def _delete(store: Store, before: datetime, tenant: str) -> None:
    deleted = STEP
    while deleted == STEP:
        async with store.begin() as session:
            deleted = await _delete_some(session, before, tenant)


async def _delete_some(session: AsyncSession, before: datetime, tenant: str) -> int:
    old = select(entries.c.seq).where(entries.c.tenant == tenant, entries.c.at < before)
    some = old.order_by(entries.c.at, entries.c.seq).limit(STEP)
    result: Any = await session.execute(delete(entries).where(entries.c.seq.in_(some)))
    return int(result.rowcount)
