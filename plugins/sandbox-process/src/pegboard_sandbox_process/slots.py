"""Places for programs that run, given to the tenants that wait for one in turn."""

import asyncio
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
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(tenant, deque()).append(turn)
        try:
            async with asyncio.timeout(seconds):
                await turn
        except BaseException:
            if turn.done() and not turn.cancelled():
                self.release()  # it was given in the very moment in which its taker left
            raise

    def release(self) -> None:
        """Give the place to the tenant whose turn it is, or keep it."""
        while self._waiting:
            tenant, turns = self._waiting.popitem(last=False)
            turn = turns.popleft()
            if turns:
                self._waiting[tenant] = turns
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
