"""What calls came to, counted in memory as they end: by endpoint and minute, with the last few of them."""

import time
from collections import deque
from collections.abc import Callable

import attrs

from pegboard import Outcome, Problem

from .plans import Plan

LAST_ANSWERS = 5
LAST_FAILURES = 10
MOST = 10_000
"""Endpoints' minutes that are counted until they are written; there are that many only if nothing can be written."""

Ended = tuple[float, int, str, float, float, float, str, Problem | None]
"""Unix time, status, freshness, seconds (upstream, queue, run), isolation, and what went wrong."""


@attrs.define
class Tally:
    """Calls of one endpoint within one minute; times are seconds. `answers` and `failures` are the last ones."""

    tenant: str
    calls: int = 0
    failed: int = 0
    cached: int = 0
    upstream: float = 0.0
    queue: float = 0.0
    run: float = 0.0
    slowest: float = 0.0
    answers: deque[Ended] = attrs.field(factory=lambda: deque(maxlen=LAST_ANSWERS))
    failures: deque[Ended] = attrs.field(factory=lambda: deque(maxlen=LAST_FAILURES))


Key = tuple[str, int]
"""An endpoint, and a minute since 1970."""


class Tallies:
    """The tallies that are not written yet. `began` is called when there is a first one again."""

    def __init__(self, began: Callable[[], object]) -> None:
        self._began = began
        self._tallies: dict[Key, Tally] = {}

    def note(
        self, plan: Plan, status: int, freshness: str, upstream: float, outcome: Outcome | None, problem: Problem | None
    ) -> None:
        """Count a call that has just ended. This is on the way of every call, so it allocates next to nothing."""
        now = time.time()
        key = (plan.id, int(now) // 60)
        tally = self._tallies.get(key) or self._new(key, plan.tenant)
        queue = run = 0.0
        isolation = ""
        if outcome is not None:
            queue, run, isolation = outcome.queue, outcome.start + outcome.wall, outcome.isolation.name
        took = upstream + queue + run
        tally.calls += 1
        tally.upstream += upstream
        tally.queue += queue
        tally.run += run
        if took > tally.slowest:
            tally.slowest = took
        if freshness != "MISS" and freshness:
            tally.cached += 1
        ended = (now, status, freshness, upstream, queue, run, isolation, problem)
        if problem is None:
            tally.answers.append(ended)
        else:
            tally.failed += 1
            tally.failures.append(ended)

    def _new(self, key: Key, tenant: str) -> Tally:
        if len(self._tallies) >= MOST:
            del self._tallies[next(iter(self._tallies))]
        tally = self._tallies[key] = Tally(tenant)
        self._began()
        return tally

    def take(self) -> dict[Key, Tally]:
        """All that was counted; the count begins again."""
        taken, self._tallies = self._tallies, {}
        return taken
