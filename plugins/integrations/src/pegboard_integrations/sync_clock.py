"""A look at the clock each second, in each process that serves."""

import attrs
import structlog

from pegboard_jobs import Stop

from .schedules import Schedules

TICK = 1.0
log = structlog.get_logger(__name__)


@attrs.frozen
class SyncClock:
    """Starts the syncs that are due."""

    schedules: Schedules

    async def run(self, stop: Stop) -> None:
        while not await stop.within(TICK):
            try:
                await self.schedules.start_due()
            except Exception:
                log.exception("integrations.clock-failed")
