"""``pegboard models``: see what there is, and write migrations. Works on a database that the app refuses."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from pegboard import Registries, StartupError
from pegboard.problems import nearest
from pegboard_store import Migrations

from .declaring import Model
from .tables import build_tables

if TYPE_CHECKING:
    from pegboard.cli import Session


@click.group()
def models() -> None:
    """Models: tables out of attrs classes."""


@models.command("list")
@click.pass_obj
def listed(session: "Session") -> None:
    """List the models of this installation, with their tables."""
    for model in sorted(session.board.services.get(Registries)[Model], key=lambda one: one.name):
        path = model.routes.path if model.routes else "-"
        click.echo(f"{model.name} {model.table} {path}: {model.summary}")


@models.command()
@click.argument("plugin")
@click.option("-m", "--message", required=True, help="what changes, in a few words")
@click.pass_obj
def migrate(session: "Session", plugin: str, message: str) -> None:
    """Write the next migration of PLUGIN, from what its models have and its migrations do not make.

    Look at the file before you keep it: a column that is renamed looks like one that goes and one that comes.
    """
    from .generating import generate  # Alembic takes 150 ms to import, which no other command needs

    registries = session.board.services.get(Registries)
    own = [model for model in registries[Model] if model.plugin == plugin]
    if not own:
        raise StartupError(
            f'models: plugin "{plugin}" has no model{nearest(plugin, {m.plugin for m in registries[Model]})}'
        )
    metadata, _ = build_tables(plugin, own)
    path = generate(_line(plugin, {line.name: line for line in registries[Migrations]}), metadata, own, message)
    click.echo(f"wrote {path}" if path else "nothing to do: the migrations make what the models have")


def _line(plugin: str, lines: Mapping[str, Migrations]) -> Migrations:
    if plugin not in lines:
        raise StartupError(
            f'models: plugin "{plugin}" has no migrations: make a folder migrations, with an __init__.py in its '
            f'package, and return Migrations("{plugin}", "...", package="<package>.migrations") from its hook'
        )
    return lines[plugin]
