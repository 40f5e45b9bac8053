"""Places for programs that run, given to the tenants that wait for one in turn."""

import asyncio
import contextlib
from collections import OrderedDict, deque


class Slots:
    """So many programs run at the same time. Where more want to, each tenant is served after every other one."""

    def __init__(self, free: int) -> None:
        self._free = free
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    async def acquire(self, tenant: str, seconds: float) -> None:
        """Raises TimeoutError when no place was free in time."""
        if self._free > 0:
            self._free -= 1
            return
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        self._waiting.setdefault(tenant, deque()).append(turn)
        timer = loop.call_later(seconds, self._expire, tenant, turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._leave(tenant, turn)
            elif turn.exception() is None:
                self.release()  # it was given in the very moment in which its taker left
            raise
        finally:
            timer.cancel()

    def _expire(self, tenant: str, turn: asyncio.Future[None]) -> None:
        if not turn.done():
            self._leave(tenant, turn)
            turn.set_exception(TimeoutError())

    def _leave(self, tenant: str, turn: asyncio.Future[None]) -> None:
        """Where many come and go while nothing gets free, nothing may pile up."""
        turns = self._waiting.get(tenant, deque())
        with contextlib.suppress(ValueError):
            turns.remove(turn)
        if not turns:
            self._waiting.pop(tenant, None)

    def release(self) -> None:
        """Give the place to the tenant whose turn it is, or keep it."""
        while self._waiting:
            tenant, turns = self._waiting.popitem(last=False)
            turn = turns.popleft()
            while turns and turn.done():  # cancelled: whoever stands behind it must not wait another round
                turn = turns.popleft()
            if turns:
                self._waiting[tenant] = turns
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
