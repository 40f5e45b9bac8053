"""Which processes stay, for which programs, and when they go."""

import time
from collections import OrderedDict
from collections.abc import Callable

from pegboard import Run

from .warmth import Warmth
from .worker import Worker

Key = tuple[str, str, str | None, int]


def key_of(run: Run) -> Key:
    """What a worker is for: never more than one tenant, one program and one limit of memory."""
    return run.tenant, run.program.source, run.program.entry, run.limits.memory


class Workers:
    """The workers of one jail. `start` makes one."""

    def __init__(self, warmth: Warmth, start: Callable[[Run, Warmth], Worker]) -> None:
        self._warmth = warmth
        self._start = start
        self._key: dict[Worker, Key] = {}
        self._idle: OrderedDict[Worker, None] = OrderedDict()
        self._idle_of: dict[Key, list[Worker]] = {}
        self._busy_of: dict[Key, list[Worker]] = {}

    def __len__(self) -> int:
        return len(self._key)

    def nearest(self, key: Key, now: float, patience: float) -> Worker | None:
        """The busy worker that could turn to one more call of `key` first, if it could within `patience` seconds."""
        found = None
        for worker in self._busy_of.get(key, ()):
            backlog = worker.backlog
            if backlog <= patience and worker.welcomes(now):
                found, patience = worker, backlog
        return found

    def take(self, key: Key, run: Run) -> Worker:
        """An idle worker for `key`, or a new one. Raises OSError where there is none to be had."""
        while idle := self._idle_of.get(key):
            worker = idle[-1]
            self._wake(worker)
            if worker.stays(time.monotonic()):
                self._busy_of.setdefault(key, []).append(worker)
                return worker
            self._dismiss(worker)
        self._make_room()
        worker = self._start(run, self._warmth)
        self._key[worker] = key
        self._busy_of.setdefault(key, []).append(worker)
        return worker

    def give(self, worker: Worker) -> None:
        """It has done its calls: keep it unless it has done enough."""
        key = self._key[worker]
        _drop(self._busy_of, key, worker)
        if not worker.stays(time.monotonic()):
            self._dismiss(worker)
            return
        self._idle[worker] = None
        self._idle_of.setdefault(key, []).append(worker)

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
        now = time.monotonic()
        self._dismiss_idle([worker for worker in self._idle if not worker.stays(now)])

    def _dismiss_idle(self, workers: list[Worker]) -> None:
        for worker in workers:
            self._wake(worker)
            self._dismiss(worker)


def _drop(workers: dict[Key, list[Worker]], key: Key, worker: Worker) -> None:
    workers[key].remove(worker)
    if not workers[key]:
        del workers[key]
