"""Fresh processes, some of them forked before anybody needs one: what a call waits for then is its own work."""

import itertools
import os
from collections import deque
from collections.abc import Callable

from pegboard import Limits

from .ends import open_ends
from .spawn import Report, Zygote

Bounds = tuple[int, tuple[int, float]]
"""What the kernel holds a process to from its first moment: bytes of memory, seconds of processor time (see `call`)."""

LEAST_CPU = 8


def bounds_of(limits: Limits) -> Bounds:
    """The exact limit of processor time where it is not the wall's, and one at which the kernel ends it in any case.

    That one is rounded up to a power of two, so that calls whose walls differ a little may have the same processes.
    """
    if limits.cpu is None or limits.cpu >= limits.wall:
        return limits.memory, (max(LEAST_CPU, 1 << (int(limits.wall) + 2).bit_length()), 0.0)
    return limits.memory, (int(limits.cpu) + 2, limits.cpu)


class Child:
    """The server's hold on a fresh process. Whoever takes it sets `ended`, which is told its end, and closes it."""

    def __init__(self, zygote: Zygote, letter: bytes, number: int, bounds: Bounds) -> None:
        self.zygote = zygote
        self.bounds = bounds
        self.prepared = letter == b"P"
        self.alive = True
        self.ended: Callable[[Report | None], None] | None = None
        self._number = number
        (self.channel, self.out, self.err), theirs = open_ends()
        zygote.call(letter, number, *bounds, theirs, self._ended)
        for descriptor in theirs:
            os.close(descriptor)

    def kill(self) -> None:
        self.zygote.kill_call(self._number)

    def slow_down(self) -> None:
        self.zygote.slow_call(self._number)

    def _ended(self, report: Report | None) -> None:
        self.alive = False
        if self.ended is None:
            self.close()
        else:
            self.ended(report)

    def close(self) -> None:
        for descriptor in (self.channel, self.out, self.err):
            os.close(descriptor)


class Children:
    """Makes such processes, and keeps `most` prepared, for the limits that were asked for last.

    A prepared one has limits and filter, and waits for its job: it has seen nobody's data.
    """

    def __init__(self, most: int, numbers: "itertools.count[int]") -> None:
        self._most = most
        self._numbers = numbers
        self._ready: deque[Child] = deque()
        self._asked: Bounds | None = None
        self._again = False

    def take(self, zygote: Zygote, limits: Limits, *, fresh: bool) -> Child | None:
        """A process of this zygote, `fresh` if it must not be a prepared one; None where the zygote is gone."""
        bounds = bounds_of(limits)
        self._again = bounds == self._asked
        self._asked = bounds
        while self._ready and self._ready[0].bounds == bounds and not fresh:
            child = self._ready.popleft()
            if child.alive and child.zygote is zygote:
                return child
            child.kill()
        child = Child(zygote, b"C", next(self._numbers), bounds)
        return child if child.alive else None

    def refill(self, zygote: Zygote) -> None:
        """Prepare the next; after a job has gone out, so that it need not wait for that.

        For limits that were asked for once only nothing is prepared, nor for an exact limit of processor time, of which
        the preparation would be a part.
        """
        bounds = self._asked
        if bounds is None or not self._again or bounds[1][1]:
            return
        if self._ready and (self._ready[0].bounds != bounds or self._ready[0].zygote is not zygote):
            self.discard()
        while len(self._ready) < self._most and zygote.alive:
            self._ready.append(Child(zygote, b"P", next(self._numbers), bounds))

    def discard(self) -> None:
        """End those that nobody has taken."""
        while self._ready:
            self._ready.pop().kill()
