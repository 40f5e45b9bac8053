"""The job that sends: what is due to one receiver, in order where that is asked for."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import attrs
import structlog
from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import Problem, Services, Settings
from pegboard_egress import Egress, EgressBlocked, EgressError
from pegboard_jobs import Again, JobKind, JobRun, Jobs
from pegboard_store import Store, StoreProblem
from pegboard_vault import Vault

from ..backoff import next_try
from ..lanes import LONGEST, Lane, LaneLost, schedule
from ..settings import WebhooksSettings
from ..tables import attempts, deliveries, messages, subscriptions
from .endings import Attempt, answered, disabled_for, refused
from .outbox import SEND
from .requests import Letter, request_of
from .sealing import opened
from .subscriptions import Subscriptions

REST = 60.0
"""Seconds that a receiver is left alone at the most, while others of its deliveries may go well."""
COLUMNS: list[Any] = [
    deliveries,
    messages.c.type,
    messages.c.subject,
    messages.c.data,
    messages.c.created_at.label("happened_at"),
    subscriptions.c.url.label("subscribed_url"),
    subscriptions.c.secret.label("subscribed_secret"),
    subscriptions.c.format,
    subscriptions.c.ordered,
]

log = structlog.get_logger(__name__)


async def send(run: JobRun) -> dict[str, int]:
    """Send what is due in a lane; how many attempts that were."""
    lane, ends, tried = Lane.of(run), time.monotonic() + LONGEST, 0
    if not await lane.begin():
        return {"attempts": 0}
    sending = Sending(run.services, lane)
    resume_at: datetime | None = None
    try:
        while time.monotonic() < ends and resume_at is None and (due := await sending.due()):
            resume_at = await sending.send(due)
            tried += len(due)
    except LaneLost:
        return {"attempts": tried}
    except StoreProblem as problem:
        raise Again(problem.detail, 1.0) from None
    async with run.services.get(Store).begin() as session:
        await lane.leave(session, resume_at)
        if resume_at is None and (blocked := await sending.blocked(session)) is not None:
            await lane.leave(session, blocked)
        elif resume_at is None and await sending.due(session):
            await schedule(session, run.services.get(Jobs), SEND, lane.name, run.job.tenant)
    return {"attempts": tried}


@attrs.frozen
class Sending:
    """The deliveries of one lane."""

    services: Services
    lane: Lane

    @property
    def settings(self) -> WebhooksSettings:
        return self.services.get(Settings).of(WebhooksSettings)

    async def due(self, session: AsyncSession | None = None) -> Sequence[Row[Any]]:
        """What is sent next: a few, or the very first where there is an order, which others wait for."""
        if session is None:
            async with self.services.get(Store).read() as own:
                return await self.due(own)
        head, now = await self._head(session), datetime.now(UTC)
        if head is None or head.ordered:
            return [head] if head is not None and head.due_at <= now else []
        due = self._waiting().where(deliveries.c.due_at <= now).limit(self.settings.send_at_once)
        return (await session.execute(due)).all()

    async def blocked(self, session: AsyncSession) -> datetime | None:
        """Where there is an order, when the first in line is tried again; None where it is due, or nothing waits."""
        head = await self._head(session)
        return head.due_at if head is not None and head.ordered and head.due_at > datetime.now(UTC) else None

    async def _head(self, session: AsyncSession) -> Any:
        return (await session.execute(self._waiting().limit(1))).one_or_none()

    def _waiting(self) -> Any:
        """What is to be sent in this lane, in the order of the events."""
        joined = deliveries.join(messages, messages.c.id == deliveries.c.message)
        joined = joined.outerjoin(subscriptions, subscriptions.c.id == deliveries.c.subscription)
        waiting = (deliveries.c.lane == self.lane.name, deliveries.c.state == "waiting")
        return select(*COLUMNS).select_from(joined).where(*waiting).order_by(deliveries.c.seq)

    async def send(self, due: Sequence[Row[Any]]) -> datetime | None:
        """Send them at once and keep what came of it; until when the receiver is left alone, if it is."""
        made: list[Attempt] = []

        async def one(row: Row[Any]) -> None:
            made.append(await self._attempt(row))

        async with anyio.create_task_group() as group:
            for row in due:
                group.start_soon(one, row)
        async with self.services.get(Store).begin() as session:
            await self.lane.keep(session)  # somebody else may send here by now: what was sent may arrive twice
            tries = [await self._written(session, attempt) for attempt in sorted(made, key=lambda each: each.row.seq)]
            await self._told(session, made)
        return self._rest(made, [time for time in tries if time is not None])

    async def _attempt(self, row: Row[Any]) -> Attempt:
        started, settings = time.monotonic(), self.settings
        try:
            request = await self._request(row, settings)
            answer = await self.services.get(Egress).send(request)
            return answered(row, answer, time.monotonic() - started)
        except EgressBlocked as blocked:
            return refused(row, blocked, time.monotonic() - started, final=True)
        except (EgressError, Problem) as problem:
            return refused(row, problem, time.monotonic() - started)
        except Exception as error:
            log.error("webhooks.delivery-broke", delivery=row.id, exc_info=error)
            broken = Problem(500, "internal-error", "something went wrong within the app; see its log")
            return refused(row, broken, time.monotonic() - started)

    async def _request(self, row: Row[Any], settings: WebhooksSettings) -> Any:
        vault = self.services.get(Vault)
        url, envelope, holder = row.url, row.secret, row.id
        if row.subscription is not None:
            url, envelope, holder = row.subscribed_url, row.subscribed_secret, row.subscription
        secrets = opened(vault, row.tenant, holder, envelope)
        base = self.services.get(Settings).kernel.public_url.rstrip("/")
        source = f"{base}/tenants/{row.tenant}"
        letter = Letter(row.message, row.type, row.subject, row.data, row.happened_at, row.format or "", source)
        return request_of(letter, url, secrets, settings.send_seconds)

    async def _written(self, session: AsyncSession, attempt: Attempt) -> datetime | None:
        """Keep what came of an attempt; when there will be the next one."""
        row, tried = attempt.row, attempt.row.attempts + 1
        due = None
        if not attempt.ok and not attempt.final:
            due = next_try(self.settings.send_schedule, tried, attempt.retry_after)
        state = "delivered" if attempt.ok else "waiting" if due else "dead"
        values: dict[str, Any] = {"state": state, "attempts": tried, "status": attempt.status, "error": attempt.error}
        values |= {"due_at": due, "ended_at": None if due else datetime.now(UTC)}
        its = (deliveries.c.id == row.id, deliveries.c.state == "waiting")
        await session.execute(update(deliveries).where(*its).values(values))
        before = select(func.coalesce(func.max(attempts.c.number), 0) + 1).where(attempts.c.delivery == row.id)
        kept = {"delivery": row.id, "at": datetime.now(UTC), "number": before.scalar_subquery()}
        kept |= {"status": attempt.status, "error": attempt.error, "answer": attempt.answer}
        await session.execute(insert(attempts).values(**kept, seconds=round(attempt.seconds, 4)))
        return due

    async def _told(self, session: AsyncSession, made: Sequence[Attempt]) -> None:
        """Note on the subscription how it goes; one that has failed for long, or is gone, is disabled."""
        row = made[0].row
        subscription = row.subscription
        if subscription is None:
            return
        its = update(subscriptions).where(subscriptions.c.id == subscription)
        if any(attempt.ok for attempt in made):
            await session.execute(its.where(subscriptions.c.failing_since.is_not(None)).values(failing_since=None))
            return
        now = datetime.now(UTC)
        since = func.coalesce(subscriptions.c.failing_since, now)
        failing = await session.scalar(its.values(failing_since=since).returning(subscriptions.c.failing_since))
        reason = disabled_for(made, failing, now, self.settings.disable_hours)
        if reason:
            await self.services.get(Subscriptions).disable(session, row.tenant, subscription, reason)

    def _rest(self, made: Sequence[Attempt], tries: Sequence[datetime]) -> datetime | None:
        """One event may fail by itself: others are held up for order, where the receiver asks, or where all fail."""
        if any(attempt.ok for attempt in made) or not tries:
            return None
        now, asked = datetime.now(UTC), max(attempt.retry_after for attempt in made)
        if made[0].row.ordered:
            return min(tries)
        if asked:
            return now + timedelta(seconds=asked)
        return min(*tries, now + timedelta(seconds=REST)) if len(tries) > 1 else None


KIND = JobKind(SEND, "Sends events to those who subscribed to them", run=send)
