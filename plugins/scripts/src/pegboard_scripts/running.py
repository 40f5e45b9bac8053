"""Running a script here and now, in a folder of its own, with everything that happens told as it happens."""

import os
import shutil
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from pathlib import Path

import attrs

from pegboard import Artifact, Attempt, Exit, RunEvent, RunnerLimits, ScriptCommand, ScriptRunner

from .argv import Invocation
from .names import FileName, file_name, open_beneath
from .settings import ScriptsSettings
from .specs import Script, ScriptLimits

Tell = Callable[[RunEvent], Awaitable[None]]


def limits_of(script: Script, settings: ScriptsSettings) -> RunnerLimits:
    """The script's own limits, and the app's where it has none."""
    own: ScriptLimits = script.limits
    return RunnerLimits(own.wall or settings.wall, own.cpu, own.memory, own.file_size, own.processes, settings.grace)


def command_of(made: Invocation, folder: Path) -> ScriptCommand:
    return ScriptCommand(made.argv, str(folder), made.environment, made.stdin, made.secrets)


async def run(runner: ScriptRunner, attempt: Attempt, command: ScriptCommand, limits: RunnerLimits, tell: Tell) -> Exit:
    """Execute one attempt and tell its events; how it ended. Leaving early ends the script and all that it started."""
    async with runner.open(attempt, command, limits) as under_way, aclosing(under_way.events()) as events:  # type: ignore[type-var]
        async for event in events:
            await tell(event)
            if isinstance(event, Exit):
                return event
    raise RuntimeError("the runner's events ended without an exit")


@attrs.define
class Artifacts:
    """Files that a script declares while it runs; each must be a file in its folder, and no link out of it."""

    folder: Path = attrs.field(converter=Path.resolve)  # scripts are told the same, without links
    names: list[str] = attrs.field(factory=list)

    def declare(self, event: Artifact) -> str:
        """Why it is none of the script's files; "" when it is one."""
        try:
            name = file_name(
                str(Path(event.path).relative_to(self.folder)) if event.path.startswith("/") else event.path
            )
            os.close(open_beneath(self.folder, name))
        except (ValueError, OSError) as error:
            return f"{event.path}: {error}"
        if name.text in self.names:
            self.names.remove(name.text)
        self.names.append(name.text)
        return ""

    @property
    def latest(self) -> FileName:
        """The one that was declared last."""
        return FileName(self.names[-1])

    def keep(self, place: Path) -> Mapping[str, Path]:
        """Copy them to a folder; where each is."""
        kept = {}
        for name in self.names:
            target = place / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with open(open_beneath(self.folder, FileName(name)), "rb") as source, target.open("wb") as copy:
                shutil.copyfileobj(source, copy)
            kept[name] = target
        return kept
