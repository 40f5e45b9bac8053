"""SQLite for SQLAlchemy, a statement in one visit to the connection's thread.

SQLAlchemy's own adapter of aiosqlite goes there and back for each step: make a cursor, execute, fetch, close it, roll
back after a commit. A visit costs 100 µs, several times what most statements do. A statement that is said to be the
`LAST` of its transaction is committed in the same visit.

Whoever is cancelled while a connection is being opened, or given up, waits until its thread has let go of the file: it
would still have it open, or even make it anew, when the app is closed and its folder is gone.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import aiosqlite
import anyio
from sqlalchemy.connectors.asyncio import AsyncAdapt_dbapi_cursor
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_dbapi,
    SQLiteDialect_aiosqlite,
)
from sqlalchemy.util.concurrency import await_, in_greenlet

DRIVER = "pegboard"
BEGIN = "BEGIN IMMEDIATE"
LAST = "pegboard_last"
"""The execution option of a statement after which a transaction is committed."""


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

    def execute(self, operation: Any, parameters: Any = None, last: bool = False) -> None:
        self._run(lambda cursor: cursor.execute(operation, parameters or ()), last)

    def executemany(self, operation: Any, seq_of_parameters: Any, last: bool = False) -> None:
        self._run(lambda cursor: cursor.executemany(operation, seq_of_parameters), last)

    def _run(self, work: Callable[[sqlite3.Cursor], Any], last: bool) -> None:
        rows, self._description, self._rowcount, self._lastrowid = self._adapt_connection.visit(work, last)
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

    __slots__ = ("_begins", "_touched", "_writes")

    _cursor_cls = Cursor

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._begins = self._touched = self._writes = False

    def begin_immediate(self) -> None:
        """Have the next statement begin a transaction that may write."""
        self._begins = self._writes = True

    def visit(self, work: Callable[[sqlite3.Cursor], Any], last: bool) -> tuple[list[Any], Any, int, Any]:
        """Run a statement in the thread: its rows, description, number of rows, and the last row's id.

        After the `last` one the transaction is committed, and another one begins with the statement that comes next.
        """
        begins, self._begins, self._touched = self._begins, False, True
        try:
            done: tuple[list[Any], Any, int, Any] = await_(
                self._connection._execute(_run, self._connection._conn, begins, work, last)
            )
        except Exception as error:
            self._handle_exception(error)
        self._begins, self._touched = last and self._writes, not last
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

    def terminate(self) -> None:
        if in_greenlet():
            await_(_to_the_end(self._connection.close()))
        else:  # the garbage collector's
            self._terminate_force_close()


async def _opened(connection: aiosqlite.Connection) -> aiosqlite.Connection:
    try:
        await _to_the_end(connection.__aenter__())
        return connection
    except asyncio.CancelledError:
        with anyio.CancelScope(shield=True):
            await connection.close()
        raise


async def _to_the_end(work: Coroutine[Any, Any, Any]) -> Any:
    """Raises CancelledError only when the work is done: it goes on in the thread, whoever is cancelled."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        with anyio.CancelScope(shield=True):
            await asyncio.wait([task])
        raise


def _run(
    connection: sqlite3.Connection, begins: bool, work: Callable[[sqlite3.Cursor], Any], last: bool
) -> tuple[list[Any], Any, int, Any]:
    cursor = connection.cursor()
    try:
        if begins:
            cursor.execute(BEGIN)
        work(cursor)
        rows = cursor.fetchall() if cursor.description else []
        if last:
            connection.commit()
        return rows, cursor.description, cursor.rowcount, cursor.lastrowid
    finally:
        cursor.close()


def _is_last(context: Any) -> bool:
    return context is not None and bool(context.execution_options.get(LAST))


class Driver(AsyncAdapt_aiosqlite_dbapi):
    """aiosqlite with these connections."""

    def connect(self, *arguments: Any, **options: Any) -> Connection:
        connection = self.aiosqlite.connect(*arguments, **options)
        connection._thread.daemon = True
        return Connection(self, await_(_opened(connection)))


class Dialect(SQLiteDialect_aiosqlite):
    """``sqlite+pegboard``. `pragmas` among the arguments of a connection are executed where it is opened."""

    driver = DRIVER
    supports_statement_cache = True
    supports_server_side_cursors = False

    @classmethod
    def import_dbapi(cls) -> Driver:
        return Driver(aiosqlite, sqlite3)

    def do_execute(self, cursor: Any, statement: Any, parameters: Any, context: Any = None) -> None:
        cursor.execute(statement, parameters, _is_last(context))

    def do_executemany(self, cursor: Any, statement: Any, parameters: Any, context: Any = None) -> None:
        cursor.executemany(statement, parameters, _is_last(context))

    def connect(self, *arguments: Any, pragmas: Sequence[str] = (), **options: Any) -> Any:
        """All that a new connection needs is one visit: it is there as a whole, or not at all."""
        prepare = super().on_connect()

        def make(*given: Any, **more: Any) -> sqlite3.Connection:
            connection = sqlite3.Connection(*given, **more)
            prepare(connection)
            for pragma in pragmas:
                connection.execute(f"PRAGMA {pragma}").close()
            return connection

        return super().connect(*arguments, factory=make, **options)

    def on_connect(self) -> None:
        return None

    def get_default_isolation_level(self, dbapi_conn: Any) -> str:
        return "SERIALIZABLE"


registry.register(f"sqlite.{DRIVER}", __name__, Dialect.__name__)
