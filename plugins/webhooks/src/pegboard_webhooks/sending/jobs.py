"""Jobs that ended are events: they are kept in the transaction that ends the job."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import Services
from pegboard_events import Happened
from pegboard_jobs import Job, JobListener

from .outbox import Outbox

OWN = "webhooks."


async def ended(services: Services, session: AsyncSession, job: Job) -> None:
    """``job.finished`` or ``job.failed``."""
    kind = "job.finished" if job.state == "completed" else "job.failed"
    if not await services.get(Outbox).wants(job.tenant, kind):
        return
    data: dict[str, Any] = {"id": job.id, "kind": job.kind, "title": job.title, "owner": job.owner, "state": job.state}
    data |= {"error": job.error, "exitCode": job.exit_code, "endedAt": job.ended_at and job.ended_at.isoformat()}
    await services.get(Outbox).keep(session, job.tenant, [Happened(kind, job.id, data)])


def wants(services: Services, job: Job) -> bool:
    """The jobs that send events are none: telling of them would never end."""
    return not job.kind.startswith(OWN) and services.get(Outbox).may_want(job.tenant)


LISTENER = JobListener("webhooks", "Tells subscribers of jobs that have ended", ended=ended, wants=wants)
