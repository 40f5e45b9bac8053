"""``pegboard db``: see how far the database is, and bring it on. Works on a database that the app refuses."""

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from pegboard import Registries

from .lines import OWN, LineState, Migrations
from .opening import migrate, read_database
from .settings import StoreSettings

if TYPE_CHECKING:
    from pegboard.cli import Session


@click.group()
def db() -> None:
    """The database: each plugin's tables and their migrations."""


@db.command()
@click.pass_obj
def upgrade(session: "Session") -> None:
    """Apply all pending migrations, in one transaction."""
    settings = session.board.settings
    applied = asyncio.run(migrate(settings.of(StoreSettings), settings.kernel.data, _lines(session)))
    for done in applied:
        click.echo(f"{done.plugin} {done.revision}: {done.summary}")
    click.echo(f"{len(applied)} applied" if applied else "nothing to do: the database is up to date")


@db.command()
@click.pass_obj
def current(session: "Session") -> None:
    """Show how far the database is."""
    settings = session.board.settings
    states = asyncio.run(read_database(settings.of(StoreSettings), settings.kernel.data, _lines(session)))
    for state in states:
        click.echo(f"{state.line.name}: {state.current or 'nothing yet'} ({_distance(state)})")


@db.command()
@click.pass_obj
def history(session: "Session") -> None:
    """List the migrations that this installation knows."""
    from .upgrade import describe

    for line in (OWN, *_lines(session)):
        for revision in describe(line):
            click.echo(f"{revision.plugin} {revision.revision}: {revision.summary}")


def _lines(session: "Session") -> Iterable[Migrations]:
    return tuple(session.board.services.get(Registries)[Migrations])


def _distance(state: LineState) -> str:
    if state.newer:
        return f"newer than this installation, which knows {state.known[-1]}"
    return f"{len(state.pending)} pending" if state.pending else "up to date"
