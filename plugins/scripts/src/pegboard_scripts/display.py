"""A run as somebody in a terminal sees it: its lines as they come, and a bar below them."""

import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

import click
import orjson
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from pegboard import Artifact, Exit, LogBytes, RunEvent, ScriptResult, Stage
from pegboard import Progress as Percent

from .running import Artifacts, Tell
from .specs import Script


class Display:
    """Lines go to standard output as they are; what else is said goes to standard error."""

    def __init__(self) -> None:
        self._bar: Progress | None = None
        if sys.stderr.isatty():
            columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:.0f} %"))
            self._bar = Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True)
        self._result: ScriptResult | None = None

    def __enter__(self) -> "Display":
        if self._bar is not None:
            self._bar.start()
            self._bar.add_task("running", total=100)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def teller(self, artifacts: Artifacts) -> Tell:
        async def tell(event: RunEvent) -> None:
            if isinstance(event, LogBytes):
                self._write(event)
            elif isinstance(event, Percent) and self._bar is not None:
                self._bar.update(self._bar.task_ids[0], completed=event.percent)
            elif isinstance(event, Stage) and self._bar is not None:
                self._bar.update(self._bar.task_ids[0], description=event.name)
            elif isinstance(event, ScriptResult):
                self._result = event
            elif isinstance(event, Artifact) and (refused := artifacts.declare(event)):
                click.echo(f"artifact refused: {refused}", err=True)

        return tell

    def end(self, script: Script, ended: Exit, kept: Mapping[str, Path]) -> None:
        if self._bar is not None:
            self._bar.stop()
        for path in kept.values():
            click.echo(f"wrote {path}", err=True)
        if self._result is not None:
            click.echo(f"result: {orjson.dumps(self._result.value).decode()}", err=True)
        if ended.limit or ended.signal or ended.code:
            click.echo(f'script "{script.name}" {_how(ended)}', err=True)

    def _write(self, event: LogBytes) -> None:
        stream = sys.stdout if event.stream == "stdout" else sys.stderr
        stream.buffer.write(event.data)
        stream.flush()


def _how(ended: Exit) -> str:
    if ended.limit:
        return f"was ended: it went over its limit of {ended.limit}"
    return f"was ended by signal {ended.signal}" if ended.signal else f"ended with exit code {ended.code}"
