"""What all requests of a walk share, and how much of it they may use."""

import time
from collections.abc import Awaitable, Callable

import anyio
import attrs

from pegboard import Services, Stop
from pegboard_egress import Egress

from .pages import Caps

LONGEST_WAIT = 3600.0
"""Seconds that a walk without a bound of time waits at most for a retry or a rate limit."""

Sleep = Callable[[float], Awaitable[None]]
Clock = Callable[[], float]


@attrs.define
class Budget:
    """How much of its caps a walk has used, its children's walks together."""

    caps: Caps
    clock: Clock
    started: float = attrs.field(init=False)
    pages: int = 0
    records: int = 0
    bytes: int = 0

    def __attrs_post_init__(self) -> None:
        self.started = self.clock()

    @property
    def left(self) -> float:
        """Seconds until the walk has to end."""
        most = self.caps.max_seconds
        return LONGEST_WAIT if most is None else max(0.0, most - (self.clock() - self.started))

    def count(self, records: int, size: int) -> Stop | None:
        """Count a page; the cap that it came to."""
        self.pages, self.records, self.bytes = self.pages + 1, self.records + records, self.bytes + size
        for rule, came, most in (
            ("max_pages", self.pages, self.caps.max_pages),
            ("max_records", self.records, self.caps.max_records),
            ("max_bytes", self.bytes, self.caps.max_bytes),
        ):
            if most is not None and came >= most:
                return Stop(rule, f"{came} {rule.removeprefix('max_')} came, and the walk ends at {most}")
        spent = self.clock() - self.started
        if self.caps.max_seconds is not None and spent >= self.caps.max_seconds:
            return Stop("max_seconds", f"{spent:.1f} seconds passed, and the walk ends at {self.caps.max_seconds:g}")
        return None


@attrs.frozen
class Walking:
    """What all requests of a walk share."""

    egress: Egress = attrs.field(repr=False)
    services: Services = attrs.field(repr=False)
    budget: Budget
    sleep: Sleep = anyio.sleep
    clock: Clock = time.monotonic

    @property
    def caps(self) -> Caps:
        return self.budget.caps
