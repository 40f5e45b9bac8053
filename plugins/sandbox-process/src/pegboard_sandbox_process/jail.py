"""The sandbox: calls go to fresh processes that a jailed zygote forks."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import structlog

from pegboard import Ending, Failure, Isolation, Limits, Outcome, Problem, Program, Run, Violation

from . import cgroup
from .call import Call, Finished, Kind, encode_job
from .levels import LAYERS, Tried, candidates
from .outcome import outcome
from .profile import Profile
from .settings import ProcessSettings
from .spawn import StartFailed, Zygote, start

log = structlog.get_logger(__name__)


class Jail:
    """A `pegboard.Sandbox` whose programs each run in a process of their own.

    Made by `open_jail`. Several calls run at once, as many as the settings have workers; further ones wait.
    """

    def __init__(
        self, profile: Profile, settings: ProcessSettings, layers: tuple[str, ...], group: Path | None
    ) -> None:
        self._profile = profile
        self._settings = settings
        self._layers = layers
        self._group = group
        self._slots = asyncio.Semaphore(settings.workers)
        self._starting = asyncio.Lock()
        self._zygote: Zygote | None = None
        self._calls: set[Call] = set()
        self._numbers = itertools.count()
        self._level = next((level for level, made_of in LAYERS.items() if made_of == layers), Isolation.NONE)

    @property
    def isolation(self) -> Isolation:
        return self._level

    async def check(self, tenant: str, program: Program, limits: Limits) -> Sequence[Violation]:
        """All that is wrong with `program`; compiled in the jail, never in the server.

        Raises `pegboard.Problem` 503 when no worker was free in time or the jail was lost twice.
        """
        run = Run(tenant, program, limits=limits)
        ended = await self._call(b"C", run)
        if ended.ending is Ending.LOST:
            ended = await self._call(b"C", run)
        if ended.ending in (Ending.BUSY, Ending.LOST):
            raise Problem(503, f"sandbox-{ended.ending}", _words(ended), headers={"Retry-After": "1"})
        if ended.ending in (Ending.VIOLATION, Ending.RESULT):
            return ended.violations
        return [Violation("SIZE", "", 1, 1, f"The source cannot be compiled within its limits: {_words(ended)}")]

    async def run(self, run: Run) -> Outcome:
        return await self._call(b"R", run)

    async def _call(self, kind: Kind, run: Run) -> Outcome:
        self._refuse_unholdable(run.limits)
        source = run.program.source.encode("utf-8", "surrogatepass")
        if len(source) > run.limits.source:
            return self._too_long(len(source), run.limits.source)
        asked = time.monotonic()
        try:
            await self._take_slot(run.limits.queue)
        except TimeoutError:
            return self._ended(Ending.BUSY, f"No worker was free within {run.limits.queue:g} seconds", asked)
        try:
            zygote = await self._running()
            sent = time.monotonic()
            call = Call(
                zygote, next(self._numbers), run, encode_job(kind, run.program, source, run.arguments, run.limits)
            )
        except (StartFailed, OSError) as error:
            self._slots.release()
            log.error("sandbox lost", profile=self._profile.name, reason=str(error))
            return self._ended(Ending.LOST, f"The sandbox cannot start a process: {error}", asked)
        except BaseException:
            self._slots.release()
            raise
        finished = await self._finish(call)
        return outcome(finished, run.limits, self._level, sent - asked, sent)

    async def _take_slot(self, seconds: float) -> None:
        if self._slots.locked():
            async with asyncio.timeout(seconds):
                await self._slots.acquire()
        else:
            await self._slots.acquire()

    async def _finish(self, call: Call) -> Finished:
        """The slot is held until the process is gone, even where the caller goes first."""
        self._calls.add(call)
        call.done.add_done_callback(lambda _: self._forget(call))
        try:
            return await asyncio.shield(call.done)
        except asyncio.CancelledError:
            call.kill("cancelled")
            raise

    def _forget(self, call: Call) -> None:
        self._calls.discard(call)
        self._slots.release()

    async def _running(self) -> Zygote:
        if self._zygote is not None and self._zygote.alive:
            return self._zygote
        async with self._starting:
            if self._zygote is None or not self._zygote.alive:
                if self._zygote is not None:
                    log.warning("sandbox restarts", profile=self._profile.name)
                    await self._zygote.close()
                    self._zygote = None
                self._zygote = await start(self._profile, self._layers, str(self._group) if self._group else None)
            return self._zygote

    def _refuse_unholdable(self, limits: Limits) -> None:
        for name in ("wall", "memory", "result", "output"):
            asked, most = getattr(limits, name), getattr(self._settings, f"max_{name}")
            if not 0 < asked <= most:
                raise Problem(
                    422,
                    "limit-not-held",
                    f"limits.{name} is {asked:g}: the operator allows more than 0 and up to {most:g}",
                )

    def _too_long(self, size: int, allowed: int) -> Outcome:
        found = Violation("SIZE", "", 1, 1, f"The source has {size} bytes; {allowed} are allowed", "shorten it")
        return Outcome(Ending.VIOLATION, self._level, violations=(found,))

    def _ended(self, ending: Ending, message: str, asked: float) -> Outcome:
        return Outcome(ending, self._level, failure=Failure(message), queue=time.monotonic() - asked)

    async def open(self) -> None:
        """Start the first zygote. Raises `StartFailed`."""
        await self._running()

    async def aclose(self) -> None:
        """Kill what runs; returns when no process is left."""
        zygote, self._zygote = self._zygote, None
        if zygote is not None:
            zygote.kill()
            await zygote.close()


def _words(ended: Outcome) -> str:
    return ended.failure.message if ended.failure else str(ended.ending)


@contextlib.asynccontextmanager
async def open_jail(profile: Profile, settings: ProcessSettings) -> AsyncIterator[Jail]:
    """A jail for `profile` at the highest level that this machine and `settings` allow.

    Raises `pegboard.Problem` 503 ``isolation-too-weak`` with every step that failed and what mends it.
    """
    tried: list[Tried] = []
    for level in candidates(settings.max_level, settings.allow_weak_isolation):
        async with contextlib.AsyncExitStack() as stack:
            try:
                jail = await _at(level, profile, settings, stack)
            except StartFailed as failed:
                tried.append(Tried(level, failed.step, failed.why))
                continue
            log.info("sandbox open", profile=profile.name, isolation=level.name)
            yield jail
            return
    reasons = "; ".join(str(each) for each in tried) or "no level is left to try"
    raise Problem(
        503,
        "isolation-too-weak",
        f'sandbox "{profile.name}" does not start: {reasons}. Or set allow_weak_isolation = true '
        "and trust every author",
    )


async def _at(level: Isolation, profile: Profile, settings: ProcessSettings, stack: contextlib.AsyncExitStack) -> Jail:
    group = None
    if level is Isolation.L5:
        parent = Path(settings.cgroup) if settings.cgroup else cgroup.own_group()
        group = stack.enter_context(
            cgroup.group_for_zygote(parent, settings.max_memory * settings.workers, settings.workers + 8)
        )
    jail = Jail(profile, settings, LAYERS[level], group)
    stack.push_async_callback(jail.aclose)
    await jail.open()
    return jail
