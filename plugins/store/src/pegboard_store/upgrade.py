"""Applying migrations: all lines in one transaction, one process at a time."""

import logging
from collections.abc import Iterator, Sequence
from typing import Any

import attrs
from sqlalchemy import Connection, text

from pegboard import StartupError

from .lines import LineState, Migrations, read_states

LOCK = 0x7065_6762_6F61_7264  # "pegboard"


@attrs.frozen
class Revision:
    """One migration: its plugin, its number, and the first line of its docstring."""

    plugin: str
    revision: str
    summary: str


def refuse_newer(states: Sequence[LineState], place: str) -> None:
    """Raises StartupError where the database is ahead of the code."""
    for state in states:
        if state.newer:
            raise StartupError(
                f'store: {place} is newer than this version of "{state.line.name}" '
                f"(it is at {state.current}, known are up to {state.known[-1]}): install the newer plugin"
            )


def upgrade(connection: Connection, lines: Sequence[Migrations], place: str) -> list[Revision]:
    """Bring every line to its newest revision, within the transaction of `connection`: all or nothing.

    Whoever comes second waits and finds nothing to do. Raises StartupError where the database is newer.
    """
    _hush()
    _lock(connection)
    states = read_states(connection, lines)
    refuse_newer(states, place)
    applied = [done for state in states if state.pending for done in _advance(connection, state)]
    _check_foreign_keys(connection, place)
    return applied


def _lock(connection: Connection) -> None:
    # SQLite is locked already, by BEGIN IMMEDIATE.
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})


def _advance(connection: Connection, state: LineState) -> Iterator[Revision]:
    from alembic.operations import Operations  # 150 ms that a start without pending migrations must not cost
    from alembic.runtime.migration import MigrationContext

    revisions = {revision.revision: revision for revision in describe(state.line)}
    script = _script(state.line)
    options = {
        "fn": lambda revision, _: script._upgrade_revs("head", revision),
        "script": script,
        "version_table": state.line.version_table,
        "transactional_ddl": True,
        "render_as_batch": True,
    }
    context = MigrationContext.configure(connection, opts=options)
    with Operations.context(context):
        context.run_migrations()
    yield from (revisions[name] for name in state.pending)


def describe(line: Migrations) -> list[Revision]:
    """All revisions of a line, oldest first.

    Raises StartupError where the files are not one line in the order of their names.
    """
    _hush()
    found = [Revision(line.name, one.revision, one.doc) for one in _script(line).walk_revisions()][::-1]
    follow, named = ", ".join(one.revision for one in found), ", ".join(line.revisions())
    if follow != named:
        raise StartupError(
            f'store: the migrations of "{line.name}" ({line.package}) are not one line: '
            f"the files are named {named}, their revisions follow as {follow}"
        )
    return found


def _hush() -> None:
    """What Alembic tells at "info" is about itself, from its import on; what was applied is the store's to tell."""
    logging.getLogger("alembic").setLevel(logging.WARNING)


def _script(line: Migrations) -> Any:
    from alembic.script import ScriptDirectory

    return ScriptDirectory(line.folder, version_locations=[line.folder])


def _check_foreign_keys(connection: Connection, place: str) -> None:
    if connection.dialect.name != "sqlite":
        return
    broken = connection.execute(text("PRAGMA foreign_key_check")).fetchone()
    if broken is not None:
        raise StartupError(f"store: {place}: a row of {broken[0]} lacks its row in {broken[2]}: nothing was migrated")
