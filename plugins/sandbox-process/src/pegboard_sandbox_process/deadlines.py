"""Time-outs of those who wait: one timer for all, as nearly everybody's turn comes long before the time is over."""

import asyncio
from typing import Generic, TypeVar

T = TypeVar("T")


class Deadlines(Generic[T]):
    """Futures that fail with TimeoutError unless they are done, or removed, in time."""

    def __init__(self) -> None:
        self._until: dict[asyncio.Future[T], float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._until)

    @property
    def pending(self) -> int:
        """How many are not done; those that are have not been removed yet."""
        return sum(not future.done() for future in self._until)

    def add(self, future: asyncio.Future[T], seconds: float) -> None:
        loop = asyncio.get_running_loop()
        at = self._until[future] = loop.time() + seconds
        if self._timer is None or at < self._timer.when():
            self._set_timer(loop, at)

    def remove(self, future: asyncio.Future[T]) -> None:
        del self._until[future]

    def _set_timer(self, loop: asyncio.AbstractEventLoop, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = loop.call_at(at, self._expire, loop)

    def _expire(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        now = loop.time()
        for future, at in self._until.items():
            if at <= now and not future.done():
                future.set_exception(TimeoutError())
        rest = [at for future, at in self._until.items() if not future.done()]
        if rest:
            self._set_timer(loop, min(rest))
