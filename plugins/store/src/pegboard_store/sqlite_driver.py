"""SQLite for SQLAlchemy, a statement in one visit to the connection's thread.

SQLAlchemy's own adapter of aiosqlite goes there and back for each step: make a cursor, execute, fetch, close it, roll
back after a commit. A visit costs 100 µs, several times what most statements do.
"""

import sqlite3
from collections import deque
from collections.abc import Callable
from typing import Any

from sqlalchemy.connectors.asyncio import AsyncAdapt_dbapi_cursor
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_dbapi,
    SQLiteDialect_aiosqlite,
)
from sqlalchemy.util.concurrency import await_

DRIVER = "pegboard"
BEGIN = "BEGIN IMMEDIATE"


class Cursor(AsyncAdapt_dbapi_cursor):
    """Holds the rows of a statement that has run; there is nothing to close."""

    __slots__ = ("_description", "_lastrowid", "_rowcount")

    def __init__(self, adapt_connection: "Connection") -> None:
        self._adapt_connection = adapt_connection
        self._connection = adapt_connection._connection
        self._rows = deque()
        self._description: Any = None
        self._rowcount = -1
        self._lastrowid: Any = None

    def execute(self, operation: Any, parameters: Any = None) -> None:
        self._run(lambda cursor: cursor.execute(operation, parameters or ()))

    def executemany(self, operation: Any, seq_of_parameters: Any) -> None:
        self._run(lambda cursor: cursor.executemany(operation, seq_of_parameters))

    def _run(self, work: Callable[[sqlite3.Cursor], Any]) -> None:
        rows, self._description, self._rowcount, self._lastrowid = self._adapt_connection.visit(work)
        self._rows = deque(rows)

    async def _async_soft_close(self) -> None:
        return

    def close(self) -> None:
        self._rows.clear()

    @property
    def description(self) -> Any:
        return self._description

    @property
    def rowcount(self) -> int:
        return self._rowcount

    @property
    def lastrowid(self) -> Any:
        return self._lastrowid


class Connection(AsyncAdapt_aiosqlite_connection):
    """A connection that begins its transaction with the first statement, and knows when there is nothing to end."""

    __slots__ = ("_begins", "_touched")

    _cursor_cls = Cursor

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._begins = self._touched = False

    def begin_immediate(self) -> None:
        """Have the next statement begin a transaction that may write."""
        self._begins = True

    def visit(self, work: Callable[[sqlite3.Cursor], Any]) -> tuple[list[Any], Any, int, Any]:
        """Run a statement in the thread: its rows, description, number of rows, and the last row's id."""
        begins, self._begins, self._touched = self._begins, False, True
        try:
            done: tuple[list[Any], Any, int, Any] = await_(
                self._connection._execute(_run, self._connection._conn, begins, work)
            )
        except Exception as error:
            self._handle_exception(error)
        return done

    def commit(self) -> None:
        if self._touched:
            super().commit()
        self._begins = self._touched = False

    def rollback(self) -> None:
        # A caller that was cancelled leaves its statement in the thread: whatever was sent counts, not what came back.
        if self._touched:
            super().rollback()
        self._begins = self._touched = False


def _run(
    connection: sqlite3.Connection, begins: bool, work: Callable[[sqlite3.Cursor], Any]
) -> tuple[list[Any], Any, int, Any]:
    cursor = connection.cursor()
    try:
        if begins:
            cursor.execute(BEGIN)
        work(cursor)
        rows = cursor.fetchall() if cursor.description else []
        return rows, cursor.description, cursor.rowcount, cursor.lastrowid
    finally:
        cursor.close()


class Driver(AsyncAdapt_aiosqlite_dbapi):
    """aiosqlite with these connections."""

    def connect(self, *arguments: Any, **options: Any) -> Connection:
        return Connection(self, super().connect(*arguments, **options)._connection)


class Dialect(SQLiteDialect_aiosqlite):
    """``sqlite+pegboard``"""

    driver = DRIVER
    supports_statement_cache = True
    supports_server_side_cursors = False

    @classmethod
    def import_dbapi(cls) -> Driver:
        return Driver(__import__("aiosqlite"), sqlite3)


registry.register(f"sqlite.{DRIVER}", __name__, Dialect.__name__)
