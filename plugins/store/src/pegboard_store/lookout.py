"""Looks at the database that need not be: whoever looked last found nothing, and nothing has happened since."""

import math
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from .store import Store

Found = TypeVar("Found")


class Lookout:
    """For one who looks every so often for what other processes left, or for what falls due.

    Over SQLite a look that is left out costs some microseconds instead of two milliseconds. Over PostgreSQL nobody can
    tell whether somebody has committed, and no look is left out.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._version: int | None = None
        self._until = -math.inf

    async def look(
        self,
        find: Callable[[AsyncSession], Awaitable[Sequence[Found]]],
        due: Callable[[AsyncSession], Awaitable[datetime | None]] | None = None,
    ) -> Sequence[Found]:
        """What `find` finds; nothing, without a look, while it would find as little as the last time.

        That is until anybody commits anything, and until the moment that `due` tells, for what time alone brings about.
        """
        version = self._store.changes.version()
        if version is not None and version == self._version and time.time() < self._until:
            return ()
        async with self._store.read() as session:
            found = await find(session)
            quiet = version is not None and not found
            until = await due(session) if quiet and due is not None else None
        # of the time before the look: what was committed during it is news
        self._version = version if quiet else None
        self._until = math.inf if until is None else until.timestamp()
        return found
