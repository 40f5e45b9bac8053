"""Applying migrations: all lines in one transaction, one process at a time."""

from collections.abc import Iterator, Sequence
from typing import Any

import attrs
from sqlalchemy import Connection, text

from pegboard import StartupError

from .lines import LineState, Migrations, read_states

LOCK = 0x7065_6762_6F61_7264  # "pegboard"


@attrs.frozen
class Applied:
    """A revision that was applied: its plugin, its number, and the first line of its docstring."""

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


def upgrade(connection: Connection, lines: Sequence[Migrations], place: str) -> list[Applied]:
    """Bring every line to its newest revision, within the transaction of `connection`: all or nothing.

    Whoever comes second waits and finds nothing to do. Raises StartupError where the database is newer.
    """
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


def _advance(connection: Connection, state: LineState) -> Iterator[Applied]:
    from alembic.operations import Operations  # 150 ms that a start without pending migrations must not cost
    from alembic.runtime.migration import MigrationContext

    script = open_script(state.line, state.known)

    def steps(revision: Any, context: Any) -> Any:
        return script._upgrade_revs("head", revision)

    context = MigrationContext.configure(
        connection,
        opts={
            "fn": steps,
            "script": script,
            "version_table": state.line.version_table,
            "transactional_ddl": True,
            "render_as_batch": True,
        },
    )
    with Operations.context(context):
        context.run_migrations()
    for revision in state.pending:
        found = script.get_revision(revision)
        yield Applied(state.line.name, revision, found.doc if found else "")


def open_script(line: Migrations, known: Sequence[str]) -> Any:
    """The line as Alembic sees it. Raises StartupError where the files are not one line in the order of their names."""
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(line.folder, version_locations=[line.folder])
    found = [revision.revision for revision in script.walk_revisions()][::-1]
    if tuple(found) != tuple(known):
        raise StartupError(
            f'store: the migrations of "{line.name}" ({line.package}) are not one line: '
            f"the files are named {', '.join(known)}, their revisions follow as {', '.join(found)}"
        )
    return script


def _check_foreign_keys(connection: Connection, place: str) -> None:
    if connection.dialect.name != "sqlite":
        return
    broken = connection.execute(text("PRAGMA foreign_key_check")).fetchone()
    if broken is not None:
        raise StartupError(
            f"store: {place}: a row of {broken[0]} points at no row of {broken[2]}: nothing was migrated"
        )
