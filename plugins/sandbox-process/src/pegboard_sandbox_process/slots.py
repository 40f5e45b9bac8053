"""Places for programs that run, given to the tenants that wait for one in turn."""

import asyncio
import contextlib
from collections import OrderedDict, deque

Turn = asyncio.Future[None]


class Slots:
    """So many programs run at the same time. Where more want to, each tenant is served after every other one."""

    def __init__(self, free: int) -> None:
        self._free = free
        self._waiting: OrderedDict[str, deque[Turn]] = OrderedDict()
        self._until: dict[Turn, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    @property
    def free(self) -> int:
        return self._free

    async def acquire(self, tenant: str, seconds: float) -> None:
        """Raises TimeoutError when no place was free in time."""
        if self._free > 0:
            self._free -= 1
            return
        turn: Turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(tenant, deque()).append(turn)
        self._expire_after(turn, seconds)
        try:
            await turn
        except (asyncio.CancelledError, TimeoutError):
            if turn.cancelled() or turn.exception() is not None:
                self._leave(tenant, turn)
            else:
                self.release()  # it was given in the very moment in which its taker left
            raise
        finally:
            del self._until[turn]

    def release(self) -> None:
        """Give the place to the tenant whose turn it is, or keep it."""
        while self._waiting:
            tenant, turns = self._waiting.popitem(last=False)
            turn = turns.popleft()
            while turns and turn.done():  # left: whoever stands behind it must not wait another round
                turn = turns.popleft()
            if turns:
                self._waiting[tenant] = turns
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

    def _leave(self, tenant: str, turn: Turn) -> None:
        """Where many come and go while nothing gets free, nothing may pile up."""
        turns = self._waiting.get(tenant, deque())
        with contextlib.suppress(ValueError):
            turns.remove(turn)
        if not turns:
            self._waiting.pop(tenant, None)

    def _expire_after(self, turn: Turn, seconds: float) -> None:
        """One timer for all: nearly every turn comes long before its time is over."""
        loop = asyncio.get_running_loop()
        at = self._until[turn] = loop.time() + seconds
        if self._timer is None or at < self._timer.when():
            self._set_timer(loop, at)

    def _set_timer(self, loop: asyncio.AbstractEventLoop, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = loop.call_at(at, self._expire, loop)

    def _expire(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        now = loop.time()
        for turn, at in self._until.items():
            if at <= now and not turn.done():
                turn.set_exception(TimeoutError())
        rest = [at for turn, at in self._until.items() if not turn.done()]
        if rest:
            self._set_timer(loop, min(rest))
