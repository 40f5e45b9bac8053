"""What happens by the clock in each process that serves: schedules that are due, uploads that are old."""

import random
import time

import attrs
import structlog

from pegboard_jobs import Stop

from .schedules import Schedules
from .uploads import Uploads

TICK = 1.0
PRUNE = 3600.0

log = structlog.get_logger(__name__)


@attrs.frozen
class Clockwork:
    """A look at the clock each second, until it is stopped."""

    schedules: Schedules
    uploads: Uploads

    async def run(self, stop: Stop) -> None:
        prune_at = time.monotonic() + random.uniform(0, PRUNE)
        while not await stop.within(TICK):
            try:
                await self.schedules.submit_due()
                if time.monotonic() >= prune_at:
                    prune_at += PRUNE
                    await self.uploads.prune()
            except Exception:
                log.exception("scripts.clockwork-failed")
