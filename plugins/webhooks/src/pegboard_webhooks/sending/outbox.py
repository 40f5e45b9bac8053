"""Events on their way out: a row for each, and one for each subscription that wants it, with the change itself."""

import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import attrs
import orjson
from sqlalchemy import event as listening
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard_events import Happened
from pegboard_store import Store

from ..tables import deliveries, messages, subscriptions

SEND = "webhooks.send"
TOPIC = "webhooks.subscriptions"
Wants = tuple[str, tuple[str, ...]]
"""A subscription and the kinds of events that it wants."""


def lane_of(subscription: str) -> str:
    return f"subscription:{subscription}"


def fits(patterns: Iterable[str], kind: str) -> bool:
    """``record.created``, ``record.*`` or ``*``."""
    return any(one in (kind, "*") or (one.endswith(".*") and kind.startswith(one[:-1])) for one in patterns)


async def wanting(session: AsyncSession, tenant: str) -> Sequence[Wants]:
    """The active subscriptions of a tenant."""
    columns = (subscriptions.c.id, subscriptions.c.events)
    found = select(*columns).where(subscriptions.c.tenant == tenant, subscriptions.c.status == "active")
    return [(row.id, tuple(row.events)) for row in await session.execute(found)]


async def put(session: AsyncSession, tenant: str, happened: Sequence[Happened], wants: Sequence[Wants]) -> None:
    """Rows for the events that somebody wants."""
    letters, addressed = [], []
    for one in happened:
        to = [subscription for subscription, patterns in wants if fits(patterns, one.type)]
        if to:
            letter = message(tenant, one.type, one.subject, orjson.dumps(dict(one.data), default=str))
            letters.append(letter)
            addressed += [delivery(tenant, letter, lane_of(each), subscription=each) for each in to]
    if letters:
        await session.execute(insert(messages), letters)
        await session.execute(insert(deliveries), addressed)


def message(tenant: str, kind: str, subject: str, data: bytes) -> dict[str, Any]:
    """A row. Its id is that of the event, whoever it is sent to and however often."""
    now = datetime.now(UTC)
    named = {"id": f"msg_{secrets.token_hex(12)}", "tenant": tenant, "type": kind, "subject": subject}
    return {**named, "data": data, "created_at": now}


def delivery(tenant: str, letter: dict[str, Any], lane: str, **more: Any) -> dict[str, Any]:
    """A row, due at once."""
    row = {"id": f"delivery_{secrets.token_hex(10)}", "tenant": tenant, "lane": lane, "message": letter["id"]}
    row |= {"subscription": None, "url": None, "secret": None, "state": "waiting", "attempts": 0, "status": None}
    at = letter["created_at"]
    return row | {"error": "", "created_at": at, "due_at": at, "ended_at": None} | more


def when_committed(session: AsyncSession, call: Callable[[], None]) -> None:
    listening.listen(session.sync_session, "after_commit", lambda _: call(), once=True)


@attrs.define
class Outbox:
    """The app's `EventSink`. Who wants what is remembered until a subscription changes, in whichever process."""

    store: Store
    committed: Callable[[], None]
    _known: dict[str, Sequence[Wants]] = attrs.field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.store.changes.subscribe(TOPIC, self._forget)

    async def wants(self, tenant: str, *types: str) -> bool:
        """A look into memory; one query after a subscription of the tenant has changed."""
        self.store.changes.poll()
        if tenant not in self._known:
            async with self.store.read() as session:
                self._known[tenant] = await wanting(session, tenant)
        return any(fits(patterns, kind) for _, patterns in self._known[tenant] for kind in types)

    def may_want(self, tenant: str) -> bool:
        """False where it is known that nobody wants anything, without a query."""
        self.store.changes.poll()
        known = self._known.get(tenant)
        return known is None or bool(known)

    async def keep(self, session: AsyncSession, tenant: str, events: Sequence[Happened]) -> None:
        """Within the transaction of the change: what is rolled back is not sent."""
        await put(session, tenant, events, await wanting(session, tenant))
        when_committed(session, self.committed)

    def _forget(self, tenant: str | None) -> None:
        if tenant is None:
            self._known.clear()
        else:
            self._known.pop(tenant, None)
