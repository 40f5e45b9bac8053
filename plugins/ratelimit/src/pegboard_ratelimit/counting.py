"""Counting one call against one rate, also while Redis is away."""

import time
from math import ceil

import anyio
import attrs
import structlog
from limits import RateLimitItemPerSecond

from pegboard import Problem, Rate

from .settings import RateLimitSettings
from .storages import Counters

TRIPS = 3
"""To the storage, at most, to count a call and to learn how its caller stands."""

log = structlog.get_logger(__name__)


@attrs.frozen
class Standing:
    """How a caller stands after a call: whether it was one too many, what is left, and seconds until there is more."""

    rate: Rate
    allowed: bool
    left: int
    reset: int


@attrs.define
class Counting:
    """Counts in the storage that the settings name and, while that one is away, as they say."""

    settings: RateLimitSettings
    counters: Counters
    local: Counters
    failures: int = 0
    _away_until: float = 0.0
    _reason: str = ""

    @property
    def away(self) -> str:
        """Why the storage is away; empty while it works."""
        return self._reason

    async def count(self, name: str, rate: Rate, subject: str) -> Standing | None:
        """Count a call; None where it can be let in uncounted. Raises Problem 503 where it cannot."""
        if self.counters is self.local:
            return await _count(self.local, name, rate, subject)
        if self._may_ask():
            try:
                with anyio.fail_after(self.settings.timeout * TRIPS):
                    standing = await _count(self.counters, name, rate, subject)
            except (OSError, *_failures(self.counters)) as error:
                self._left(error)
            else:
                self._came_back()
                return standing
        return await self._without(name, rate, subject)

    def _may_ask(self) -> bool:
        """Whether to ask the storage: once it is away, one call at a time tries whether it is back."""
        if not self._reason:
            return True
        now = time.monotonic()
        if now < self._away_until:
            return False
        self._away_until = now + self.settings.retry
        return True

    async def _without(self, name: str, rate: Rate, subject: str) -> Standing | None:
        match self.settings.away:
            case "open":
                return None
            case "closed":
                seconds = str(max(1, ceil(self.settings.retry)))
                detail = "calls cannot be counted now, so that none is let in; try again"
                raise Problem(503, "ratelimit-unavailable", detail, headers={"Retry-After": seconds})
            case _:
                return await _count(self.local, name, rate, subject)

    def _left(self, error: Exception) -> None:
        self.failures += 1
        self._away_until = time.monotonic() + self.settings.retry
        if not self._reason:
            self._reason = type(error).__name__
            log.error("rate limits: Redis is away", reason=self._reason, meanwhile=self.settings.away)

    def _came_back(self) -> None:
        if self._reason:
            self._reason = ""
            log.info("rate limits: Redis is back")

    async def ping(self) -> str:
        """What counts, for health checks. Raises RuntimeError where nobody is let in while Redis is away."""
        if self.counters is self.local:
            return "in memory"
        try:
            with anyio.fail_after(self.settings.timeout * TRIPS):
                await self.counters.storage.get("ping")
        except (OSError, *_failures(self.counters)) as error:
            told = f"Redis is away ({type(error).__name__}): {self.settings.away}"
            if self.settings.away == "closed":
                raise RuntimeError(told) from None
            return told
        return "in Redis"


def _failures(counters: Counters) -> tuple[type[Exception], ...]:
    found = counters.storage.base_exceptions
    return found if isinstance(found, tuple) else (found,)


async def _count(counters: Counters, name: str, rate: Rate, subject: str) -> Standing:
    item = RateLimitItemPerSecond(rate.limit, rate.window)
    allowed = await counters.strategy.hit(item, name, subject)
    stats = await counters.strategy.get_window_stats(item, name, subject)
    reset = min(max(0, ceil(stats.reset_time - counters.now())), rate.window)
    return Standing(rate, allowed, max(0, stats.remaining) if allowed else 0, reset if allowed else max(1, reset))
