"""Which processes stay, for which programs, and when they go."""

import time
from collections import OrderedDict
from collections.abc import Callable

import attrs

from pegboard import Run

from .warm import Worker

Key = tuple[str, str, str | None, int]


@attrs.frozen
class Warmth:
    """How long a worker stays: for so many `calls`, `seconds` since its birth, bytes of `memory` at its peak.

    `most` is how many there are in all, busy or idle; whoever was used longest ago goes first.
    """

    most: int = 32
    calls: int = 1000
    seconds: float = 600.0
    memory: int = 128 * 1024 * 1024


def key_of(run: Run) -> Key:
    """What a worker is for: never more than one tenant, one program and one limit of memory."""
    return run.tenant, run.program.source, run.program.entry, run.limits.memory


class Workers:
    """The workers of one jail. `start(run)` makes one."""

    def __init__(self, warmth: Warmth, start: Callable[[Run], Worker]) -> None:
        self._warmth = warmth
        self._start = start
        self._idle: OrderedDict[Worker, Key] = OrderedDict()
        self._of: dict[Key, list[Worker]] = {}
        self._busy: set[Worker] = set()

    def take(self, run: Run) -> Worker:
        """An idle worker of this program, or a new one. Raises OSError where there is none to be had."""
        mine = self._of.get(key_of(run), [])
        while mine:
            worker = mine[-1]
            self._forget(worker)
            if worker.alive and time.monotonic() - worker.born < self._warmth.seconds:
                self._busy.add(worker)
                return worker
            worker.kill("recycled")
        self._make_room()
        worker = self._start(run)
        self._busy.add(worker)
        return worker

    def give(self, worker: Worker, run: Run) -> None:
        """A call is over: keep its worker unless it has done enough."""
        self._busy.discard(worker)
        if not worker.alive:
            return
        if worker.calls >= self._warmth.calls or worker.peak > self._warmth.memory:
            worker.kill("recycled")
            return
        key = key_of(run)
        self._idle[worker] = key
        self._of.setdefault(key, []).append(worker)

    def _forget(self, worker: Worker) -> None:
        key = self._idle.pop(worker)
        self._of[key].remove(worker)
        if not self._of[key]:
            del self._of[key]

    def _make_room(self) -> None:
        """Idle workers of the dead and of those used longest ago go."""
        for worker in [worker for worker in self._idle if not worker.alive]:
            self._forget(worker)
        while self._idle and len(self._idle) + len(self._busy) >= self._warmth.most:
            oldest = next(iter(self._idle))
            self._forget(oldest)
            oldest.kill("recycled")

    def sweep(self) -> None:
        """End the idle ones that are too old."""
        now = time.monotonic()
        for worker in [w for w in self._idle if not w.alive or now - w.born >= self._warmth.seconds]:
            self._forget(worker)
            worker.kill("recycled")
