"""Which processes stay, for which programs, and when they go."""

import time
from collections import OrderedDict
from collections.abc import Callable

import attrs

from pegboard import Run

from .worker import Worker

NEVER = float("inf")

Key = tuple[str, str, str | None, int]


@attrs.frozen
class Warmth:
    """How long a worker stays: for so many `calls`, `seconds` since its birth, bytes of `memory` at its peak.

    `most` is how many there are in all, busy or idle; whoever was used longest ago goes first.
    """

    most: int = 32
    calls: int = 10_000
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
        self._key: dict[Worker, Key] = {}
        self._idle: OrderedDict[Worker, None] = OrderedDict()
        self._idle_of: dict[Key, list[Worker]] = {}
        self._busy_of: dict[Key, list[Worker]] = {}

    def __len__(self) -> int:
        return len(self._key)

    def nearest(self, run: Run) -> tuple[Worker | None, float]:
        """The busy worker of this program that could turn to one more call first, and in how many seconds."""
        found, soonest = None, NEVER
        for worker in self._busy_of.get(key_of(run), ()):
            backlog = worker.backlog
            if backlog < soonest and worker.place is not None and not worker.place.due and self._stays(worker):
                found, soonest = worker, backlog
        return found, soonest

    def take(self, run: Run) -> Worker:
        """An idle worker of this program, or a new one. Raises OSError where there is none to be had."""
        key = key_of(run)
        while idle := self._idle_of.get(key):
            worker = idle[-1]
            self._wake(worker)
            if self._stays(worker):
                self._busy_of.setdefault(key, []).append(worker)
                return worker
            self._dismiss(worker)
        self._make_room()
        worker = self._start(run)
        self._key[worker] = key
        self._busy_of.setdefault(key, []).append(worker)
        return worker

    def give(self, worker: Worker) -> None:
        """It has done its calls: keep it unless it has done enough."""
        key = self._key[worker]
        _drop(self._busy_of, key, worker)
        if not self._stays(worker) or worker.peak > self._warmth.memory:
            self._dismiss(worker)
            return
        self._idle[worker] = None
        self._idle_of.setdefault(key, []).append(worker)

    def _stays(self, worker: Worker) -> bool:
        young = worker.calls < self._warmth.calls and time.monotonic() - worker.born < self._warmth.seconds
        return young and worker.alive and not worker.slow and not worker.retiring

    def _wake(self, worker: Worker) -> None:
        del self._idle[worker]
        _drop(self._idle_of, self._key[worker], worker)

    def _dismiss(self, worker: Worker) -> None:
        del self._key[worker]
        worker.kill("recycled")

    def _make_room(self) -> None:
        """Idle workers of the dead and of those used longest ago go."""
        self._dismiss_idle([worker for worker in self._idle if not worker.alive])
        while self._idle and len(self._key) >= self._warmth.most:
            self._dismiss_idle([next(iter(self._idle))])

    def sweep(self) -> None:
        """End the idle ones that are too old."""
        self._dismiss_idle([worker for worker in self._idle if not self._stays(worker)])

    def _dismiss_idle(self, workers: list[Worker]) -> None:
        for worker in workers:
            self._wake(worker)
            self._dismiss(worker)


def _drop(workers: dict[Key, list[Worker]], key: Key, worker: Worker) -> None:
    workers[key].remove(worker)
    if not workers[key]:
        del workers[key]
