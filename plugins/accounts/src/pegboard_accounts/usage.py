"""When keys were last used: noted on the request path, written in batches off it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import bindparam, or_, update

from pegboard_store import Store

from .tables import KeyRow

log = structlog.get_logger(__name__)

RESOLUTION = 60.0
INTERVAL = 10.0

# `noted` of two processes may be close together: the row decides, so that it is written once a minute at most.
WRITE = (
    update(KeyRow)
    .where(
        KeyRow.id == bindparam("key"),
        or_(KeyRow.last_used_at.is_(None), KeyRow.last_used_at < bindparam("before")),
    )
    .values(last_used_at=bindparam("now"))
)


class Usage:
    """The times of use that are not written yet."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._noted: dict[str, float] = {}
        self._waiting: dict[str, float] = {}

    def note(self, key: str, now: float) -> None:
        """A key was used at the Unix time `now`."""
        if now - self._noted.get(key, 0.0) >= RESOLUTION:
            self._noted[key] = self._waiting[key] = now

    async def write(self) -> None:
        """Write what was noted since the last time, in one transaction."""
        waiting, self._waiting = self._waiting, {}
        recent = time.time() - RESOLUTION
        self._noted = {key: noted for key, noted in self._noted.items() if noted > recent}
        if not waiting:
            return
        rows = [_row(key, now) for key, now in sorted(waiting.items())]
        async with self._store.begin() as session:
            await (await session.connection()).execute(WRITE, rows)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """Write every ten seconds until the block ends, and once more then."""
        task = asyncio.create_task(self._write_for_ever())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])
            await self._try_to_write()

    async def _write_for_ever(self) -> None:
        while True:
            await asyncio.sleep(INTERVAL)
            await self._try_to_write()

    async def _try_to_write(self) -> None:
        try:
            await self.write()
        except Exception as error:
            log.warning("accounts.usage-unwritten", reason=str(error))


def _row(key: str, now: float) -> dict[str, object]:
    moment = datetime.fromtimestamp(now, UTC)
    return {"key": key, "now": moment, "before": moment - timedelta(seconds=RESOLUTION)}
