"""Places for programs that run, given to the tenants that wait for one in turn."""

import asyncio
from collections import OrderedDict, deque


class NoPlace(Exception):
    """No place was free in time, or too many wait already; the message is for the caller."""


class Turns:
    """So many programs run at the same time. Where more want to, each tenant is served after every other one."""

    def __init__(self, places: int, most: int) -> None:
        """`most` may wait, half of them of one tenant."""
        self._places = places
        self._free = places
        self._most = most
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @property
    def running(self) -> int:
        return self._places - self._free

    @property
    def waiting(self) -> int:
        return sum(not turn.done() for turns in self._waiting.values() for turn in turns)

    async def acquire(self, tenant: str, seconds: float) -> None:
        """Raises `NoPlace`."""
        if self._free:
            self._free -= 1
            return
        self._refuse_too_many(tenant)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(tenant, deque()).append(turn)
        try:
            async with asyncio.timeout(seconds):
                await turn
        except BaseException as error:
            self._leave(tenant, turn)
            if isinstance(error, TimeoutError):
                raise NoPlace(f"No worker was free within {seconds:g} seconds") from None
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

    def _refuse_too_many(self, tenant: str) -> None:
        share = max(self._most // 2, 1)
        if self.waiting >= self._most:
            raise NoPlace(f"No worker is free, and {self._most} calls wait already: no more may")
        if len(self._waiting.get(tenant, ())) >= share:
            raise NoPlace(f"No worker is free, and {share} calls of this tenant wait already")

    def _leave(self, tenant: str, turn: "asyncio.Future[None]") -> None:
        if turn.done() and not turn.cancelled():
            self.release()  # it was given in the very moment in which its taker left
            return
        turns = self._waiting.get(tenant, deque())
        if turn in turns:
            turns.remove(turn)
        if not turns:
            self._waiting.pop(tenant, None)
