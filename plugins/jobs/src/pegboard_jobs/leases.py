"""Leases: renewed in time, or given up in time, since others may begin then."""

import time

import attrs
import structlog
from sqlalchemy import update

from pegboard_store import Store, StoreProblem

from .background import Stop
from .clock import Clock
from .run import JobRun
from .tables import in_state, jobs

logger = structlog.get_logger(__name__)


@attrs.define(eq=False)
class Leases:
    """Those of the attempts that run here, by their tokens."""

    store: Store
    clock: Clock
    seconds: float
    running: dict[str, JobRun] = attrs.field(factory=dict)
    _valid: dict[str, float] = attrs.field(factory=dict)

    def hold(self, run: JobRun, since: float) -> None:
        """An attempt begins, under a lease that was taken at `since` (monotonic)."""
        self._valid[run.job.lease] = since + self.seconds
        self.running[run.job.lease] = run

    def drop(self, lease: str) -> None:
        """It is over."""
        del self.running[lease]
        del self._valid[lease]

    async def keep(self, stop: Stop) -> None:
        """Renew every third of a lease; what could not be renewed in time is ended."""
        while not await stop.within(self.seconds / 3):
            try:
                await self._renew(list(self.running))
            except StoreProblem as problem:
                logger.warning("jobs.leases-not-renewed", reason=str(problem))
            now = time.monotonic()
            for lease in [lease for lease, until in self._valid.items() if until <= now]:
                self._lost(lease)

    async def _renew(self, leases: list[str]) -> None:
        if not leases:
            return
        since = time.monotonic()
        mine = update(jobs).where(jobs.c.lease.in_(leases), in_state("running"))
        async with self.store.begin() as session:
            until = self.clock.now(self.seconds)
            kept = set(await session.scalars(mine.values(leased_until=until).returning(jobs.c.lease)))
        for lease in leases:
            if lease not in self.running:
                continue
            if lease in kept:
                self._valid[lease] = since + self.seconds
            elif self.running[lease].outgoing.ending is None:
                self._lost(lease)

    def _lost(self, lease: str) -> None:
        run = self.running[lease]
        if not run.outgoing.fenced:
            logger.warning("jobs.lease-lost", job=run.job.id, attempt=run.job.number)
            run.outgoing.fence()
