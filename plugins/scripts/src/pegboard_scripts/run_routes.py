"""``POST /api/scripts/execute``"""

import attrs

from pegboard import AuditEvent, Call, Rate, RouteSpec, record_event
from pegboard_store import Store

from .executions import Execution, Executions


@attrs.frozen
class Created:
    """The job that runs it."""

    job_id: str
    message: str = "Job created successfully"


async def execute(call: Call[Execution, None]) -> Created:
    executions, body = call.services.get(Executions), call.body
    prepared = await executions.prepare(call.caller, body.script_name, body.parameters)
    async with call.services.get(Store).begin() as session:
        job = await executions.submit(call.caller, prepared, body.options, session=session)
        event = AuditEvent("scripts.execute", "job", job.id, after={"script": job.subject, "given": prepared.shown})
        await record_event(call.services, event, principal=call.caller, request=call.request, transaction=session)
    return Created(job.id)


RUN_ROUTES = (
    RouteSpec(
        "scripts.execute",
        "/api/scripts/execute",
        execute,
        ("POST",),
        "Run a script",
        "It goes into the queue; `GET /api/jobs/{job_id}` says how it is, `/ws` follows it.",
        ("scripts",),
        scopes=("scripts:write",),
        body=Execution,
        result=Created,
        status=201,
        answers={
            400: "Parameters are not what the script takes; each of them is named",
            404: "There is no such script",
            429: "Too many calls, or the queue is full",
        },
        rate=Rate(120, 60),
        idempotent="optional",
    ),
)
