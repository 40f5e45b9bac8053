"""``pegboard scripts``: which there are, and running one from a shell with its output live."""

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
from rich.console import Console
from rich.table import Column, Table

from pegboard import Attempt, Exit, ScriptRunners, Services, Settings
from pegboard.cli import with_services
from pegboard.json import dumps
from pegboard.problems import nearest

from .argv import invocation
from .display import Display
from .registry import Scripts
from .running import Artifacts, command_of, limits_of, run
from .settings import ScriptsSettings
from .shown import shown
from .specs import Parameter, Script
from .values import Given, read_values

SIGNALLED = 128  # added to a signal's number, as shells tell it
OVER_A_LIMIT = 124  # as timeout(1) does


@click.group()
def scripts() -> None:
    """Scripts that the settings, folders and installed packages bring."""


@scripts.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_services
async def list_(services: Services, as_json: bool) -> None:
    """List the scripts by category."""
    found = services.get(Scripts)
    if as_json:
        click.echo(dumps(shown(found)).decode())
        return
    table = Table("category", "script", "what it does", Column("from", overflow="fold"), box=None)
    for name, some in found.by_category().items():
        for script in some:
            table.add_row(name, script.name, script.description, found.by_name[script.name].source)
    Console(width=None if sys.stdout.isatty() else 160).print(table)


@scripts.command(name="run", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": True})
@click.argument("name")
@click.argument("parameters", nargs=-1, type=click.UNPROCESSED)
@click.option("--artifacts", type=click.Path(path_type=Path), help="Copy the files that it leaves to this folder.")
@with_services
async def run_(services: Services, name: str, parameters: Sequence[str], artifacts: Path | None) -> None:
    """Run a script: --parameter value, --parameter=value, --switch, --no-switch.

    The exit code is the script's own, 128 and the number for a signal, 124 where it hit a limit.
    """
    script, settings = services.get(Scripts).get(name), services.get(Settings).of(ScriptsSettings)
    given, files = _given(script, parameters)
    made = invocation(script, read_values(script, given), files, settings.secrets)
    runner = await services.get(ScriptRunners).open(settings.runner)
    with TemporaryDirectory(prefix="pegboard-script-") as folder, Display() as display:
        declared = Artifacts(Path(folder))
        attempt = Attempt(f"shell-{os.getpid()}", 1, "", "")
        command = command_of(made, declared.folder)
        ended = await run(runner, attempt, command, limits_of(script, settings), display.teller(declared))
        kept = declared.keep(artifacts) if artifacts else {}
        display.end(script, ended, kept)
    raise SystemExit(_code(ended))


def _code(ended: Exit) -> int:
    if ended.limit:
        return OVER_A_LIMIT
    return SIGNALLED + ended.signal if ended.signal else ended.code or 0


def _given(script: Script, words: Sequence[str]) -> tuple[list[Given], dict[str, str]]:
    """What was typed as parameters, and the paths of files: whoever has the machine may name any.

    Raises UsageError.
    """
    given: dict[str, Any] = {}
    files: dict[str, str] = {}
    for parameter, text in _pairs(script, words):
        if parameter.type == "multi-choice":
            given.setdefault(parameter.name, []).append(text)
        elif parameter.type == "file":
            files[parameter.name] = str(_path(parameter, text))
            given[parameter.name] = Path(text).name
        else:
            given[parameter.name] = text
    return [Given(name=name, value=value) for name, value in given.items()], files


def _pairs(script: Script, words: Sequence[str]) -> Iterator[tuple[Parameter, str]]:
    rest = iter(words)
    for word in rest:
        option, equals, value = word.partition("=")
        parameter, on = _named(script, option)
        if equals:
            yield parameter, value
        elif parameter.type == "boolean":
            yield parameter, on
        else:
            following = next(rest, None)
            if following is None:
                raise click.UsageError(f"{option} wants a value")
            yield parameter, following


def _named(script: Script, option: str) -> tuple[Parameter, str]:
    name = option.removeprefix("--").replace("-", "_")
    parameter = script.parameter(name) if option.startswith("--") else None
    if parameter is not None:
        return parameter, "true"
    off = script.parameter(name.removeprefix("no_")) if option.startswith("--no-") else None
    if off is not None and off.type == "boolean":
        return off, "false"
    known = [f"--{one.name.replace('_', '-')}" for one in script.parameters]
    raise click.UsageError(f'script "{script.name}" has no parameter {option}{nearest(option, known)}')


def _path(parameter: Parameter, text: str) -> Path:
    path = Path(text).absolute()
    if not path.is_file():
        raise click.UsageError(f"--{parameter.name.replace('_', '-')}: there is no file {text}")
    return path
