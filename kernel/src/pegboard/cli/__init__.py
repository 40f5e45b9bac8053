"""The ``pegboard`` command line: its own commands, and those that plugins bring.

Whatever goes wrong ends in one line on standard error and an exit code that is not 0; ``--debug`` shows
the trace.
"""

import os
import sys
from pathlib import Path

import click

from .. import __version__
from ..problems import Problem, StartupError
from .inspect import check, config, plugins
from .serve import serve
from .session import Session, operator, with_services

__all__ = ["Session", "cli", "main", "operator", "with_services"]


class PluginCommands(click.Group):
    """A group whose further commands come from plugins, which are loaded only when one is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        own = super().list_commands(ctx)
        try:
            return [*own, *sorted(ctx.ensure_object(Session).commands())]
        except StartupError as error:
            click.echo(f"(commands of plugins are not listed: {error})", err=True)
            return own

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        session = ctx.ensure_object(Session)
        found = session.commands().get(cmd_name)
        if found is None:
            for plugin in session.board.loader.quarantined():
                click.echo(f"pegboard: {plugin.line()}", err=True)
        return found


def _use_config(ctx: click.Context, param: click.Parameter, value: Path | None) -> None:
    if value is not None:
        os.environ["PEGBOARD_CONFIG"] = str(value)


def _use_data(ctx: click.Context, param: click.Parameter, value: Path | None) -> None:
    if value is not None:
        ctx.ensure_object(Session).use_data(value)


def _use_debug(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    ctx.ensure_object(Session).debug = value


# Callbacks of the options, not the body of the group: a plugin's command is looked up, with a board, before that runs.
@click.group(cls=PluginCommands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pegboard")
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=_use_config,
    expose_value=False,
    help="The settings file (pegboard.toml).",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    callback=_use_data,
    expose_value=False,
    help="The folder for files the app writes.",
)
@click.option(
    "--debug", is_flag=True, callback=_use_debug, expose_value=False, help="Show the whole trace of an error."
)
def cli() -> None:
    """The board: serve an app whose features are plugins."""


for command in (serve, plugins, check, config):
    cli.add_command(command)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def doctor(session: Session, as_json: bool) -> None:
    """Try everything on this machine, and say what mends what does not work."""
    from .doctor import diagnose

    diagnose(session, as_json)


def main(session: Session | None = None) -> None:
    """The console script; with a `session` of one's own, that of another program."""
    session = session or Session()
    try:
        code = cli.main(standalone_mode=False, obj=session)
        sys.exit(code if isinstance(code, int) else 0)
    except click.exceptions.Abort:
        _fail("stopped", 130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (StartupError, Problem) as error:
        if session.debug:
            raise
        _fail(str(error), 1)
    except Exception as error:
        if session.debug:
            raise
        _fail(f"{type(error).__name__}: {error} (--debug shows where)", 1)


def _fail(message: str, code: int) -> None:
    for line in message.splitlines() or [""]:
        click.echo(f"pegboard: {line}", err=True)
    sys.exit(code)
