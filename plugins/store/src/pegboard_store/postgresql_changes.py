"""Changes over PostgreSQL: NOTIFY in the writer's transaction, and one connection that listens."""

import asyncio
import itertools
import secrets
from collections import deque
from typing import Any

import anyio
import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from .changes import Changes, check_change
from .engines import connect_postgresql
from .urls import Database

log = structlog.get_logger(__name__)

CHANNEL = "pegboard_changes"
OWN = "pegboard_store.changes"
HEARTBEAT = 5.0
FIRST_DELAY, LAST_DELAY = 0.05, 5.0
MOST_WAITING = 10_000


class PostgresqlChanges(Changes):
    """Fails closed: while the listening connection is down each poll distrusts every cache."""

    def __init__(self, database: Database, wait: float) -> None:
        super().__init__()
        self._database = database
        self._wait = wait
        self._listening = False
        self._missed = False
        self._news: deque[tuple[str, str]] = deque()
        self._process = f"{secrets.token_hex(8)}-"
        self._numbers = itertools.count()
        self._known: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    async def publish(self, session: AsyncSession, topic: str, key: str) -> None:
        check_change(topic, key)
        change = f"{self._process}{next(self._numbers)}"
        await session.execute(select(func.pg_notify(CHANNEL, f"{change} {topic} {key}")))
        session.info.setdefault(OWN, []).append((change, topic, key))

    def committed(self, session: AsyncSession) -> None:
        # This process need not wait for its own notification to come back.
        for change, topic, key in session.info.pop(OWN, ()):
            self._learn(change, topic, key)

    def _learn(self, change: str, topic: str, key: str) -> None:
        """Take a change in; one of our own comes twice, by its commit and by its notification, in either order."""
        if change in self._known:
            self._known.discard(change)
            return
        if change.startswith(self._process):
            self._known.add(change)
        self._news.append((topic, key))

    def poll(self) -> None:
        if self._listening and not self._missed and not self._news:
            return
        missed = self._missed or not self._listening or len(self._news) > MOST_WAITING
        try:
            self._deliver(missed)
        except BaseException:
            self._missed = True  # the callbacks that did not hear it get None next time
            raise

    def _deliver(self, missed: bool) -> None:
        if missed:
            self._missed = False
            self._news.clear()
            self._distrust()
        while self._news:
            self._tell(*self._news.popleft())

    async def open(self) -> None:
        """Start to listen, and come back after each loss. Raises `StoreProblem` where the first connection fails."""
        self._task = asyncio.create_task(self._listen(await self._connect()))

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _listen(self, connection: Any) -> None:
        delay = FIRST_DELAY
        while True:
            if connection is not None:
                await self._stay(connection)
                delay = FIRST_DELAY
            await asyncio.sleep(delay)
            delay = min(delay * 2, LAST_DELAY)
            connection = await self._reconnect()

    async def _connect(self) -> Any:
        connection = await connect_postgresql(self._database, self._wait)
        try:
            await connection.add_listener(CHANNEL, self._heard)
        except BaseException:
            connection.terminate()
            raise
        self._known.clear()
        self._missed = self._listening = True
        return connection

    async def _reconnect(self) -> Any:
        try:
            connection = await self._connect()
        except Exception as error:
            log.warning("store.changes-unheard", reason=str(error))
            return None
        log.info("store.changes-heard-again")
        return connection

    async def _stay(self, connection: Any) -> None:
        """Until the connection breaks; a heartbeat finds the break that TCP does not tell."""
        broken = anyio.Event()
        connection.add_termination_listener(lambda _: self._lost(broken))
        if connection.is_closed():
            self._lost(broken)
        try:
            while not broken.is_set():
                with anyio.move_on_after(HEARTBEAT):
                    await broken.wait()
                    return
                await connection.execute("SELECT 1", timeout=HEARTBEAT)
        except Exception as error:
            log.warning("store.changes-lost", reason=str(error) or type(error).__name__)
        finally:
            self._listening = False
            connection.terminate()

    def _lost(self, broken: anyio.Event) -> None:
        self._listening = False
        broken.set()

    def _heard(self, _connection: Any, _pid: int, _channel: str, payload: str) -> None:
        change, _, rest = payload.partition(" ")
        topic, _, key = rest.partition(" ")
        self._learn(change, topic, key)
