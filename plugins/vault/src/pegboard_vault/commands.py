"""``pegboard vault``: which keys seal what, a new one, and sealing everything anew."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from pegboard import AuditEvent, Auditor, Services, Settings, record_event
from pegboard.cli import operator, with_services
from pegboard.json import dumps

from . import keyfile
from .keys import Key
from .opening import SETTING, key_path, keys_of
from .rotation import BROKEN, Count, Rotation, survey
from .rotation import rotate as rotate_all
from .settings import VaultSettings
from .vault import Vault

if TYPE_CHECKING:
    from pegboard.board import Board
    from pegboard.cli import Session

Outcome = Literal["success", "failure"]


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
    key = asyncio.run(_add(session.board, path)) if Auditor in session.board.services else keyfile.add(path)
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
    await _tell(services, _rotated(done, opened))
    for where, reason in done.failed.items():
        click.echo(f"pegboard: {where}: {reason}", err=True)
    click.echo(_told(done, opened, found))
    click.get_current_context().exit(1 if done.failed or done.left else 0)


async def _add(board: "Board", path: Path) -> Key:
    """Make a key with the auditor open, and nothing else: one that cannot open is heard of before there is a key."""
    async with aclosing(board.services) as services:
        await services.aget(Auditor)  # type: ignore[type-abstract]
        key = keyfile.add(path)
        await _tell(services, AuditEvent("vault.new-key", "vault-key", key.id, detail=f"seals by {path}"))
    return key


def _rotated(done: Rotation, opened: Vault) -> AuditEvent:
    """What an auditor is told of a rotation. It concerns all tenants, and no single value."""
    counts = f"{done.resealed} values sealed anew, {done.left} left, {len(done.failed)} places failed"
    outcome: Outcome = "failure" if done.left or done.failed else "success"
    return AuditEvent("vault.rotate", "vault-key", opened.keys[0], outcome=outcome, detail=counts)


async def _tell(services: Services, event: AuditEvent) -> None:
    """Keys are the installation's: they are told of in the tenant that the settings name."""
    await record_event(services, event, principal=operator(services.get(Settings).kernel.tenant))


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
