"""Executing one attempt of a script: the runner runs and tells; it owns neither the job nor its log."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Literal, Protocol

import attrs

from .record import NoConfig, Services, check_name


@attrs.frozen
class ScriptCommand:
    """What to execute: an argv list that no shell ever sees, and the whole environment.

    `secrets` are values to mask in everything the script writes. `workdir` is a folder made for
    this attempt; artifacts are paths within it.
    """

    argv: tuple[str, ...]
    workdir: str
    environment: Mapping[str, str] = attrs.field(factory=dict)
    stdin: bytes = b""
    secrets: tuple[str, ...] = attrs.field(default=(), repr=False)


@attrs.frozen
class RunnerLimits:
    """Seconds and bytes; None is unlimited. `grace` is the time between SIGTERM and SIGKILL."""

    wall: float = 3600.0
    cpu: float | None = None
    memory: int | None = None
    file_size: int | None = None
    processes: int | None = None
    grace: float = 10.0


@attrs.frozen
class Attempt:
    """Which attempt of which job this is. `lease` is the fencing token that a finish must carry."""

    job: str
    number: int
    lease: str
    tenant: str


@attrs.frozen
class LogBytes:
    """Bytes as the script wrote them, at `offset` of its stream."""

    stream: Literal["stdout", "stderr"]
    offset: int
    data: bytes


@attrs.frozen
class Progress:
    percent: float


@attrs.frozen
class Stage:
    name: str


@attrs.frozen
class Artifact:
    path: str


@attrs.frozen
class ScriptResult:
    value: Any


@attrs.frozen
class Exit:
    """The last event: an exit code, or the signal that ended the script, or the limit that was hit."""

    code: int | None = None
    signal: int | None = None
    limit: str = ""
    cancelled: bool = False
    cpu: float = 0.0
    memory: int = 0


RunEvent = LogBytes | Progress | Stage | Artifact | ScriptResult | Exit


class ScriptRun(Protocol):
    """One attempt under way."""

    def events(self) -> AsyncIterator[RunEvent]:
        """What happens, in order; ends after `Exit`."""
        ...

    async def cancel(self) -> None:
        """Terminate the whole process tree: SIGTERM, the grace time, SIGKILL. Safe to call twice."""
        ...


class ScriptRunner(Protocol):
    """An open runner."""

    def open(
        self, attempt: Attempt, command: ScriptCommand, limits: RunnerLimits
    ) -> AbstractAsyncContextManager[ScriptRun]:
        """Start an attempt; leaving the context leaves no process behind."""
        ...


@attrs.frozen
class ScriptRunnerProvider:
    """A runner that can be opened once per app; `open(services)` is left when the app stops."""

    name: str = attrs.field(validator=check_name)
    summary: str
    config: type = NoConfig
    open: Callable[[Services], AbstractAsyncContextManager[ScriptRunner]] = attrs.field(kw_only=True)
