"""From settings to an open store."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from pegboard import StartupError

from .changes import Changes
from .engines import migration_engine, open_engines, prepare_file
from .failures import StoreProblem, diagnose, diagnose_connect
from .lines import OWN, LineState, Migrations, read_states
from .postgresql_changes import PostgresqlChanges
from .settings import StoreSettings
from .sqlite_changes import SqliteChanges
from .store import Store
from .upgrade import Revision, refuse_newer, upgrade
from .urls import Database, read_url

log = structlog.get_logger(__name__)

TICK = 0.25


@asynccontextmanager
async def open_store(config: StoreSettings, data: Path, lines: Iterable[Migrations]) -> AsyncIterator[Store]:
    """Open the database, with the store's own tables and those of `lines`.

    Raises StartupError: one line, without the password.
    """
    database, lines = read_url(config.url, data), [OWN, *lines]
    with _for_operators(database):
        await _see_to_migrations(database, config, data, lines)
        changes = await _open_changes(database, config)
    engines = open_engines(database, config)
    try:
        async with _ticking(changes):
            yield Store(database, engines, changes, lines, config.wait)
    finally:
        await changes.close()
        await engines.dispose()


async def migrate(config: StoreSettings, data: Path, lines: Iterable[Migrations]) -> Sequence[Revision]:
    """Apply what is pending, as ``pegboard db upgrade`` does. Raises StartupError."""
    database = read_url(config.url, data)
    with _for_operators(database):
        return await _upgrade(database, config, data, [OWN, *lines])


async def read_database(config: StoreSettings, data: Path, lines: Iterable[Migrations]) -> Sequence[LineState]:
    """How far the database is, without changing anything but making a SQLite file. Raises StartupError."""
    database = read_url(config.url, data)
    with _for_operators(database):
        return await _states(database, config, data, [OWN, *lines])


async def _see_to_migrations(
    database: Database, config: StoreSettings, data: Path, lines: Sequence[Migrations]
) -> None:
    states = await _states(database, config, data, lines)
    refuse_newer(states, database.place)
    pending = [state.line.name for state in states if state.pending]
    if not pending:
        return
    if config.migrate == "command" or (config.migrate == "auto" and database.dialect != "sqlite"):
        raise StartupError(
            f"store: {database.place} lacks migrations of {', '.join(pending)}: run `pegboard db upgrade` first"
        )
    for done in await _upgrade(database, config, data, lines):
        log.info("store.migrated", plugin=done.plugin, revision=done.revision, summary=done.summary)


async def _states(
    database: Database, config: StoreSettings, data: Path, lines: Sequence[Migrations]
) -> Sequence[LineState]:
    if database.dialect == "sqlite":
        prepare_file(database, config, data)
    engines = open_engines(database, config)
    try:
        async with engines.reader.connect() as connection:
            return await connection.run_sync(read_states, lines)
    finally:
        await engines.dispose()


async def _upgrade(
    database: Database, config: StoreSettings, data: Path, lines: Sequence[Migrations]
) -> Sequence[Revision]:
    if database.dialect == "sqlite":
        prepare_file(database, config, data)
    engine = migration_engine(database, config)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(upgrade, lines, database.place)
    finally:
        await engine.dispose()


async def _open_changes(database: Database, config: StoreSettings) -> Changes:
    if database.dialect == "sqlite":
        return SqliteChanges(database.file, config.wait)
    changes = PostgresqlChanges(database, config.wait)
    await changes.open()
    return changes


@asynccontextmanager
async def _ticking(changes: Changes) -> AsyncIterator[None]:
    """Deliver changes to those who never poll, such as a table of routes."""
    task = asyncio.create_task(_tick(changes))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _tick(changes: Changes) -> None:
    while True:
        try:
            changes.poll()
        except Exception:
            log.exception("store.subscriber-failed")
        await asyncio.sleep(TICK)


@contextmanager
def _for_operators(database: Database) -> Iterator[None]:
    try:
        yield
    except StoreProblem as problem:
        raise StartupError(f"store: {database.place}: {problem.failure.reason}") from None
    except sqlite3.Error as error:
        raise StartupError(f"store: {database.place}: {diagnose_connect(error).reason}") from None
    except (SQLAlchemyError, OSError) as error:
        failure = diagnose(error)
        if failure is None:
            raise
        raise StartupError(f"store: {database.place}: {failure.reason}") from None
