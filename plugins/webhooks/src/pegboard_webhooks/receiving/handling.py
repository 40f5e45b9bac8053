"""The job that handles events: those of one address, the oldest first, each exactly once."""

import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import attrs
import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import Problem, Services, Settings
from pegboard_jobs import Again, JobKind, JobRun, Jobs
from pegboard_store import Store, StoreProblem

from ..backoff import next_try
from ..lanes import LONGEST, Lane, LaneLost, schedule
from ..settings import WebhooksSettings
from ..tables import events
from .contract import Effect, Event, WebhookSources
from .intake import HANDLE

STEP = 20
"""Events of one transaction."""
PLANNING = 5.0
"""Seconds after which those that are planned are done: a function of a user's may take a second each."""
COLUMNS = [events.c[field.name] for field in attrs.fields(Event)]

log = structlog.get_logger(__name__)


async def handle(run: JobRun) -> dict[str, int]:
    """Handle what is due in a lane; how many events that was."""
    lane, ends, done = Lane.of(run), time.monotonic() + LONGEST, 0
    if not await lane.begin():
        return {"events": 0}
    handling = Handling(run.services, lane)
    try:
        while time.monotonic() < ends and (due := await handling.due()):
            done += await handling.handle(due)
    except LaneLost:
        return {"events": done}
    except StoreProblem as problem:
        raise Again(problem.detail, 1.0) from None
    async with run.services.get(Store).begin() as session:
        await lane.leave(session)
        if await handling.due(session):
            await schedule(session, run.services.get(Jobs), HANDLE, lane.name, run.job.tenant)
    return {"events": done}


@attrs.frozen
class Handling:
    """The events of one lane."""

    services: Services
    lane: Lane

    async def due(self, session: AsyncSession | None = None) -> Sequence[Event]:
        """The oldest that are due."""
        if session is None:
            async with self.services.get(Store).read() as own:
                return await self.due(own)
        its = (events.c.lane == self.lane.name, events.c.state == "waiting", events.c.due_at <= datetime.now(UTC))
        found = await session.execute(select(*COLUMNS).where(*its).order_by(events.c.seq).limit(STEP))
        return [_event(row) for row in found]

    async def handle(self, due: Sequence[Event]) -> int:
        """Plan some, then do them in one transaction, each within a savepoint: one that fails is undone alone.

        How many that were. Raises LaneLost, with nothing done.
        """
        planned, ends = [], time.monotonic() + PLANNING
        for event in due:
            planned.append((event, await self._planned(event)))
            if time.monotonic() > ends:
                break
        async with self.services.get(Store).begin() as session:
            await self.lane.keep(session)
            done = [await self._apply(session, event, effect) for event, effect in planned]
        for committed in done:
            if committed is not None:
                committed()
        return len(planned)

    async def _planned(self, event: Event) -> Effect | Exception:
        try:
            source = self.services.get(WebhookSources).find(event.source)
            if source is None:
                raise Problem(503, "provider-missing", f'no active plugin receives events as "{event.source}"')
            return await source.plan(self.services, event)
        except StoreProblem:
            raise
        except Exception as error:
            return error

    async def _apply(self, session: AsyncSession, event: Event, effect: Effect | Exception) -> Any:
        if isinstance(effect, Exception):
            return await self._failed(session, event, effect)
        try:
            async with session.begin_nested():
                if not await _claimed(session, event, effect):
                    return None
                if effect.apply is not None:
                    result = await effect.apply(session)
                    await session.execute(update(events).where(events.c.seq == event.seq).values(result=result))
        except StoreProblem:
            raise
        except Exception as error:
            return await self._failed(session, event, error, effect.type)
        return effect.committed

    async def _failed(self, session: AsyncSession, event: Event, error: Exception, kind: str = "") -> None:
        attempts = event.attempts + 1
        due = next_try(self.services.get(Settings).of(WebhooksSettings).handle_schedule, attempts)
        state = {"state": "waiting", "due_at": due} if due else {"state": "dead", "due_at": None}
        values = state | {"attempts": attempts, "error": _words(event, error), "type": kind}
        if not due:
            values["handled_at"] = datetime.now(UTC)
        await session.execute(update(events).where(*_waiting(event)).values(values))


async def _claimed(session: AsyncSession, event: Event, effect: Effect) -> bool:
    """Mark an event as handled, if nobody has done that."""
    values: dict[str, Any] = {"state": "handled" if effect.matched else "unmatched", "type": effect.type}
    values |= {"due_at": None, "handled_at": datetime.now(UTC), "attempts": event.attempts + 1, "error": ""}
    marked = update(events).where(*_waiting(event)).values(values).returning(events.c.seq)
    return await session.scalar(marked) is not None


def _waiting(event: Event) -> tuple[Any, ...]:
    return events.c.seq == event.seq, events.c.state == "waiting"


def _event(row: Any) -> Event:
    return Event(**row._asdict())


def _words(event: Event, error: Exception) -> str:
    """Why it failed, for its owner; what is within the app is for the log alone."""
    if isinstance(error, Problem):
        return str(error.detail or error.title).replace("\0", "")[:2000]
    reference = secrets.token_hex(6)
    log.error("webhooks.event-broke", id=event.id, reference=reference, exc_info=error)
    return f"something went wrong within the app; its log says more at {reference}"


KIND = JobKind(HANDLE, "Handles events that webhooks received", run=handle)
