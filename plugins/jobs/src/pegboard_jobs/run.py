"""One attempt, as the function of its kind sees it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import anyio
import attrs

from pegboard import (
    Artifact,
    Attempt,
    Exit,
    LogBytes,
    Principal,
    Progress,
    RunEvent,
    RunnerLimits,
    ScriptCommand,
    ScriptResult,
    ScriptRunner,
    Services,
    Stage,
)

from .artifacts import Artifacts
from .claims import Claimed
from .flushing import Flusher
from .kinds import JobFailed
from .outgoing import Outgoing, Stream
from .plain import plain

Keep = Callable[[Artifact], Awaitable[None]]


@attrs.define(eq=False)
class JobRun:
    """An attempt under way.

    `folder` is one of the job's own on this machine, made at its first use and kept for further attempts until the
    job has ended well. What is logged is bytes, or text; it is written within a tenth of a second.
    """

    job: Claimed
    services: Services
    outgoing: Outgoing = attrs.field(repr=False)
    root: Path = attrs.field(repr=False)
    _flusher: Flusher = attrs.field(repr=False)
    _artifacts: Artifacts = attrs.field(repr=False)
    _stop: Callable[[], Awaitable[None]] | None = attrs.field(default=None, repr=False)
    _scope: anyio.CancelScope = attrs.field(factory=anyio.CancelScope, repr=False)
    cancelled: bool = False
    has_folder: bool = False
    used: tuple[float, int] = (0.0, 0)
    """Seconds of a processor, and the peak of memory in bytes."""

    @property
    def owner(self) -> Principal:
        """On whose behalf it runs; without scopes, since those were looked at when it was submitted."""
        return Principal(self.job.owner, self.job.tenant)

    @property
    def folder(self) -> Path:
        self.has_folder = True
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self.root

    async def log(self, data: bytes | str, stream: Stream = "stdout") -> None:
        """Waits while the database is far behind."""
        self.outgoing.add(stream, data.encode("utf-8", "replace") if isinstance(data, str) else data)
        self._flusher.touch(self.outgoing)
        while self.outgoing.crowded and not self.outgoing.fenced:
            self.outgoing.room.clear()
            await self.outgoing.room.wait()

    def write(self, stream: Stream, data: bytes) -> None:
        """The same at once, for what is limited by itself."""
        self.outgoing.add(stream, data)
        self._flusher.touch(self.outgoing)

    def progress(self, percent: float) -> None:
        """0 to 100."""
        self.outgoing.progress = min(max(percent, 0.0), 100.0)
        self._flusher.touch(self.outgoing)

    def stage(self, name: str) -> None:
        self.outgoing.stage = plain(name)[:200]
        self._flusher.touch(self.outgoing)

    async def artifact(self, name: str, content: AsyncIterator[bytes]) -> None:
        """Keep a file. Raises JobFailed where it is too large, or one too many."""
        await self._artifacts.keep(self.job, name, content)

    async def execute(self, runner: ScriptRunner, command: ScriptCommand, limits: RunnerLimits, keep: Keep) -> Any:
        """Have a command executed, and give its result; what it writes is this job's log.

        `keep` is told of each file that it declares. Raises JobFailed unless it ended with exit code 0.
        """
        attempt = Attempt(self.job.id, self.job.number, self.job.lease, self.job.tenant)
        result = None
        async with runner.open(attempt, command, limits) as under_way:
            self._stop = under_way.cancel
            if self.cancelled:  # while it was being started
                await under_way.cancel()
            async with aclosing(under_way.events()) as events:  # type: ignore[type-var]
                async for event in events:
                    if isinstance(event, ScriptResult):
                        result = event.value
                    elif isinstance(event, Exit):
                        self._stop = None
                        return self._ended(event, result)
                    else:
                        await self._heard(event, keep)
        raise RuntimeError("the runner's events ended without an exit")

    async def cancel(self) -> None:
        """End it: a command is asked first, anything else is cancelled."""
        if self.cancelled:
            return
        self.cancelled = True
        if self._stop is not None:
            await self._stop()
        elif self.outgoing.ending is None:
            self._scope.cancel()

    def abandon(self) -> None:
        """End it at once, whatever it is at."""
        self._scope.cancel()

    async def _heard(self, event: RunEvent, keep: Keep) -> None:
        match event:
            case LogBytes():
                await self.log(event.data, event.stream)
            case Progress():
                self.progress(event.percent)
            case Stage():
                self.stage(event.name)
            case Artifact():
                await keep(event)

    def _ended(self, ended: Exit, result: Any) -> Any:
        self.used = ended.cpu, ended.memory
        if not (ended.limit or ended.signal or ended.code):
            return result
        state = "timed_out" if ended.limit == "wall" else "failed"
        how = {"exit_code": ended.code, "signal": ended.signal, "limit": ended.limit}
        raise JobFailed(_why(ended), state=state, result=result, **how)  # type: ignore[arg-type]


def _why(ended: Exit) -> str:
    if ended.limit:
        return f"it went over its limit of {ended.limit}"
    return f"it was ended by signal {ended.signal}" if ended.signal else f"it ended with exit code {ended.code}"
