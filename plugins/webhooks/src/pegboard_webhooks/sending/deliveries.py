"""The log of deliveries: what was sent, each attempt with its answer, and sending it again."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import attrs
from attrs.validators import and_, ge, le, max_len
from sqlalchemy import Row, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import Problem
from pegboard_jobs import Jobs
from pegboard_store import Store

from ..lanes import schedule, wake
from ..tables import attempts, deliveries, messages, subscriptions
from .outbox import SEND

State = Literal["waiting", "delivered", "dead"]


@attrs.frozen
class DeliveryQuery:
    """``?state=dead&subscription=&type=&limit=50&offset=0``"""

    state: State | None = None
    subscription: str = attrs.field(default="", validator=max_len(100))
    type: str = attrs.field(default="", validator=max_len(200))
    limit: int = attrs.field(default=50, validator=and_(ge(1), le(500)))
    offset: int = attrs.field(default=0, validator=and_(ge(0), le(10_000_000)))


@attrs.frozen
class Delivery:
    """An event on its way to one receiver. `message` is its ``webhook-id``; `error` is that of the last attempt."""

    id: str
    message: str
    type: str
    subject: str
    subscription: str | None
    url: str | None
    state: State
    attempts: int
    status: int | None
    error: str
    createdAt: datetime
    dueAt: datetime | None
    endedAt: datetime | None


@attrs.frozen
class DeliveryAttempt:
    """`answer` is the beginning of the answer's body; `seconds` is how long it took."""

    number: int
    at: datetime
    status: int | None
    error: str
    answer: str
    seconds: float


@attrs.frozen
class DeliveryDetail:
    delivery: Delivery
    data: str
    attempts: Sequence[DeliveryAttempt]


@attrs.frozen
class DeliveryList:
    deliveries: Sequence[Delivery]
    total: int
    limit: int
    offset: int


@attrs.frozen
class ResendDeliveries:
    """Which deliveries are sent again: those of `ids`, or all dead ones, of one `subscription` where it is given."""

    ids: tuple[str, ...] = attrs.field(default=(), validator=max_len(1000))
    state: Literal["dead"] | None = None
    subscription: str = attrs.field(default="", validator=max_len(100))


JOINED = deliveries.join(messages, messages.c.id == deliveries.c.message)
COLUMNS: list[Any] = [deliveries, messages.c.type, messages.c.subject]


class Deliveries:
    """The deliveries of all tenants."""

    def __init__(self, store: Store, jobs: Jobs) -> None:
        self._store = store
        self._jobs = jobs

    async def page(self, tenant: str, query: DeliveryQuery) -> DeliveryList:
        """The newest first."""
        where = [deliveries.c.tenant == tenant]
        where += [
            deliveries.c[name] == getattr(query, name) for name in ("state", "subscription") if getattr(query, name)
        ]
        if query.type:
            where.append(messages.c.type == query.type)
        some = select(*COLUMNS).select_from(JOINED).where(*where).order_by(deliveries.c.seq.desc())
        async with self._store.read() as session:
            total = await session.scalar(select(func.count()).select_from(JOINED).where(*where)) or 0
            rows = (await session.execute(some.limit(query.limit).offset(query.offset))).all()
        return DeliveryList([_shown(row) for row in rows], total, query.limit, query.offset)

    async def get(self, tenant: str, delivery_id: str) -> DeliveryDetail:
        """Raises Problem 404."""
        columns = [attempts.c[field.name] for field in attrs.fields(DeliveryAttempt)]
        made = select(*columns).where(attempts.c.delivery == delivery_id).order_by(attempts.c.number)
        async with self._store.read() as session:
            row = await self._row(session, tenant, delivery_id)
            tried = [DeliveryAttempt(*one) for one in await session.execute(made)]
        return DeliveryDetail(_shown(row), row.data.decode(errors="replace"), tried)

    async def resend(self, session: AsyncSession, tenant: str, asked: ResendDeliveries) -> int:
        """Send deliveries again, within the caller's transaction; how many. Raises Problem 422."""
        if not asked.ids and asked.state is None:
            error: Mapping[str, str] = {"detail": "is missing: name deliveries, or a state", "pointer": "/ids"}
            raise Problem(422, "invalid-input", "The body is not valid: ids or state is missing", errors=[error])
        active = select(subscriptions.c.id).where(subscriptions.c.status == "active")
        receivable = or_(deliveries.c.subscription.is_(None), deliveries.c.subscription.in_(active))
        which: list[Any] = [deliveries.c.tenant == tenant, deliveries.c.state != "waiting", receivable]
        which += [deliveries.c.id.in_(asked.ids)] if asked.ids else [deliveries.c.state == asked.state]
        if asked.subscription:
            which.append(deliveries.c.subscription == asked.subscription)
        again = {"state": "waiting", "attempts": 0, "due_at": datetime.now(UTC), "ended_at": None, "error": ""}
        changed = update(deliveries).where(*which).values(again).returning(deliveries.c.lane)
        lanes = list(await session.scalars(changed))
        for lane in sorted(set(lanes)):
            await wake(session, lane)
            await schedule(session, self._jobs, SEND, lane, tenant)
        return len(lanes)

    async def resend_one(self, session: AsyncSession, tenant: str, delivery_id: str) -> None:
        """Raises Problem 404, and 409 for one that waits, or whose subscription is disabled or gone."""
        if not await self.resend(session, tenant, ResendDeliveries((delivery_id,))):
            row = await self._row(session, tenant, delivery_id)
            why = "it waits to be sent" if row.state == "waiting" else "its subscription is disabled or deleted"
            raise Problem(409, "delivery-not-resendable", f"delivery {delivery_id!r} cannot be sent again: {why}")

    async def _row(self, session: AsyncSession, tenant: str, delivery_id: str) -> Any:
        one = select(*COLUMNS, messages.c.data).select_from(JOINED)
        one = one.where(deliveries.c.id == delivery_id, deliveries.c.tenant == tenant)
        row = None if "\0" in delivery_id else (await session.execute(one)).one_or_none()
        if row is None:
            raise Problem(404, "delivery-not-found", f"there is no delivery {delivery_id!r} of yours")
        return row


def _shown(row: Row[Any]) -> Delivery:
    return Delivery(
        row.id, row.message, row.type, row.subject, row.subscription, row.url, row.state, row.attempts, row.status,
        row.error, row.created_at, row.due_at, row.ended_at,
    )  # fmt: skip
