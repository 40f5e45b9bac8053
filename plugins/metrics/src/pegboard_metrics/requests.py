"""Requests, counted as they are answered.

Plain numbers: everything happens on the event loop, so that the locks of the library's own counters would protect
nothing, and the library need not be imported before somebody reads the page.
"""

from bisect import bisect_left
from collections import Counter, defaultdict

import attrs

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds, in seconds: a kernel's answer takes less than a millisecond, a user's program up to seconds."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "other"
"""All further methods: a caller may invent any number of them, and each would be kept for ever."""


@attrs.define
class Durations:
    """How many requests took how long: `counts` has one number per bucket, and one for those beyond."""

    counts: list[int] = attrs.field(factory=lambda: [0] * (len(BUCKETS) + 1))
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(BUCKETS, seconds)] += 1
        self.seconds += seconds


@attrs.define
class Requests:
    """The `pegboard.RequestObserver` of an app: requests by plugin, route, method and status class (2 for 2xx)."""

    answers: Counter[tuple[str, str, str, int]] = attrs.field(factory=Counter)
    durations: defaultdict[tuple[str, str], Durations] = attrs.field(factory=lambda: defaultdict(Durations))

    def answered(self, route: str, plugin: str, method: str, status: int, seconds: float) -> None:
        self.answers[plugin, route, method if method in METHODS else OTHER, status // 100] += 1
        self.durations[plugin, route].add(seconds)
