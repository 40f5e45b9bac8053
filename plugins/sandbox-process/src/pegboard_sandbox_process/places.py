"""Places for programs that run, given to the tenants that wait for one in turn.

Places are for short calls. One that takes long makes way: its place is given on, and it goes on in the *slow lane*, at
a low priority. The lane is bounded, and so is what one tenant may have in it.
"""

import asyncio
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable

from .deadlines import Deadlines

MAKE_WAY = 0.02
"""Seconds after which a call gives its place to one that waits."""

LONG = 0.25
"""Seconds after which it does so though nobody waits: the server is a neighbour, too."""


class NoPlace(Exception):
    """No place was free in time, or too many wait already; the message is for the caller."""


class Place:
    """A right to run. Whoever holds it must `release` it once.

    The holder may set `slowed`, to be told that it makes way, and `began`, which says when its present call did (in
    monotonic seconds) if it holds the place for one call after another.
    """

    __slots__ = ("_places", "_slowed", "began", "slow", "taken", "tenant")

    def __init__(self, places: "Places", tenant: str, taken: float) -> None:
        self._places = places
        self._slowed: Callable[[], None] | None = None
        self.began: Callable[[], float] | None = None
        self.tenant = tenant
        self.taken = taken
        self.slow = False

    @property
    def slowed(self) -> Callable[[], None] | None:
        return self._slowed

    @slowed.setter
    def slowed(self, tell: Callable[[], None] | None) -> None:
        self._slowed = tell
        if self.slow and tell is not None:
            tell()

    @property
    def due(self) -> bool:
        """It has been held for a while and another tenant waits: the holder should begin no further call."""
        places = self._places
        return places.crowded and places.is_due(self)

    def release(self) -> None:
        self._places.take_back(self)

    def make_slow(self) -> None:
        self.slow = True
        if self._slowed is not None:
            self._slowed()


Turn = asyncio.Future[Place]


class Places:
    """So many short calls run at the same time. Where more want to, each tenant is served after every other one.

    `lane` is how many long ones run besides, at least twice the places. A tenant's calls that run, long or short, are
    at most half of what the others leave of the lane, and one in any case: so there is room left for the next tenant,
    and a tenant whose calls are all long can always make way, until the lane is full. `queue` is how many may
    wait, half of them of one tenant.
    """

    def __init__(self, places: int, lane: int, queue: int = 1000, clock: Callable[[], float] = time.monotonic) -> None:
        self.total = places
        self.lane = lane
        self.queue = queue
        self._clock = clock
        self._free = places
        self._held: dict[Place, None] = {}
        self._slow: Counter[str] = Counter()
        self._slow_total = 0
        self._waiting: OrderedDict[str, deque[Turn]] = OrderedDict()
        self._deadlines: Deadlines[Place] = Deadlines()
        self._looking = False

    @property
    def free(self) -> int:
        return self._free

    @property
    def running(self) -> int:
        return len(self._held) + self._slow_total

    @property
    def crowded(self) -> bool:
        return bool(self._waiting)

    @property
    def waiting(self) -> int:
        return self._deadlines.pending

    async def acquire(self, tenant: str, seconds: float) -> Place:
        """Raises `NoPlace`."""
        if self._free and (not self._slow_total or self._may_start(tenant)):
            return self._take(tenant)
        self._refuse_too_many(tenant)
        turn: Turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(tenant, deque()).append(turn)
        self._deadlines.add(turn, seconds)
        self._make_way()
        try:
            return await turn
        except (asyncio.CancelledError, TimeoutError) as error:
            if turn.cancelled() or turn.exception() is not None:
                self._leave(tenant, turn)
            else:
                turn.result().release()  # it was given in the very moment in which its taker left
            if isinstance(error, TimeoutError):
                raise NoPlace(self._why(tenant, seconds)) from None
            raise
        finally:
            self._deadlines.remove(turn)

    def _why(self, tenant: str, seconds: float) -> str:
        words = f"No worker was free within {seconds:g} seconds"
        if self._slow_total and not self._may_start(tenant):
            words += f": {self._running_of(tenant)} calls of this tenant run, which is its share while long ones run"
        return words

    def _refuse_too_many(self, tenant: str) -> None:
        if len(self._deadlines) >= self.queue:
            raise NoPlace(f"No worker is free, and {self.queue} calls wait already: no more may")
        if len(self._waiting.get(tenant, ())) >= max(self.queue // 2, 1):
            raise NoPlace(f"No worker is free, and {max(self.queue // 2, 1)} calls of this tenant wait already")

    def _take(self, tenant: str) -> Place:
        self._free -= 1
        place = Place(self, tenant, self._clock())
        self._held[place] = None
        if not self._looking:
            self._look_later()
        return place

    def take_back(self, place: Place) -> None:
        if place.slow:
            self._slow[place.tenant] -= 1
            if not self._slow[place.tenant]:
                del self._slow[place.tenant]
            self._slow_total -= 1
        else:
            del self._held[place]
            self._free += 1
        if self._waiting:
            self._serve()

    def is_due(self, place: Place) -> bool:
        others = len(self._waiting) > 1 or (bool(self._waiting) and place.tenant not in self._waiting)
        return others and place.taken <= self._clock() - MAKE_WAY

    # Who comes next.

    def _serve(self) -> None:
        """Give what is free to the tenants whose turn it is."""
        while self._free and (tenant := self._next()) is not None:
            turns = self._waiting.pop(tenant)
            turn = turns.popleft()
            while turns and turn.done():  # left: whoever stands behind it must not wait another round
                turn = turns.popleft()
            if turns:
                self._waiting[tenant] = turns
            if not turn.done():
                turn.set_result(self._take(tenant))

    def _next(self) -> str | None:
        """The first tenant in the queue that may start a call."""
        for tenant in self._waiting:
            if not self._slow_total or self._may_start(tenant):
                return tenant
        return None

    def _may_start(self, tenant: str) -> bool:
        return self._running_of(tenant) < max(self._share(tenant), 1)

    def _running_of(self, tenant: str) -> int:
        return self._slow[tenant] + sum(place.tenant == tenant for place in self._held)

    def _share(self, tenant: str) -> int:
        """Half of what the others leave of the lane."""
        return (self.lane - self._slow_total + self._slow[tenant] + 1) // 2

    def _leave(self, tenant: str, turn: Turn) -> None:
        """Where many come and go while nothing gets free, nothing may pile up."""
        turns = self._waiting.get(tenant, deque())
        if turn in turns:
            turns.remove(turn)
        if not turns:
            self._waiting.pop(tenant, None)

    # Who makes way.

    def _look_later(self) -> None:
        """One timer for all, that runs while a place is held: a short call costs nothing."""
        self._looking = True
        asyncio.get_running_loop().call_later(MAKE_WAY, self._look)

    def _look(self) -> None:
        self._make_way()
        self._looking = False
        if self._held:
            self._look_later()

    def _make_way(self) -> None:
        """The oldest first, and no more than there are calls that could start."""
        now = self._clock()
        for place in list(self._held):
            if place.taken > now - MAKE_WAY:
                return
            took = now - (place.began() if place.began is not None else place.taken)
            wanted = took >= LONG or (took >= MAKE_WAY and self._next() is not None)
            if wanted and self._slow[place.tenant] < self._share(place.tenant):
                self._slow_down(place)

    def _slow_down(self, place: Place) -> None:
        del self._held[place]
        self._free += 1
        self._slow[place.tenant] += 1
        self._slow_total += 1
        place.make_slow()
        self._serve()
