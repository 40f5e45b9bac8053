"""The database as the plugins of an app see it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import anyio
import structlog
from sqlalchemy import Executable, Result
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from .changes import Changes
from .engines import Engines
from .failures import BUSY, Failure, StoreProblem, diagnose
from .lines import LineState, Migrations, read_states
from .sqlite_driver import LAST
from .urls import Database

log = structlog.get_logger(__name__)


class Store:
    """Transactions, reads, and news of changes.

    Errors of the database itself are a `StoreProblem`: 503 ``store-busy`` or ``store-unavailable``, 507 ``store-full``.
    A violated constraint stays SQLAlchemy's IntegrityError: only the caller knows what it means.
    """

    def __init__(
        self, database: Database, engines: Engines, changes: Changes, lines: Sequence[Migrations], wait: float
    ) -> None:
        self.dialect = database.dialect
        self.place = database.place
        self.changes = changes
        self._engines = engines
        self._lines = lines
        self._wait = wait
        self._queue = anyio.Lock(fast_acquire=True)
        self._writing: set[int] = set()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        """One transaction: commits at the end of the block, rolls back on any error.

        On SQLite the writers of this process queue here, in order, and those of other processes wait from the first
        statement on: keep the block short, and fetch nothing from elsewhere within it. Pass the session on instead of
        nesting; RuntimeError tells where it is forgotten.
        """
        async with self._turn(), self._session(self._engines.writer) as session:
            yield session
            with anyio.CancelScope(shield=True):
                await session.commit()
        self.changes.committed(session)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session that can only read and never waits for writers. Each statement sees what is committed by then.

        Rows are fetched whole, not streamed: walk long lists by key or page.
        """
        async with self._session(self._engines.reader) as session:
            yield session

    async def states(self) -> Sequence[LineState]:
        """How far the database is in each plugin's migrations."""
        async with self._session(self._engines.reader) as session:
            return await (await session.connection()).run_sync(read_states, self._lines)

    async def ping(self) -> str:
        """One read, and the state of the migrations; for health checks. Raises RuntimeError where some are missing."""
        behind = [state.line.name for state in await self.states() if state.pending or state.newer]
        if behind:
            raise RuntimeError(f"the tables of {', '.join(behind)} are not at the revision that this code has")
        return f"{self.place}, {len(self._lines)} version lines up to date"

    @asynccontextmanager
    async def _session(self, engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
        session = AsyncSession(engine, expire_on_commit=False)
        try:
            yield session
        except Exception as error:
            failure = diagnose(error)
            if failure is None:
                raise
            log.warning("store.failed", place=self.place, code=failure.code, reason=failure.reason)
            raise StoreProblem(failure) from error
        finally:
            # A cancelled caller must not leave a transaction open behind it.
            with anyio.CancelScope(shield=True):
                await session.close()

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        task = anyio.get_current_task().id
        if task in self._writing:
            raise RuntimeError("store.begin() within store.begin() would wait for itself: pass the outer session on")
        queued = self.dialect == "sqlite"
        if queued:
            await self._acquire()
        self._writing.add(task)
        try:
            yield
        finally:
            self._writing.discard(task)
            if queued:
                self._queue.release()

    async def _acquire(self) -> None:
        with anyio.move_on_after(self._wait) as waiting:
            await self._queue.acquire()
        if waiting.cancelled_caught:
            raise StoreProblem(Failure(BUSY, "too many writers are waiting"))


async def execute_last(session: AsyncSession, statement: Executable, parameters: Any = None) -> Result[Any]:
    """Execute the last statement of a transaction of `Store.begin`: SQLite commits with it, and saves a tenth of a ms.

    What follows it nonetheless is another transaction there.
    """
    with anyio.CancelScope(shield=True):
        return await session.execute(statement, parameters, execution_options={LAST: True})
