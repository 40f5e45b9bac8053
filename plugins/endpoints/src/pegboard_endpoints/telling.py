"""Endpoints that fail, told to whoever listens: once a minute of each, however often it is called."""

import time

import attrs
import structlog

from pegboard import Problem
from pegboard_events import EventSink, Happened, tell
from pegboard_store import Store, StoreProblem

from .plans import Plan

FAILED = "endpoint.failed"
MINUTE = 60.0
MOST = 10_000
OF_CALLERS = (400, 408, 413, 415)
"""What the call itself was wrong with says nothing of the endpoint."""

log = structlog.get_logger(__name__)


@attrs.define
class Failures:
    """Tells of them. `sink` is None where no plugin wants to hear of it."""

    store: Store
    sink: EventSink | None = None
    _told: dict[str, float] = attrs.field(factory=dict)

    async def tell(self, plan: Plan, problem: Problem) -> None:
        """In a transaction of its own: a call that fails changes nothing else."""
        if self.sink is None or problem.status in OF_CALLERS or not await self.sink.wants(plan.tenant, FAILED):
            return
        if not self._first(plan.id):
            return
        data = {"id": plan.id, "path": plan.path, "status": problem.status, "code": problem.code}
        happened = Happened(FAILED, plan.id, {**data, "detail": problem.detail})
        try:
            async with self.store.begin() as session:
                await tell(self.sink, session, plan.tenant, happened)
        except StoreProblem as broken:
            log.warning("endpoints.failure-not-told", endpoint=plan.id, reason=broken.detail)

    def _first(self, identifier: str) -> bool:
        now = time.monotonic()
        if now - self._told.get(identifier, -MINUTE) < MINUTE:
            return False
        if len(self._told) >= MOST:
            self._told.clear()
        self._told[identifier] = now
        return True
