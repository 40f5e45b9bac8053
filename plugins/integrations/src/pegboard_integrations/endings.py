"""The end of a run, told to whoever listens in the transaction that ends it."""

from collections.abc import Mapping
from typing import Any

import attrs
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import Stop
from pegboard_events import EventSink, Happened, tell

from . import leases, runs
from .leases import Lease
from .runs import Run, Status

FINISHED, FAILED = "sync.finished", "sync.failed"


@attrs.frozen
class Endings:
    """Ends runs. `sink` is None where no plugin wants to hear of it."""

    sink: EventSink | None = None

    async def finish(
        self,
        session: AsyncSession,
        lease: Lease,
        status: Status,
        stop: Stop | None = None,
        error: Mapping[str, Any] | None = None,
    ) -> None:
        """The run is over, and says why. Raises LeaseLost."""
        await leases.finish(session, lease, status, stop, error)
        run, kind = lease.run, FAILED if status == "failed" else FINISHED
        if self.sink is not None and await self.sink.wants(run.tenant, kind):
            after = await runs.get(session, run.tenant, run.integration, run.id)
            await tell(self.sink, session, run.tenant, Happened(kind, run.id, _shown(after)))


def _shown(run: Run) -> dict[str, Any]:
    named = {"id": run.id, "integrationId": run.integration, "endpointId": run.endpoint, "status": run.status}
    error = (run.error or {}).get("detail", "")
    return {**named, "stop": run.stop, "error": error, **attrs.asdict(run.counts)}
