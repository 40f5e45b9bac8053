"""Changes over SQLite: rows in the writer's transaction, and one pragma to know that there are any."""

import asyncio
import sqlite3
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import structlog
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from .changes import Changes, check_change
from .tables import store_changes

log = structlog.get_logger(__name__)

UNKNOWN = -1
NEWS = "SELECT seq, topic, key FROM store_changes WHERE seq > ? ORDER BY seq"
NEWEST = "SELECT coalesce(max(seq), 0) FROM store_changes"


class SqliteChanges(Changes):
    """Reads on a connection of its own, synchronously: a thread would cost twenty times as much.

    ``PRAGMA data_version`` moves when any other connection of any process commits
    (https://www.sqlite.org/pragma.html#pragma_data_version).
    """

    def __init__(self, file: Path, wait: float) -> None:
        """`wait` seconds for whoever has the file to itself, as the last one to close it does. Raises sqlite3.Error."""
        super().__init__()
        self._connection = sqlite3.connect(file, timeout=wait, isolation_level=None, check_same_thread=False)
        self._execute = self._connection.execute
        self._execute("PRAGMA query_only=ON")
        self._version = UNKNOWN
        self._polled = False
        try:
            self._seen: int = self._execute(NEWEST).fetchone()[0]
            self._execute("PRAGMA busy_timeout=0")  # from now on it is asked from the event loop
        except BaseException:
            self._connection.close()
            raise

    async def publish(self, session: AsyncSession, topic: str, key: str) -> None:
        check_change(topic, key)
        await session.execute(insert(store_changes).values(topic=topic, key=key, at=datetime.now(UTC)))

    def committed(self, session: AsyncSession) -> None:
        """Nothing to do: the commit has moved data_version."""

    def poll(self) -> None:
        """Once in a turn of the event loop: what is handled in one turn had come before it began."""
        if self._polled:
            return
        with suppress(RuntimeError):  # a command without a loop asks each time
            asyncio.get_running_loop().call_soon(self._next_turn)
            self._polled = True
        try:
            version = self._execute("PRAGMA data_version").fetchone()[0]
            if version != self._version:
                self._catch_up(version)
        except sqlite3.Error as error:
            log.warning("store.changes-unreadable", reason=str(error))
            self._version = UNKNOWN
            self._distrust()

    def version(self) -> int | None:
        self.poll()
        return None if self._version == UNKNOWN else self._version

    def _next_turn(self) -> None:
        self._polled = False

    def _catch_up(self, version: int) -> None:
        rows = self._execute(NEWS, (self._seen,)).fetchall()
        # Set first, since a callback may poll; unset when a callback fails, so that the next poll tells again.
        self._version = version
        try:
            if rows and rows[0][0] > self._seen + 1:
                self._distrust()
            else:
                for _, topic, key in rows:
                    self._tell(topic, key)
        except BaseException:
            self._version, self._polled = UNKNOWN, False
            raise
        if rows:
            self._seen = rows[-1][0]

    async def close(self) -> None:
        self._connection.close()
