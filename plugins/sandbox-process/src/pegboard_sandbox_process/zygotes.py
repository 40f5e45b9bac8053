"""The zygote that serves, a spare that takes over from it at once, and those that only finish what they have begun."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial

import attrs
import structlog

from .launch import StartFailed
from .spawn import Zygote

log = structlog.get_logger(__name__)

SPARE_AFTER = 0.25
"""Seconds after which a spare is started: the calls at hand come first."""

YOUNG = 2.0
"""Seconds: a zygote that dies so early counts as a start that failed."""

AT_ONCE = 2
"""Failures in a row after which the next start waits."""

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 10.0


@attrs.frozen
class Life:
    """How long a zygote serves: so many `calls` and `seconds`. The next has another seed of hashes.

    `spare` keeps another one ready.
    """

    calls: int = 100_000
    seconds: float = 3600.0
    spare: bool = True


class Zygotes:
    """Keeps one zygote serving. `start` makes one; `retired` is told when one is to have no more calls."""

    def __init__(
        self, name: str, life: Life, start: Callable[[], Awaitable[Zygote]], retired: Callable[[], None]
    ) -> None:
        self._name = name
        self._life = life
        self._start = start
        self._retired = retired
        self._serving: Zygote | None = None
        self._spare: Zygote | None = None
        self._leaving: set[Zygote] = set()
        self._closing: set[asyncio.Task[None]] = set()
        self._attempt: asyncio.Task[None] | None = None
        self._pause: asyncio.TimerHandle | None = None
        self._later: asyncio.TimerHandle | None = None
        self._failures = 0
        self._failed: StartFailed | None = None
        self._closed = False

    @property
    def ready(self) -> Zygote | None:
        """The one that serves; None where there is none at this moment."""
        serving = self._serving
        if serving is not None and serving.alive and not self._has_done_enough(serving):
            return serving
        return self._change()

    @property
    def children(self) -> int:
        return sum(zygote.children for zygote in (self._serving, *self._leaving) if zygote is not None)

    async def open(self) -> None:
        """Start the first. Raises `StartFailed`."""
        self._add(await self._start())
        self._fill()

    async def wait(self) -> Zygote:
        """The next that serves. Raises `StartFailed`, with the reason why there is none and will not be soon."""
        while (zygote := self.ready) is None:
            if self._closed:
                raise StartFailed("start", "the sandbox is closed")
            if self._attempt is None:
                failed = self._failed or StartFailed("start", "there is no zygote")
                raise StartFailed(failed.step, failed.why)
            await asyncio.wait([self._attempt])
        return zygote

    def _has_done_enough(self, zygote: Zygote) -> bool:
        return zygote.unable or zygote.calls >= self._life.calls or time.monotonic() - zygote.born >= self._life.seconds

    def _change(self) -> Zygote | None:
        """The spare takes over. While there is none, one that has done enough goes on."""
        serving, spare = self._serving, self._spare
        if spare is not None:
            self._serving, self._spare = spare, None
            if serving is not None:
                self._dismiss(serving)
        self._fill()
        serving = self._serving
        return serving if serving is not None and serving.alive else None

    def _dismiss(self, zygote: Zygote) -> None:
        if zygote.unable:
            self._count_failure(StartFailed("fork", "the zygote could start no process"))
        if zygote.alive:
            self._leaving.add(zygote)
            zygote.emptied = self._close
            zygote.retire()
            self._retired()

    # Starting.

    def _fill(self) -> None:
        """Start what is missing, one after another; after failures not before their time."""
        if self._closed or self._attempt is not None or self._pause is not None:
            return
        loop, serving = asyncio.get_running_loop(), self._serving
        if serving is None or not serving.alive:
            self._attempt = loop.create_task(self._start_one())
        elif self._spare is None and self._later is None and (self._life.spare or self._has_done_enough(serving)):
            self._later = loop.call_later(SPARE_AFTER, self._start_spare)

    def _start_spare(self) -> None:
        self._later = None
        if not self._closed and self._attempt is None and self._pause is None and self._spare is None:
            self._attempt = asyncio.get_running_loop().create_task(self._start_one())

    async def _start_one(self) -> None:
        try:
            zygote = await self._start()
        except (StartFailed, OSError) as error:
            self._attempt = None
            self._count_failure(error if isinstance(error, StartFailed) else StartFailed("start", str(error)))
        else:
            self._attempt = None
            self._add(zygote)
        self._fill()

    def _add(self, zygote: Zygote) -> None:
        zygote.lost = self._lost
        serving = self._serving
        if serving is None or not serving.alive:
            self._serving = zygote
        else:
            self._spare = zygote

    def _count_failure(self, failed: StartFailed) -> None:
        self._failures += 1
        self._failed = failed
        pause = 0.0
        if self._failures > AT_ONCE:
            pause = min(FIRST_PAUSE * 2 ** (self._failures - AT_ONCE - 1), LONGEST_PAUSE)
            self._pause = asyncio.get_running_loop().call_later(pause, self._go_on)
        reason = {"reason": str(failed), "failures": self._failures, "pause": pause}
        log.error("sandbox does not start", profile=self._name, **reason)

    def _go_on(self) -> None:
        self._pause = None
        self._fill()

    # Ending.

    def _lost(self, zygote: Zygote) -> None:
        """One is dead, or was killed because it hung."""
        self._close(zygote)
        if self._closed or zygote in self._leaving:
            return
        lived = time.monotonic() - zygote.born
        log.warning("sandbox restarts", profile=self._name, spare=zygote is self._spare, lived=round(lived, 1))
        if lived < YOUNG:
            self._count_failure(StartFailed("run", f"the zygote died {lived:.1f} seconds after its start"))
        else:
            self._failures = 0
        if zygote is self._spare:
            self._spare = None
        self._change()

    def _close(self, zygote: Zygote) -> None:
        zygote.lost = zygote.emptied = None
        task = asyncio.get_running_loop().create_task(zygote.close())
        self._closing.add(task)
        task.add_done_callback(partial(self._closed_one, zygote))

    def _closed_one(self, zygote: Zygote, task: "asyncio.Task[None]") -> None:
        self._closing.discard(task)
        self._leaving.discard(zygote)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("sandbox does not end", profile=self._name, reason=str(error) or type(error).__name__)

    async def aclose(self) -> None:
        """Kill what runs; returns when no process is left."""
        self._closed = True
        for timer in (self._pause, self._later):
            if timer is not None:
                timer.cancel()
        if self._attempt is not None:
            self._attempt.cancel()
            await asyncio.wait([self._attempt])
        for zygote in (self._serving, self._spare, *self._leaving):
            if zygote is not None and zygote.alive:
                zygote.kill()
        while self._closing:
            await asyncio.wait(self._closing)
