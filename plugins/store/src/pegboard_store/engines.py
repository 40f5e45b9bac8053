"""Two engines for one database: one that writes, one that can only read."""

import os
import sqlite3
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import anyio
import attrs
import orjson
from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from pegboard import StartupError

from .failures import StoreProblem, diagnose_connect
from .settings import StoreSettings
from .urls import Database


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


def _loads(value: Any) -> Any:
    """SQLite keeps a JSON document that is a bare number as a number."""
    return value if isinstance(value, int | float) else orjson.loads(value)


# Parameters may be credentials, and errors go to the log.
COMMON: dict[str, Any] = {"json_serializer": _dumps, "json_deserializer": _loads, "hide_parameters": True}


MIGRATION_WAIT = 60.0
"""Seconds."""


@attrs.frozen
class Engines:
    """`writer` opens real transactions; each statement of `reader` sees what is committed when it starts."""

    writer: AsyncEngine
    reader: AsyncEngine

    async def dispose(self) -> None:
        await self.reader.dispose()
        await self.writer.dispose()


def open_engines(database: Database, config: StoreSettings) -> Engines:
    """Make both engines; neither connects before its first use."""
    make = _sqlite_engines if database.dialect == "sqlite" else _postgresql_engines
    return make(database, config)


def migration_engine(database: Database, config: StoreSettings) -> AsyncEngine:
    """One connection that may change tables. SQLite rebuilds tables to change them: foreign keys wait until the end.

    It waits for longer than others do: processes that start at once queue for it, behind the one that migrates.
    """
    if database.dialect == "sqlite":
        config = attrs.evolve(config, wait=max(config.wait, MIGRATION_WAIT))
        return _sqlite_engine(database, _pragmas(config, foreign_keys="OFF"), writes=True, poolclass=NullPool)
    return _postgresql_engine(database, config, poolclass=NullPool)


def prepare_file(database: Database, config: StoreSettings, data: Path) -> None:
    """Make a SQLite file that only its owner may read, in WAL mode, and the data folder for it. Raises StartupError."""
    if database.file.parent == data:
        _make_folder(data)
    try:
        # Never opened when it is there: to close it would drop the locks that SQLite holds on it in this process.
        with suppress(FileExistsError):
            os.close(os.open(database.file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        _switch_to_wal(database, time.monotonic() + config.wait)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise StartupError(f"store: {database.place}: it cannot be opened ({reason}): check its folder") from None
    except sqlite3.DatabaseError as error:
        raise StartupError(f"store: {database.place}: {diagnose_connect(error).reason}") from None


def _make_folder(data: Path) -> None:
    try:
        data.mkdir(mode=0o700, exist_ok=True)
    except FileNotFoundError:
        raise StartupError(
            f"store: the data folder {data} is not there: make the folder {data.parent} first, or name another one "
            "by PEGBOARD_DATA"
        ) from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise StartupError(f"store: the data folder {data} cannot be made ({reason}): name another one") from None


def _switch_to_wal(database: Database, deadline: float) -> None:
    # SQLite does not wait for its busy time-out here when two processes switch a new file at once.
    connection = sqlite3.connect(database.file, timeout=0, isolation_level=None)
    try:
        while True:
            try:
                connection.execute("PRAGMA journal_mode=WAL").fetchone()
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
    finally:
        connection.close()


def _pragmas(config: StoreSettings, **more: str) -> list[str]:
    settings = {
        "busy_timeout": str(int(config.wait * 1000)),
        "synchronous": config.synchronous.upper(),
        "foreign_keys": "ON",
        "temp_store": "MEMORY",
    }
    return [f"{name}={value}" for name, value in (settings | more).items()]


def _sqlite_engines(database: Database, config: StoreSettings) -> Engines:
    # One writing connection: SQLite has one writer at a time, and a queue is fair where its locks are not.
    writer = _sqlite_engine(
        database, _pragmas(config), writes=True, pool_size=1, max_overflow=0, pool_timeout=config.wait
    )
    reader = _sqlite_engine(
        database,
        _pragmas(config, query_only="ON"),
        writes=False,
        pool_size=config.pool,
        max_overflow=0,
        pool_timeout=config.wait,
        pool_use_lifo=True,
    )
    return Engines(writer, reader)


def _sqlite_engine(database: Database, pragmas: list[str], *, writes: bool, **options: Any) -> AsyncEngine:
    # isolation_level None: Python's own transactions would begin too late and never IMMEDIATE. SQLAlchemy then takes
    # the connection for one that has nothing to roll back, which is true of a reader only.
    arguments = {"isolation_level": None, "pragmas": pragmas}
    engine = create_async_engine(
        database.url, connect_args=arguments, skip_autocommit_rollback=not writes, **COMMON, **options
    )
    if writes:
        event.listen(engine.sync_engine, "begin", _begin_immediate)
    return engine


def _begin_immediate(connection: Connection) -> None:
    connection.connection.dbapi_connection.begin_immediate()


def _postgresql_engines(database: Database, config: StoreSettings) -> Engines:
    pool: dict[str, Any] = {
        "pool_size": config.pool,
        "max_overflow": 0,
        "pool_timeout": config.wait,
        "pool_use_lifo": True,
        "pool_pre_ping": True,
    }
    writer = _postgresql_engine(database, config, **pool)
    reader = _postgresql_engine(
        database,
        config,
        {"default_transaction_read_only": "on"},
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
        **pool,
    )
    return Engines(writer, reader)


def _postgresql_engine(
    database: Database, config: StoreSettings, server_settings: dict[str, str] | None = None, **options: Any
) -> AsyncEngine:
    # asyncpg reads the DSN itself, so sslmode, service files and sockets work as they do with libpq.
    async def connect(**_: Any) -> Any:
        return await connect_postgresql(database, config.wait, server_settings)

    return create_async_engine("postgresql+asyncpg://", async_creator=connect, **COMMON, **options)


async def connect_postgresql(database: Database, wait: float, server_settings: dict[str, str] | None = None) -> Any:
    """A connection of asyncpg's own. Raises `StoreProblem`, naming the reason but never the password."""
    import asyncpg  # 100 ms that an app on SQLite never needs

    named = {"application_name": "pegboard"} | (server_settings or {})
    try:
        # asyncpg cannot be cancelled while it connects without an error that nobody awaits; the time-out is its own.
        with anyio.CancelScope(shield=True):
            return await asyncpg.connect(database.dsn, timeout=wait, server_settings=named)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise StoreProblem(diagnose_connect(error)) from None
