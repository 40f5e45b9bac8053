"""Answers that are sent on: kept in the transaction that ends the job, delivered by the webhooks plugin."""

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import Principal, Services
from pegboard_jobs import Job, JobListener
from pegboard_webhooks import OutgoingEvent, Sender

from .executing import KIND_NAME
from .executions import Executions
from .signing import Signing

EVENT = "execution.ended"


async def ended(services: Services, session: AsyncSession, job: Job) -> None:
    """Put the envelope on its way to the address that the caller gave."""
    url = job.parameters["webhook_url"]
    executions = services.get(Executions)
    envelope = executions.envelopes.of(job, 0, await executions.queue())
    secret = await services.get(Signing).within(session, job.tenant)
    event = OutgoingEvent(EVENT, orjson.dumps(envelope), job.id)
    await services.get(Sender).send(session, Principal(job.owner, job.tenant), url, secret, event)


def wants(services: Services, job: Job) -> bool:
    return bool((job.parameters or {}).get("webhook_url"))


LISTENER = JobListener("execute", "Sends answers on", ended=ended, kinds=(KIND_NAME,), wants=wants)
