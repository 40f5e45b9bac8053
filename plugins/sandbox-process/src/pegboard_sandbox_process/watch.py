"""Looking after processes at work: who takes long is listened to."""

import asyncio
import time
from typing import Protocol

from .call import LISTEN_AFTER


class Watched(Protocol):
    """A process at work."""

    def look(self, now: float) -> None:
        """Called every few milliseconds; `now` in monotonic seconds."""


class Watch:
    """One timer for all processes of a jail."""

    def __init__(self) -> None:
        self._watched: set[Watched] = set()
        self._looking = False

    def add(self, watched: Watched) -> None:
        self._watched.add(watched)
        if not self._looking:
            self._look_later()

    def remove(self, watched: Watched) -> None:
        self._watched.discard(watched)

    def _look_later(self) -> None:
        self._looking = True
        asyncio.get_running_loop().call_later(LISTEN_AFTER, self._look)

    def _look(self) -> None:
        now = time.monotonic()
        for watched in list(self._watched):
            watched.look(now)
        self._looking = False
        if self._watched:
            self._look_later()
