"""How often an endpoint may be asked: as its definition says, and as the API says itself.

Own code rather than a library: those at hand (aiolimiter, pyrate-limiter, limits) know a bucket or a window, and none
of them learns from the other side's headers.
"""

import re
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime

import attrs

from .endpoints import RateLimit

MINUTE = 60.0
LONGEST = 86_400.0
EPOCH = 1_000_000_000
"""A reset beyond it is a moment and not a number of seconds."""
MILLIS = 1_000_000_000_000

NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,9})?", re.ASCII)
PAIRS = (
    ("RateLimit-Remaining", "RateLimit-Reset"),
    ("X-RateLimit-Remaining", "X-RateLimit-Reset"),
    ("X-Rate-Limit-Remaining", "X-Rate-Limit-Reset"),
)


@attrs.define
class Limiter:
    """One endpoint's. Times are seconds of a monotonic clock, given by whoever asks.

    At most `requestsPerMinute` in any sixty seconds; with `burstLimit` so many at once, and then evenly.
    """

    limit: RateLimit | None = None
    blocked: float = 0.0
    _due: float = 0.0
    _times: deque[float] = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._times = deque(maxlen=self.limit.requestsPerMinute if self.limit else 1)

    def next(self, now: float) -> float:
        """When the next request may go out."""
        times = [now, self.blocked]
        if self.limit is not None:
            if len(self._times) == self.limit.requestsPerMinute:
                times.append(self._times[0] + MINUTE)
            if self.limit.burstLimit is not None:
                times.append(self._due - (self.limit.burstLimit - 1) * self._interval)
        return max(times)

    @property
    def _interval(self) -> float:
        return MINUTE / self.limit.requestsPerMinute if self.limit else 0.0

    def take(self, now: float) -> float:
        """Seconds to wait before a request that now has its place."""
        at = self.next(now)
        if self.limit is not None:
            self._times.append(at)
            self._due = max(at, self._due) + self._interval
        return at - now

    def learn(self, headers: Mapping[str, str], now: float) -> None:
        """Nothing more before the reset, where an answer says that nothing is left."""
        reset = reset_of(headers, datetime.now(UTC).timestamp())
        if reset is not None:
            self.block(now + min(reset, LONGEST))

    def block(self, until: float) -> None:
        self.blocked = max(self.blocked, until)


def reset_of(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds until the limit is reset, where nothing is left; `now` is seconds since 1970.

    Reads ``RateLimit`` of draft-ietf-httpapi-ratelimit-headers as it is now and as it was, and the ``X-`` forms.
    """
    if "RateLimit" in headers:
        return _structured(headers["RateLimit"])
    for remaining, reset in PAIRS:
        if remaining in headers:
            left, until = _number(headers[remaining]), _number(headers.get(reset, ""))
            return None if left is None or left >= 1 or until is None else _seconds(until, now)
    return None


def _structured(text: str) -> float | None:
    """``"default";r=0;t=30``, of several policies the longest; or ``limit=10, remaining=0, reset=30``."""
    if "remaining" in text:
        told = dict(part.strip().split("=", 1) for part in text.split(",") if "=" in part)
        left, until = _number(told.get("remaining", "")), _number(told.get("reset", ""))
        return until if left == 0 else None
    resets = []
    for policy in text.split(","):
        told = dict(part.strip().split("=", 1) for part in policy.split(";") if "=" in part)
        left, until = _number(told.get("r", "")), _number(told.get("t", ""))
        if left == 0 and until is not None:
            resets.append(until)
    return max(resets, default=None)


def _seconds(reset: float, now: float) -> float:
    if reset < EPOCH:
        return reset
    return max(0.0, (reset / 1000 if reset > MILLIS else reset) - now)


def _number(text: str) -> float | None:
    return float(text.strip()) if NUMBER.fullmatch(text.strip()) else None
