"""Counting in this process's memory.

The library's own storage looks through all keys in a task and in threads with each hit, and uses a clock that can be
set back. This one keeps the interface and forgets, with each hit, what has expired at the front of a queue.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Callable

from limits.aio.storage import MovingWindowSupport, Storage


class MemoryStorage(Storage, MovingWindowSupport):
    """Moving and fixed windows by the monotonic clock. Nothing in it awaits, so that each step is atomic."""

    STORAGE_SCHEME = None

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """`now` tells the time in seconds; it must not go back."""
        super().__init__()
        self._now = now
        # by length of window: those of one length expire in the order in which they were last used
        self._moments: dict[int, OrderedDict[str, deque[float]]] = {}
        self._counts: dict[int, OrderedDict[str, tuple[int, float]]] = {}

    def __len__(self) -> int:
        return sum(map(len, (*self._moments.values(), *self._counts.values())))

    @property
    def base_exceptions(self) -> type[Exception]:
        return ValueError

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        now, moments = self._now(), self._recent(key, expiry)
        if len(moments) + amount > limit:
            return False
        moments.extend([now] * amount)
        self._moments[expiry][key] = moments
        self._moments[expiry].move_to_end(key)
        return True

    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        moments = self._recent(key, expiry)
        return (moments[0], len(moments)) if moments else (self._now(), 0)

    def _recent(self, key: str, expiry: int) -> deque[float]:
        """The moments of the last window, without older ones."""
        oldest, queue = self._now() - expiry, self._moments.setdefault(expiry, OrderedDict())
        while queue and next(iter(queue.values()))[-1] < oldest:
            queue.popitem(last=False)
        moments: deque[float] = queue.get(key, deque())
        while moments and moments[0] < oldest:
            moments.popleft()
        return moments

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        now, queue = self._now(), self._counts.setdefault(expiry, OrderedDict())
        while queue and next(iter(queue.values()))[1] <= now:
            queue.popitem(last=False)
        count, ends = queue.get(key, (0, now + expiry))
        queue[key] = count + amount, ends
        return count + amount

    def _counted(self, key: str) -> tuple[int, float]:
        now = self._now()
        found = next((queue[key] for queue in self._counts.values() if key in queue), (0, now))
        return found if found[1] > now else (0, now)

    async def get(self, key: str) -> int:
        return self._counted(key)[0]

    async def get_expiry(self, key: str) -> float:
        return self._counted(key)[1]

    async def check(self) -> bool:
        return True

    async def clear(self, key: str) -> None:
        for queue in (*self._moments.values(), *self._counts.values()):
            queue.pop(key, None)

    async def reset(self) -> int:
        count = len(self)
        self._moments.clear()
        self._counts.clear()
        return count
