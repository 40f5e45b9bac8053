"""Tasks that work until they are told to stop, and are never torn away from the database in mid-statement."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

PATIENCE = 30.0
"""Seconds that a task has to notice; then it is cancelled after all."""


class Stop(asyncio.Event):
    """Set when tasks are to end."""

    async def within(self, seconds: float) -> bool:
        """Wait so long, or until it is set; tells whether it is."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.wait()
        return self.is_set()


@asynccontextmanager
async def background(
    *runs: Callable[[Stop], Awaitable[None]], wake: Callable[[], None] = lambda: None
) -> AsyncIterator[None]:
    """Have these run beside the block. At its end they are told to stop, woken, and waited for."""
    stop = Stop()
    tasks = [asyncio.ensure_future(run(stop)) for run in runs]
    try:
        yield
    finally:
        stop.set()
        wake()
        _, late = await asyncio.wait(tasks, timeout=PATIENCE)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)
