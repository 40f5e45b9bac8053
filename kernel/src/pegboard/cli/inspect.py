"""``plugins``, ``check`` and ``config``: what is there, whether it fits, and what is set."""

from typing import Any

import attrs
import click
import orjson

from ..plugins import Plugin, find
from ..problems import StartupError
from .session import Session
from .table import show


def print_json(value: Any) -> None:
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def _row(plugin: Plugin) -> dict[str, Any]:
    return {
        "name": plugin.name,
        "distribution": plugin.distribution,
        "version": plugin.version,
        "state": plugin.state,
        "phase": plugin.phase,
        "reason": plugin.reason,
        "summary": plugin.summary,
        "requires": list(plugin.requires),
        "hooks": list(plugin.hooks),
    }


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def plugins(as_json: bool) -> None:
    """List the installed plugins, from their metadata alone: works whatever is broken."""
    rows = [_row(plugin) for plugin in find().values()]
    if as_json:
        print_json(rows)
        return
    states = {"active": "installed"}
    show(
        ("plugin", "version", "state", "summary"),
        [(r["name"], r["version"], states.get(r["state"], r["state"]), r["reason"] or r["summary"]) for r in rows],
    )


@click.command()
@click.option("--strict", is_flag=True, help="Fail if any plugin is quarantined.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def check(session: Session, strict: bool, as_json: bool) -> None:
    """Load all plugins and settings without starting anything, and say what does not fit."""
    errors: list[str] = []
    loaded: list[Plugin] = []
    try:
        loaded = list(session.board.loader.plugins.values())
    except StartupError as error:
        errors = str(error).splitlines()
    broken = [plugin for plugin in loaded if plugin.state == "quarantined"]
    failed = bool(errors) or (strict and bool(broken))
    if as_json:
        print_json({"ok": not failed, "errors": errors, "plugins": [_row(plugin) for plugin in loaded]})
    else:
        if loaded:
            show(("plugin", "version", "state", "hooks"), [(p.name, p.version, p.state, _hooks(p)) for p in loaded])
        for line in [*errors, *(plugin.line() for plugin in broken)]:
            click.echo(f"pegboard: {line}", err=True)
        if not failed:
            click.echo(f"{sum(plugin.state == 'active' for plugin in loaded)} plugins fit")
    click.get_current_context().exit(1 if failed else 0)


def _hooks(plugin: Plugin) -> str:
    return " ".join(hook.removeprefix("pegboard_") for hook in plugin.hooks)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def config(session: Session, as_json: bool) -> None:
    """Show every setting, its value (secrets masked) and where it came from."""
    values = session.board.settings.values
    if as_json:
        print_json([attrs.asdict(value) for value in values])
        return
    show(("setting", "value", "from", "meaning"), [(v.path, v.shown, v.source, v.help) for v in values])
