"""Which calls take so long that they are listened to."""

import asyncio
import time
from typing import Protocol

from .call import LISTEN_AFTER


class Watched(Protocol):
    """A call under way; `sent` in monotonic seconds."""

    sent: float

    def listen(self) -> None: ...


class Watch:
    """One timer for all short calls of a jail: whoever is still at it after `LISTEN_AFTER` seconds is listened to."""

    def __init__(self) -> None:
        self._calls: set[Watched] = set()
        self._looking = False

    def add(self, call: Watched) -> None:
        self._calls.add(call)
        if not self._looking:
            self._looking = True
            asyncio.get_running_loop().call_later(LISTEN_AFTER, self._look)

    def remove(self, call: Watched) -> None:
        self._calls.discard(call)

    def _look(self) -> None:
        late = time.monotonic() - LISTEN_AFTER
        for call in [call for call in self._calls if call.sent <= late]:
            self._calls.discard(call)
            call.listen()
        self._looking = bool(self._calls)
        if self._looking:
            asyncio.get_running_loop().call_later(LISTEN_AFTER, self._look)
