"""Requests, counted as they are answered.

Plain numbers: everything happens on the event loop, so that the locks of the library's own counters would protect
nothing, and the library need not be imported before somebody reads the page.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping

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

    def merge(self, other: "Durations") -> None:
        self.counts = [one + two for one, two in zip(self.counts, other.counts, strict=True)]
        self.seconds += other.seconds


Series = tuple[str, str, str, int]
"""Plugin, route, method and status class (2 for 2xx)."""


@attrs.define
class Requests:
    """The `pegboard.RequestObserver` of an app. A request is one look-up; whoever reads the page does the sums."""

    _series: defaultdict[Series, Durations] = attrs.field(factory=lambda: defaultdict(Durations), init=False)

    def answered(self, route: str, plugin: str, method: str, status: int, seconds: float) -> None:
        durations = self._series[plugin, route, method if method in METHODS else OTHER, status // 100]
        durations.counts[bisect_left(BUCKETS, seconds)] += 1
        durations.seconds += seconds

    def answers(self) -> Mapping[Series, int]:
        """How many requests had which answer."""
        return {series: sum(durations.counts) for series, durations in self._series.items()}

    def durations(self) -> Mapping[tuple[str, str], Durations]:
        """How long the requests of each plugin's routes took, whatever their answers."""
        routes: defaultdict[tuple[str, str], Durations] = defaultdict(Durations)
        for (plugin, route, _, _), durations in self._series.items():
            routes[plugin, route].merge(durations)
        return routes
