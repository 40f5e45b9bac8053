"""Events into the database. Those that come while one is written share the next transaction."""

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import attrs
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import Metric, Problem
from pegboard_jobs import Jobs
from pegboard_store import Store, insert_into

from ..lanes import schedule
from ..schemes.contract import Delivery
from ..settings import WebhooksSettings
from ..tables import events
from .content import header
from .contract import Arrival, Hook

HANDLE = "webhooks.handle"
MOST = 100
"""Events of one transaction."""
SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization", "x-api-key"})
MASK = "***"
OUTCOMES = ("received", "duplicate", "refused")

log = structlog.get_logger(__name__)


def lane_of(source: str, hook: str) -> str:
    return f"events:{source}/{hook}"


@attrs.frozen
class Waiting:
    """An event that is to be written, and whoever waits for that."""

    row: dict[str, Any] = attrs.field(repr=False)
    written: "asyncio.Future[bool]"


class Intake:
    """Keeps events. One per app."""

    def __init__(self, store: Store, jobs: Jobs, settings: WebhooksSettings) -> None:
        self._store = store
        self._jobs = jobs
        self._settings = settings
        self._waiting: list[Waiting] = []
        self._writing: asyncio.Task[None] | None = None
        self._refused: Counter[str] = Counter()
        self._minute = 0
        self.counts: Counter[str] = Counter()

    async def keep(self, arrival: Arrival) -> bool:
        """Store an event with the job that handles it; False for one that was here before. Raises Problem 503, 507."""
        new = await self._written(_row(arrival))
        self.counts["received" if new else "duplicate"] += 1
        return new

    async def refuse(self, source: str, hook: Hook, delivery: Delivery, problem: Problem) -> None:
        """Keep that an event was refused, without its body. Whoever floods an address is only counted."""
        self.counts["refused"] += 1
        minute = int(time.monotonic() // 60)
        if minute != self._minute:
            self._minute, self._refused = minute, Counter()
        self._refused[f"{source}/{hook.id}"] += 1
        if self._refused[f"{source}/{hook.id}"] <= self._settings.refused_per_minute:
            row = _common(source, hook, delivery) | {"state": "refused", "error": problem.detail, "body": b""}
            await self._written(row | {"handled_at": datetime.now(UTC)})

    def measure(self) -> Sequence[Metric]:
        counts: dict[tuple[str, ...], float] = {(outcome,): self.counts[outcome] for outcome in OUTCOMES}
        return [Metric("webhook_events", "counter", "Deliveries to this process.", counts, ("outcome",))]

    def _written(self, row: dict[str, Any]) -> "asyncio.Future[bool]":
        waiting = Waiting(row, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._writing is None:
            # a task of its own: a sender that hangs up takes nobody else's event along
            self._writing = asyncio.create_task(self._write_all())
        return waiting.written

    async def _write_all(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            try:
                new = await self._write([one.row for one in batch])
            except Exception as error:
                _tell(batch, error)
            else:
                for one in batch:
                    if not one.written.done():
                        one.written.set_result(one.row["id"] in new)
        self._writing = None

    async def _write(self, rows: Sequence[dict[str, Any]]) -> set[str]:
        async with self._store.begin() as session:
            insert = insert_into(self._store.dialect, events).on_conflict_do_nothing()
            new = set(await session.scalars(insert.returning(events.c.id), rows))
            await self._schedule(session, [row for row in rows if row["id"] in new])
        return new

    async def _schedule(self, session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
        lanes = {row["lane"]: row["tenant"] for row in rows if row["state"] == "waiting"}
        for lane, tenant in sorted(lanes.items()):
            await schedule(session, self._jobs, HANDLE, lane, tenant)


def _tell(batch: Sequence[Waiting], error: Exception) -> None:
    for one in batch:
        if not one.written.done():
            one.written.set_exception(error)


def _row(arrival: Arrival) -> dict[str, Any]:
    sent = None if arrival.timestamp is None else datetime.fromtimestamp(arrival.timestamp, UTC)
    row = _common(arrival.source, arrival.hook, arrival.delivery)
    return row | {"key": arrival.key, "state": "waiting", "sent_at": sent, "due_at": row["received_at"]}


def _common(source: str, hook: Hook, delivery: Delivery) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "id": f"event_{secrets.token_hex(10)}",
        "tenant": hook.tenant,
        "source": source,
        "hook": hook.id,
        "lane": lane_of(source, hook.id),
        "key": None,
        "type": "",
        "content_type": header(delivery.headers, "content-type"),
        "headers": kept_headers(delivery.headers),
        "body": delivery.body,
        "attempts": 0,
        "error": "",
        "result": None,
        "sent_at": None,
        "received_at": now,
        "due_at": None,
        "handled_at": None,
    }


def kept_headers(headers: Sequence[tuple[str, str]]) -> list[list[str]]:
    """The headers as they came; those that prove who somebody is are masked."""
    return [[name, MASK if name in SECRET_HEADERS else value.replace("\0", "")] for name, value in headers]
