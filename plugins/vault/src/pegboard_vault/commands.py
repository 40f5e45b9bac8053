"""``pegboard vault``: which keys seal what, a new one, and sealing everything anew."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from pegboard import Services
from pegboard.cli import with_services
from pegboard.json import dumps

from . import keyfile
from .keys import Key
from .opening import SETTING, key_path, keys_of
from .rotation import BROKEN, Count, Rotation, survey
from .rotation import rotate as rotate_all
from .settings import VaultSettings
from .vault import Vault

if TYPE_CHECKING:
    from pegboard.cli import Session


@click.group()
def vault() -> None:
    """Stored secrets: their keys, and sealing them anew."""


@vault.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_services
async def status(services: Services, as_json: bool) -> None:
    """Show how many values are sealed under which key. Exit code 1 if some cannot be opened."""
    opened = services.get(Vault)
    rows = list(_rows(opened, await survey(services)))
    lost = [row for row in rows if row["state"] in ("missing", "broken")]
    if as_json:
        click.echo(dumps({"keys": opened.place, "values": rows}).decode())
    else:
        click.echo(f"keys: {opened.place}")
        for row in rows:
            click.echo(f"{row['key']}  {row['state']:<7}  {row['values']:>7} values  {row['where']}".rstrip())
    click.get_current_context().exit(1 if lost else 0)


@vault.command(name="new-key")
@click.option("--print", "only_print", is_flag=True, help="Print a key and change nothing.")
@click.pass_obj
def new_key(session: "Session", only_print: bool) -> None:
    """Make a key: printed for the settings, or put first into the key file where that is in use."""
    settings = session.board.settings
    keys_of(settings)  # refuses what a start would refuse
    path = key_path(settings)
    if only_print or settings.of(VaultSettings).keys or not path.exists():
        click.echo(Key.new().text.reveal())
        click.echo(
            f"Put it first into {SETTING} or the file that {SETTING}_FILE names, and leave the others behind it. "
            "With several servers put it last at first and restart all: each must open what another seals.",
            err=True,
        )
        return
    key = keyfile.add(path)
    click.echo(f"key {key.id} seals from now on, by {path}; `pegboard vault rotate` seals the rest anew")


@vault.command()
@with_services
async def rotate(services: Services) -> None:
    """Seal anew, under the first key, all that lies under older ones. Exit code 1 if something stays behind."""
    opened = services.get(Vault)
    found = await survey(services)
    older = sum(count for (_, key), count in found.items() if key != opened.keys[0])
    with _progress(older) as advance:
        done = await rotate_all(services, advance)
    for where, reason in done.failed.items():
        click.echo(f"pegboard: {where}: {reason}", err=True)
    click.echo(_told(done, opened, found))
    click.get_current_context().exit(1 if done.failed or done.left else 0)


def _told(done: Rotation, opened: Vault, found: Count) -> str:
    if not (done.resealed or done.left or done.failed):
        return f"nothing to do: all {sum(found.values())} values are under key {opened.keys[0]}"
    changed = f"; {done.left} are being changed by others: run it again" if done.left else ""
    failed = f"; {len(done.failed)} places failed, see above" if done.failed else ""
    return f"{done.resealed} values are now under key {opened.keys[0]}{changed}{failed}"


def _rows(opened: Vault, found: Count) -> Iterator[dict[str, Any]]:
    known = opened.keys
    for key in dict.fromkeys((*known, *sorted(key for _, key in found))):
        state = "seals" if key == known[0] else "opens" if key in known else "missing"
        where = ", ".join(f"{name} {count}" for (name, its), count in sorted(found.items()) if its == key)
        values = sum(count for (_, its), count in found.items() if its == key)
        yield {"key": key, "state": "broken" if key == BROKEN else state, "values": values, "where": where}


@contextmanager
def _progress(total: int) -> Iterator[Any]:
    """A progress bar, where standard error is a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("sealing anew", total=total)
        yield lambda values: progress.advance(task, values)
