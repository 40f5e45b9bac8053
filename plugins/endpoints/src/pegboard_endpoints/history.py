"""The history of calls: noted in memory as they end, written once a second by each process, read from the store."""

import asyncio
import time

import structlog

from .calls import Calls
from .tallies import Tallies

log = structlog.get_logger(__name__)

EVERY = 1.0
SHARE = 20
"""The pause after a write is so many times what it took: however many endpoints there are, writing stays a trifle."""


class History:
    """Counts calls and writes them down, off their way. What cannot be written is lost, and the log says how much."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls
        self._wake = asyncio.Event()
        self.tallies = Tallies(self._wake.set)
        self.note = self.tallies.note
        self._writing: asyncio.Task[None] | None = None
        self._clock: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._clock = asyncio.create_task(self._run())

    async def _run(self) -> None:
        pause = EVERY
        while True:
            await self._wake.wait()
            await asyncio.sleep(pause)
            self._wake.clear()
            started = time.monotonic()
            await self.flush()
            pause = max(EVERY, SHARE * (time.monotonic() - started))

    async def flush(self) -> None:
        """Write what has ended so far. Whoever asks for it and leaves does not end it."""
        while self._writing is not None and not self._writing.done():
            await asyncio.shield(self._writing)
        self._writing = asyncio.create_task(self._write())
        await asyncio.shield(self._writing)

    async def _write(self) -> None:
        taken = self.tallies.take()
        try:
            await self.calls.write(taken)
        except Exception as error:
            lost = sum(tally.calls for tally in taken.values())
            log.warning("endpoints.calls-not-kept", lost=lost, reason=str(error))

    async def aclose(self) -> None:
        """What was noted is written before the store closes."""
        if self._clock is not None:
            self._clock.cancel()
            await asyncio.gather(self._clock, return_exceptions=True)
        await self.flush()
