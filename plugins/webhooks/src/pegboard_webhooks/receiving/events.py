"""Events that were received, for those who look after them: listed, looked at, and handled again."""

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import attrs
from attrs.validators import and_, ge, le, max_len
from sqlalchemy import Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import Problem
from pegboard_jobs import Jobs
from pegboard_store import Store

from ..lanes import schedule, wake
from ..tables import events
from .intake import HANDLE

State = Literal["waiting", "handled", "unmatched", "dead", "refused"]
AGAIN = ("handled", "unmatched", "dead")
"""What can be handled once more. What waits is; what was refused never was an event."""


@attrs.frozen
class EventQuery:
    """``?state=dead&source=custom&hook=&type=&since=&limit=50&offset=0``"""

    state: State | None = None
    source: str = attrs.field(default="", validator=max_len(100))
    hook: str = attrs.field(default="", validator=max_len(100))
    type: str = attrs.field(default="", validator=max_len(500))
    since: datetime | None = None
    limit: int = attrs.field(default=50, validator=and_(ge(1), le(500)))
    offset: int = attrs.field(default=0, validator=and_(ge(0), le(10_000_000)))


@attrs.frozen
class EventInfo:
    """An event without what was sent. `error` is why it was refused, or why handling it failed the last time."""

    id: str
    source: str
    hook: str
    type: str
    state: State
    contentType: str
    size: int
    attempts: int
    error: str
    sentAt: datetime | None
    receivedAt: datetime
    dueAt: datetime | None
    handledAt: datetime | None


@attrs.frozen
class EventDetail:
    """An event whole. `body` is text, or base64 where `bodyEncoding` says so; `result` is what handling it gave."""

    event: EventInfo
    headers: Sequence[Sequence[str]]
    body: str
    bodyEncoding: Literal["text", "base64"]
    result: Any


@attrs.frozen
class EventList:
    events: Sequence[EventInfo]
    total: int
    limit: int
    offset: int


@attrs.frozen
class ResendEvents:
    """Which events are handled again: those of `ids`, or all that are in `state` at one `hook`."""

    ids: tuple[str, ...] = attrs.field(default=(), validator=max_len(1000))
    state: Literal["dead", "unmatched"] | None = None
    hook: str = attrs.field(default="", validator=max_len(100))


@attrs.frozen
class Resent:
    """How many were put back."""

    resent: int


INFO = [column for column in events.c if column.name not in ("body", "headers", "result", "key", "lane", "tenant")]


class Events:
    """The events of all tenants."""

    def __init__(self, store: Store, jobs: Jobs) -> None:
        self._store = store
        self._jobs = jobs

    async def page(self, tenant: str, query: EventQuery) -> EventList:
        """The newest first."""
        where = [events.c.tenant == tenant]
        where += [
            events.c[name] == getattr(query, name)
            for name in ("state", "source", "hook", "type")
            if getattr(query, name)
        ]
        if query.since:
            where.append(events.c.received_at >= query.since)
        some = select(*INFO, func.length(events.c.body).label("size")).where(*where).order_by(events.c.seq.desc())
        async with self._store.read() as session:
            total = await session.scalar(select(func.count()).select_from(events).where(*where)) or 0
            rows = (await session.execute(some.limit(query.limit).offset(query.offset))).all()
        return EventList([_info(row, row.size) for row in rows], total, query.limit, query.offset)

    async def get(self, tenant: str, event_id: str) -> EventDetail:
        """Raises Problem 404."""
        async with self._store.read() as session:
            row = await self._row(session, tenant, event_id)
        text, encoding = shown(row.body)
        return EventDetail(_info(row, len(row.body)), row.headers, text, encoding, row.result)

    async def after(self, tenant: str, seq: int, hook: str = "") -> Sequence[Row[Any]]:
        """The rows of a tenant that came behind one, the oldest first, at most a hundred."""
        where = [events.c.tenant == tenant, events.c.seq > seq, *([events.c.hook == hook] if hook else [])]
        async with self._store.read() as session:
            return (await session.execute(select(*events.c).where(*where).order_by(events.c.seq).limit(100))).all()

    async def latest(self) -> int:
        async with self._store.read() as session:
            return await session.scalar(select(func.max(events.c.seq))) or 0

    async def resend(self, session: AsyncSession, tenant: str, asked: ResendEvents) -> int:
        """Have events handled again, within the caller's transaction; how many there were. Raises Problem 422."""
        which: list[Any] = [events.c.tenant == tenant, events.c.state.in_(AGAIN)]
        if not asked.ids and asked.state is None:
            error: Mapping[str, str] = {"detail": "is missing: name events, or a state", "pointer": "/ids"}
            raise Problem(422, "invalid-input", "The body is not valid: ids or state is missing", errors=[error])
        which += [events.c.id.in_(asked.ids)] if asked.ids else [events.c.state == asked.state]
        if asked.hook:
            which.append(events.c.hook == asked.hook)
        now = datetime.now(UTC)
        again = update(events).where(*which).values(state="waiting", attempts=0, due_at=now, handled_at=None, error="")
        lanes = list(await session.scalars(again.returning(events.c.lane)))
        for lane in sorted(set(lanes)):
            await wake(session, lane)
            await schedule(session, self._jobs, HANDLE, lane, tenant)
        return len(lanes)

    async def resend_one(self, session: AsyncSession, tenant: str, event_id: str) -> None:
        """Raises Problem 404, and 409 for one that waits or was refused."""
        if not await self.resend(session, tenant, ResendEvents((event_id,))):
            row = await self._row(session, tenant, event_id)
            raise Problem(409, "event-not-resendable", f"event {event_id!r} is {row.state}: there is nothing to repeat")

    async def _row(self, session: AsyncSession, tenant: str, event_id: str) -> Row[Any]:
        one = select(*events.c).where(events.c.id == event_id, events.c.tenant == tenant)
        row = None if "\0" in event_id else (await session.execute(one)).one_or_none()
        if row is None:
            raise Problem(404, "event-not-found", f"there is no event {event_id!r} of yours")
        return row


def shown(body: bytes) -> tuple[str, Literal["text", "base64"]]:
    try:
        return body.decode(), "text"
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), "base64"


def _info(row: Any, size: int) -> EventInfo:
    return EventInfo(
        row.id, row.source, row.hook, row.type, row.state, row.content_type, size, row.attempts, row.error,
        row.sent_at, row.received_at, row.due_at, row.handled_at,
    )  # fmt: skip
