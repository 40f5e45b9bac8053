"""The sandbox: calls go to fresh processes that a jailed zygote forks."""

import asyncio
import contextlib
import itertools
import time
from collections import Counter
from collections.abc import Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from pegboard import Capability, Ending, Failure, Isolation, Limits, Load, Outcome, Problem, Program, Run, Violation

from .call import Call, Kind, encode_job
from .children import Children
from .files import refuse_bad_files
from .launch import StartFailed, start
from .levels import LAYERS
from .outcome import outcome
from .places import NoPlace, Places
from .profile import Profile
from .settings import ProcessSettings, refuse_unholdable
from .spawn import Zygote
from .warm import WarmCall
from .watch import Watch
from .worker import Worker
from .workers import Key, Warmth, Workers, key_of
from .zygotes import Life, Zygotes

log = structlog.get_logger(__name__)

SWEEP = 30.0

SOON, LATER = 0.001, 0.004
"""Seconds that a call may wait behind others of its program: where a further process could run it, where none can."""


class TooLong(Exception):
    """The source has more bytes than its limit; the message is for the caller."""


class Jail:
    """A `pegboard.Sandbox` whose programs each run in a process of their own.

    Made by `opening.open_jail`. Several calls run at once, as many as the settings have workers, and long ones besides;
    further ones wait. With `warmth` the process of a program stays for its next call.
    """

    def __init__(
        self,
        profile: Profile,
        settings: ProcessSettings,
        layers: tuple[str, ...],
        group: Path | None,
        warmth: Warmth | None = None,
    ) -> None:
        self._profile = profile
        self._settings = settings
        life = Life(settings.zygote_calls, settings.zygote_seconds, settings.spare)
        begin = partial(start, profile, layers, str(group) if group else None)
        self._zygotes = Zygotes(profile.name, life, begin, self._retire_idle)
        self._places = Places(settings.workers, settings.lane, settings.queue)
        self._under_way = 0
        self._endings: Counter[Ending] = Counter()
        self._waited = 0.0
        self._workers = Workers(warmth, self._start_worker) if warmth else None
        self._watch = Watch()
        self._sweeping: asyncio.TimerHandle | None = None
        self._held: Limits | None = None
        self._numbers = itertools.count()
        self._children = Children(settings.prepared, self._numbers)
        self._level = next((level for level, made_of in LAYERS.items() if made_of == layers), Isolation.NONE)

    @property
    def isolation(self) -> Isolation:
        return self._level

    async def check(self, tenant: str, program: Program, limits: Limits) -> Sequence[Violation]:
        """All that is wrong with `program`; compiled in the jail, never in the server.

        Raises `pegboard.Problem` 503 when no worker was free in time or the jail was lost twice.
        """
        ended = await self._check(Run(tenant, program, limits=limits))
        if ended.ending in (Ending.BUSY, Ending.LOST):
            raise Problem(503, f"sandbox-{ended.ending}", _words(ended), headers={"Retry-After": "1"})
        if ended.ending in (Ending.VIOLATION, Ending.RESULT):
            return ended.violations
        return [Violation("SIZE", "", 1, 1, f"The source cannot be compiled within its limits: {_words(ended)}")]

    async def _check(self, run: Run) -> Outcome:
        ended = await self._call(b"C", run)
        return ended if ended.ending is not Ending.LOST else await self._call(b"C", run)

    def run(self, run: Run) -> Coroutine[Any, Any, Outcome]:
        return self._call(b"R", run)

    async def _call(self, kind: Kind, run: Run) -> Outcome:
        self._under_way += 1
        asked = time.monotonic()
        try:
            ended = await self._attempt(kind, run, asked)
        except TooLong as error:
            ended = self._violation(error)
        except NoPlace as error:
            ended = self._ended(Ending.BUSY, str(error), asked)
        except (StartFailed, OSError) as error:
            log.error("sandbox lost", profile=self._profile.name, reason=str(error))
            ended = self._ended(Ending.LOST, f"The sandbox cannot start a process: {error}", asked)
        finally:
            self._under_way -= 1
        ending = ended.ending
        if ending is Ending.VIOLATION and not ended.violations:  # a check that found nothing
            ending = Ending.RESULT
        self._endings[ending] += 1
        self._waited += ended.queue
        return ended

    def _attempt(self, kind: Kind, run: Run, asked: float) -> Coroutine[Any, Any, Outcome]:
        limits, workers = run.limits, self._workers
        if limits is not self._held:
            refuse_unholdable(limits, self._settings)
            self._held = limits
        _refuse_too_long(run.program.source, limits.source)
        if run.stdin or run.files:
            _refuse_what_it_lacks(run, self._profile)
        elif workers is not None and kind == b"R" and limits.cpu is None:
            return self._stay(workers, run, asked)
        return self._fresh(kind, run, asked)

    async def _fresh(self, kind: Kind, run: Run, asked: float) -> Outcome:
        """By a process of its own; by another one, forked for it, if the first was gone before its job came."""
        job = encode_job(kind, run, run.program.source.encode("utf-8", "surrogatepass"))
        fresh = False
        while True:
            call = await self._begun(run, job, asked, fresh=fresh)
            try:
                finished = await call.done
            except asyncio.CancelledError:
                call.kill("cancelled")  # the place is held until the process is gone
                raise
            if finished is not None:
                return outcome(finished, run.limits, self._level, call.sent - asked, call.sent)
            fresh = True

    async def _begun(self, run: Run, job: bytes, asked: float, *, fresh: bool) -> Call:
        place = await self._places.acquire(run.tenant, run.limits.queue - (time.monotonic() - asked))
        try:
            child = None
            while child is None:
                zygote = self._zygotes.ready or await self._zygotes.wait()
                child = self._children.take(zygote, run.limits, fresh=fresh)
        except BaseException:
            place.release()
            raise
        return Call(child, run, job, place, partial(self._refill, zygote))

    def _refill(self, zygote: Zygote) -> None:
        if zygote is self._zygotes.ready and not self._places.crowded:  # else the processors have enough to do
            with contextlib.suppress(OSError):  # no descriptors are left: the next call's child will say so
                self._children.refill(zygote)

    async def _stay(self, workers: Workers, run: Run, asked: float) -> Outcome:
        """By a process that stays; by another one if the first did not turn to it."""
        key = key_of(run)
        while True:
            call = WarmCall(run, self._level, asked)
            worker = workers.nearest(key, asked, SOON if self._places.free else LATER)
            if worker is None:
                worker = await self._hired(workers, key, run, asked)
            worker.add(call)
            try:
                ended = await call.done
            except asyncio.CancelledError:
                worker.leave(call)
                raise
            if ended is not None:
                return ended

    async def _hired(self, workers: Workers, key: Key, run: Run, asked: float) -> Worker:
        """A worker with a place of its own."""
        place = await self._places.acquire(run.tenant, run.limits.queue - (time.monotonic() - asked))
        try:
            if self._zygotes.ready is None:
                await self._zygotes.wait()
            worker = workers.take(key, run)
        except BaseException:
            place.release()
            raise
        worker.hold(place)
        return worker

    def _start_worker(self, run: Run, warmth: Warmth) -> Worker:
        zygote = self._zygotes.ready
        if zygote is None:
            raise OSError("the zygote is gone")
        return Worker(zygote, next(self._numbers), run.limits.memory, warmth, self._watch, self._dismissed)

    def _dismissed(self, worker: Worker) -> None:
        assert self._workers is not None
        self._workers.give(worker)
        assert worker.place is not None
        worker.place.release()

    @property
    def load(self) -> Load:
        running = self._places.running
        return Load(
            places=self._places.total + self._places.lane,
            running=running,
            waiting=max(self._under_way - running, self._places.waiting),
            processes=self._zygotes.children,
            ended={ending: self._endings[ending] for ending in Ending},
            waited=self._waited,
        )

    def _violation(self, error: TooLong) -> Outcome:
        found = Violation("SIZE", "", 1, 1, str(error), "shorten it")
        return Outcome(Ending.VIOLATION, self._level, violations=(found,))

    def _ended(self, ending: Ending, message: str, asked: float) -> Outcome:
        return Outcome(ending, self._level, failure=Failure(message), queue=time.monotonic() - asked)

    async def open(self) -> None:
        """Start the first zygote. Raises `StartFailed`."""
        await self._zygotes.open()
        self._sweep()

    def _sweep(self) -> None:
        if self._workers is not None:
            self._workers.sweep()
            self._sweeping = asyncio.get_running_loop().call_later(SWEEP, self._sweep)

    def _retire_idle(self) -> None:
        """A zygote is to have no more calls: what waits in it for one goes."""
        self._children.discard()
        if self._workers is not None:
            self._workers.sweep()

    async def aclose(self) -> None:
        """Kill what runs; returns when no process is left. Whoever still waits for a place is told `Ending.LOST`."""
        await self._zygotes.aclose()
        if self._sweeping is not None:
            self._sweeping.cancel()


def _refuse_too_long(source: str, allowed: int) -> None:
    if len(source) * 4 > allowed:  # in UTF-8 it could be too long
        size = len(source.encode("utf-8", "surrogatepass"))
        if size > allowed:
            raise TooLong(f"The source has {size} bytes; {allowed} are allowed")


def _refuse_what_it_lacks(run: Run, profile: Profile) -> None:
    for given, capability in ((run.stdin, Capability.STDIN), (run.files, Capability.FILES)):
        if given and not profile.files:
            raise Problem(422, "capability-missing", f"this sandbox lacks the capability {capability}: send none")
    refuse_bad_files(run.files, run.limits.files)


def _words(ended: Outcome) -> str:
    return ended.failure.message if ended.failure else str(ended.ending)
