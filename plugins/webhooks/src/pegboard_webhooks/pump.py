"""What time does: work falls due and gets its job, ids are forgotten, what is old is removed."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import Services, Settings
from pegboard_jobs import Jobs, Stop, background
from pegboard_store import Lookout, Store, StoreProblem

from .bell import Bell
from .lanes import idle, next_due, schedule
from .receiving.intake import HANDLE
from .sending.outbox import SEND
from .settings import WebhooksSettings
from .tables import attempts, deliveries, events, messages

TICK = 0.5
FORGET = 300.0
STEP = 500
KINDS = ((events, HANDLE), (deliveries, SEND))

log = structlog.get_logger(__name__)


class Pump:
    """Every process that serves has one; each step is a transaction that takes what no other has taken."""

    def __init__(self, store: Store, jobs: Jobs, settings: WebhooksSettings) -> None:
        self._store = store
        self._jobs = jobs
        self._settings = settings
        self._woken = asyncio.Event()
        self._lookout = Lookout(store)

    def wake(self) -> None:
        """Look now: something is due."""
        self._woken.set()

    async def run(self, stop: Stop) -> None:
        """Until it is stopped."""
        loop = asyncio.get_running_loop()
        forget_at = loop.time() + random.uniform(0, FORGET)
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK):
                    await self._woken.wait()
            self._woken.clear()
            if stop.is_set():
                return
            try:
                await self.schedule()
                if loop.time() >= forget_at:
                    forget_at += FORGET
                    await self.forget()
            except StoreProblem as problem:
                log.warning("webhooks.unscheduled", reason=problem.detail)
            except Exception:
                log.exception("webhooks.unscheduled")

    async def schedule(self) -> int:
        """Give lanes with due work their jobs; to how many."""
        count = 0
        for kind, lane, tenant in await self._lookout.look(_idle, _next_due):
            async with self._store.begin() as session:
                count += await schedule(session, self._jobs, kind, lane, tenant)
        return count

    async def forget(self) -> None:
        """Ids behind the replay window, and rows that are older than they are kept."""
        now = datetime.now(UTC)
        window = now - timedelta(hours=self._settings.replay_hours)
        old = now - timedelta(days=self._settings.retention_days)
        known = (events.c.key.is_not(None), events.c.received_at < window)
        await self._each(events, known, lambda some: update(events).where(some).values(key=None))
        gone = (events.c.state != "waiting", events.c.key.is_(None), events.c.received_at < old)
        await self._each(events, gone, lambda some: delete(events).where(some))
        sent = (deliveries.c.state != "waiting", deliveries.c.created_at < old)
        await self._each(deliveries, sent, lambda some: delete(deliveries).where(some))
        lonely = (messages.c.created_at < old, messages.c.id.not_in(select(deliveries.c.message)))
        await self._each(messages, lonely, lambda some: delete(messages).where(some))
        async with self._store.begin() as session:
            orphans = attempts.c.delivery.not_in(select(deliveries.c.id))
            await session.execute(delete(attempts).where(attempts.c.at < old, orphans))

    async def _each(self, table: Any, which: tuple[Any, ...], change: Any) -> None:
        """A few at a time: others want to write, too."""
        while True:
            async with self._store.begin() as session:
                found = select(table.c.seq).where(*which).limit(STEP)
                some = list(await session.scalars(found))
                if some:
                    await session.execute(change(table.c.seq.in_(some)))
            if len(some) < STEP:
                return


async def _idle(session: AsyncSession) -> Sequence[tuple[str, str, str]]:
    """Kinds of jobs that are wanted, with their lanes and tenants."""
    return [(kind, *lane) for table, kind in KINDS for lane in await idle(session, table, STEP)]


async def _next_due(session: AsyncSession) -> datetime | None:
    dues = [await next_due(session, table) for table, _ in KINDS]
    return min((due for due in dues if due is not None), default=None)


async def open_pump(services: Services) -> AsyncIterator[Pump]:
    settings = services.get(Settings).of(WebhooksSettings)
    bell = await services.aget(Bell)
    async with pumping(Pump(await services.aget(Store), await services.aget(Jobs), settings), bell) as pump:
        yield pump


@asynccontextmanager
async def pumping(pump: Pump, bell: Bell) -> AsyncIterator[Pump]:
    async with background(pump.run, wake=pump.wake):
        bell.answer = pump.wake
        try:
            yield pump
        finally:
            bell.answer = None
