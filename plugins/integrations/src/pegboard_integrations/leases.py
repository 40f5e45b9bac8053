"""The lease by which one process at a time has a run, and what it writes into it.

Each change to a run under way names its fencing number. A process that lost its lease, by whatever it slept through,
has an old number: its transaction then changes nothing, neither the run nor any record.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
from sqlalchemy import Update, bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import Stop

from .runs import COUNTS, Counts, Run, Status
from .tables import runs


class LeaseLost(Exception):
    """Another process has the run now, or it is there no more: whatever was about to be written must not be."""


@attrs.frozen
class Lease:
    """A run that this process has until it is taken away; `fence` is the number that its writes name."""

    run: Run
    fence: int
    seconds: float


ADVANCE = (
    update(runs)
    .where(runs.c.id == bindparam("run"), runs.c.fence == bindparam("its"), runs.c.finished_at.is_(None))
    .values(
        {
            **{name: runs.c[name] + bindparam(f"did_{name}") for name in COUNTS},
            "checkpoint": bindparam("state", type_=runs.c.checkpoint.type),
            "lease_until": bindparam("until", type_=runs.c.lease_until.type),
            "attempts": 1,
        }
    )
    .returning(runs.c.cancel)
)
"""Built once: each page writes it."""


async def claim(session: AsyncSession, run: Run, owner: str, seconds: float) -> Lease | None:
    """The lease of a run; None where another process was faster. Its number is higher than all before."""
    now, fence = datetime.now(UTC), run.fence + 1
    values = {
        "status": "running",
        "fence": fence,
        "lease_owner": owner,
        "lease_until": now + timedelta(seconds=seconds),
        "attempts": run.attempts + 1,
        "started_at": run.started_at or now,
    }
    free = or_(runs.c.lease_until.is_(None), runs.c.lease_until < now)
    where = (runs.c.id == run.id, runs.c.fence == run.fence, runs.c.finished_at.is_(None), free)
    result: Any = await session.execute(update(runs).where(*where).values(values))
    if result.rowcount != 1:
        return None
    again = (await session.execute(select(*runs.c).where(runs.c.id == run.id))).one()
    return Lease(Run.of(again), fence, seconds)


def _mine(lease: Lease) -> Update:
    return update(runs).where(runs.c.id == lease.run.id, runs.c.fence == lease.fence, runs.c.finished_at.is_(None))


def _until(lease: Lease) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=lease.seconds)


async def renew(session: AsyncSession, lease: Lease) -> bool:
    """Keep a lease for another while; whether the run is to be cancelled. Raises LeaseLost."""
    return await _changed(session, _mine(lease).values(lease_until=_until(lease)))


async def advance(session: AsyncSession, lease: Lease, did: Counts, checkpoint: Any) -> bool:
    """Write how far the run is, in the transaction of what it did; whether it is to be cancelled. Raises LeaseLost."""
    given = {f"did_{name}": getattr(did, name) for name in COUNTS}
    given |= {"run": lease.run.id, "its": lease.fence, "until": _until(lease), "state": checkpoint}
    cancel = (await session.execute(ADVANCE, given)).scalar_one_or_none()
    if cancel is None:
        raise LeaseLost
    return bool(cancel)


async def finish(
    session: AsyncSession,
    lease: Lease,
    status: Status,
    stop: Stop | None = None,
    error: Mapping[str, Any] | None = None,
) -> None:
    """The run is over, and says why. Raises LeaseLost."""
    values = {
        "status": status,
        "finished_at": datetime.now(UTC),
        "lease_until": None,
        "stop": None if stop is None else attrs.asdict(stop),
        "error": error,
    }
    await _changed(session, _mine(lease).values(values))


async def release(session: AsyncSession, lease: Lease) -> None:
    """Give a run back, unfinished, for any process to go on with."""
    await session.execute(_mine(lease).values(lease_until=None, lease_owner=None))


async def _changed(session: AsyncSession, statement: Update) -> bool:
    cancel = (await session.execute(statement.returning(runs.c.cancel))).scalar_one_or_none()
    if cancel is None:
        raise LeaseLost
    return bool(cancel)
