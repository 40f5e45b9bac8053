"""What time does to jobs: delays end, leases run out, what is old is forgotten."""

import random
import shutil
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import attrs
import structlog
from sqlalchemy import Row, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard_store import Lookout, Store, StoreProblem

from .background import Stop
from .clock import Clock
from .dispatching import Dispatch
from .endings import Endings
from .log_files import LogFiles
from .settings import JobsSettings
from .tables import artifacts, attempts, in_state, jobs, log, parts

TICK = 0.5
FORGET = 600.0
STEP = 200
"""Jobs that are forgotten in one transaction: others must not wait for all of them."""

logger = structlog.get_logger(__name__)


@attrs.define(eq=False)
class Sweeper:
    """Every process has one: each step is a transaction that takes what no other has taken."""

    store: Store
    clock: Clock
    settings: JobsSettings
    endings: Endings
    dispatch: Dispatch
    data: Path
    files: LogFiles
    _lookout: Lookout = attrs.field(
        init=False, default=attrs.Factory(lambda self: Lookout(self.store), takes_self=True)
    )

    async def run(self, stop: Stop) -> None:
        """Until it is stopped."""
        forget_at = time.monotonic() + random.uniform(0, FORGET)
        while not await stop.within(TICK):
            try:
                await self.sweep()
                if time.monotonic() >= forget_at:
                    forget_at += FORGET
                    await self.forget()
            except StoreProblem as problem:
                logger.warning("jobs.unswept", reason=str(problem))
            except Exception:
                logger.exception("jobs.unswept")

    async def sweep(self) -> int:
        """Put into the queue what is due, and what its worker has lost; how many there were."""
        now = self.clock.now()
        due = in_state("delayed") & (jobs.c.due_at <= now)
        lost = in_state("running") & (jobs.c.leased_until <= now)

        async def find(session: AsyncSession) -> Sequence[Any]:
            return (await session.execute(select(jobs.c.seq).where(or_(due, lost)).limit(1))).all()

        if not await self._lookout.look(find, next_due):
            return 0
        async with self.store.begin() as session:
            back = (await session.execute(_values(update(jobs).where(due), state="queued", due_at=None))).all()
            found = select(jobs).where(lost).order_by(jobs.c.seq).with_for_update(skip_locked=True)
            taken = [await self._lost(session, row) for row in (await session.execute(found)).all()]
            await self.endings.tell_of(session, [seq for seq, state in taken if state != "queued"])
        count = len(back) + sum(state == "queued" for _, state in taken)
        if count:
            self.dispatch.ready(count)
        return len(back) + len(taken)

    async def forget(self) -> int:
        """Remove jobs that ended long ago, with all that belongs to them; how many there were."""
        old, total = self.clock.now(-timedelta(days=self.settings.retention_days).total_seconds()), 0
        while True:
            some = select(jobs.c.seq, jobs.c.id).where(jobs.c.ended_at <= old).order_by(jobs.c.ended_at).limit(STEP)
            async with self.store.begin() as session:
                rows = (await session.execute(some.with_for_update(skip_locked=True))).all()
                for table in (log, parts, artifacts, attempts):
                    await session.execute(delete(table).where(table.c.job.in_([row.seq for row in rows])))
                await session.execute(delete(jobs).where(jobs.c.seq.in_([row.seq for row in rows])))
            await self.files.forget(row.id for row in rows)
            for row in rows:
                await forget_folder(self.data, row.id)
            total += len(rows)
            if len(rows) < STEP:
                return total

    async def _lost(self, session: AsyncSession, row: Row[Any]) -> tuple[int, str]:
        """Another attempt, or the end where there were enough of them, or where somebody has cancelled it."""
        state = "cancelled" if row.cancel_at else "queued" if row.attempts < row.most_attempts else "lost"
        logger.warning("jobs.worker-lost", job=row.id, attempt=row.attempts, worker=row.worker, becomes=state)
        now = self.clock.now()
        its = {"job": row.seq, "number": row.attempts, "lease": row.lease, "worker": row.worker}
        lost = {"state": "lost", "error": "", "cpu": 0.0, "memory": 0, "started_at": row.begun_at, "ended_at": now}
        await session.execute(insert(attempts).values(its | lost))
        values: dict[str, Any] = {"state": state, "lease": None, "leased_until": None, "worker": None}
        if state == "queued":
            values |= {"queued_at": now}
        else:
            error = f"its worker was lost {row.attempts} times" if state == "lost" else ""
            values |= {"ended_at": now, "error": error}
        await session.execute(update(jobs).where(jobs.c.seq == row.seq).values(values))
        return row.seq, state


async def next_due(session: AsyncSession) -> datetime | None:
    """When time will do something to a job, as things are; each of the two is read from its index."""
    delayed = select(func.min(jobs.c.due_at)).where(in_state("delayed")).scalar_subquery()
    leased = select(func.min(jobs.c.leased_until)).where(in_state("running")).scalar_subquery()
    moments = (await session.execute(select(delayed, leased))).one()
    return min((moment for moment in moments if moment is not None), default=None)


def _values(statement: Any, **values: Any) -> Any:
    return statement.values(**values).returning(jobs.c.seq)


async def forget_folder(data: Path, identifier: str) -> None:
    """The folder of a job that resumes in it, where this machine has it."""
    await anyio.to_thread.run_sync(shutil.rmtree, data / "jobs" / identifier, True)
