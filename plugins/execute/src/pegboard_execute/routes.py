"""``/v1/code/execute/python`` and what belongs to it."""

from typing import Any, Literal

import attrs
from starlette.responses import Response

from pegboard import Call, Rate, RouteSpec
from pegboard.json import dumps
from pegboard_jobs import Found, Job, Jobs

from .asked import Asked, StatusAsked, StatusesAsked
from .envelopes import ENDPOINT
from .executing import KIND_NAME
from .executions import Executions, QueueFull
from .rendering import render
from .signing import Signing

TAGS = ("code",)
SCOPE = ("code:execute",)
DESCRIPTION = (
    "The code is the body of a function: `return` gives `response.result`. It runs in a fresh process of the jail, "
    "without network. With `webhook_url` the answer is 202, and the same envelope is sent there, signed "
    "(Standard Webhooks). The same `id` sent again gives the first job's answer."
)
JobStatus = Literal["queued", "running", "done"]


@attrs.frozen
class Executed:
    """The envelope. Times are in seconds."""

    endpoint: str
    code: int
    id: str | None
    job_id: str
    response: Any
    message: Any
    pid: int
    queue_id: int
    run_time: float
    queue_time: float
    total_time: float
    queue_length: int
    build_number: str


@attrs.frozen
class Status:
    """A job: ``done`` with its envelope in `response`."""

    job_id: str
    job_status: JobStatus
    queue_id: int
    process_id: str | None
    response: Any


@attrs.frozen
class SigningSecret:
    """With which answers that are sent on are signed."""

    secret: str


async def execute(call: Call[Asked, None]) -> Response:
    try:
        status, body = await call.services.get(Executions).run(call.caller, call.body)
    except QueueFull as full:
        return _json(429, full.answer, {"Retry-After": "5"})
    return _json(status, body)


async def show(call: Call[None, None]) -> Status:
    return await _status(call, call.path["job_id"])


async def status(call: Call[StatusAsked, None]) -> Status:
    return await _status(call, call.body.job_id)


async def statuses(call: Call[StatusesAsked, None]) -> list[Status]:
    executions = call.services.get(Executions)
    found = await executions.recent(call.caller, call.body.since_seconds)
    return [await _shown(executions, one) for one in found]


async def authenticate(call: Call[None, None]) -> Response:
    return _json(200, {"message": "Authorized"})


async def signing_secret(call: Call[None, None]) -> SigningSecret:
    return SigningSecret((await call.services.get(Signing).secret(call.caller.tenant)).reveal())


async def _status(call: Call[Any, Any], identifier: str) -> Status:
    found = await call.services.get(Jobs).find(call.caller, identifier)
    return await _shown(call.services.get(Executions), found)


async def _shown(executions: Executions, found: Found) -> Status:
    done = found.job.final and found.job.kind == KIND_NAME
    response = (await executions.answer(found))[1] if done else None
    return Status(found.job.id, _word(found.job), found.seq, None, response)


def _word(job: Job) -> JobStatus:
    return "done" if job.final else "running" if job.state == "running" else "queued"


def _json(status: int, body: Any, headers: dict[str, str] | None = None) -> Response:
    return Response(dumps(body), status, headers, media_type="application/json")


COMMON: dict[str, Any] = {"tags": TAGS, "scopes": SCOPE, "render": render}
ANSWERS = {
    202: "It goes on; the answer comes to `webhook_url`, or is at `/v1/jobs/{job_id}`",
    400: "The body is not as it must be, or the code raised an error",
    408: "The code ran longer than `timeout`",
    422: "The result is no JSON",
    429: "As many runs wait as may",
    503: "The jail has no place",
}

ROUTES = (
    RouteSpec(
        "code.execute-python",
        ENDPOINT,
        execute,
        ("POST",),
        "Run Python",
        DESCRIPTION,
        body=Asked,
        result=Executed,
        answers=ANSWERS,
        rate=Rate(600, 60),
        body_limit=4 * 1024 * 1024,
        idempotent="optional",
        **COMMON,
    ),
    RouteSpec(
        "code.job", "/v1/jobs/{job_id}", show, summary="How a run is", result=Status, answers={404: "No job"}, **COMMON
    ),
    RouteSpec(
        "code.job-status",
        "/v1/toolkit/job/status",
        status,
        ("POST",),
        "How a run is",
        body=StatusAsked,
        result=Status,
        answers={404: "The caller has no such job"},
        **COMMON,
    ),
    RouteSpec(
        "code.jobs-status",
        "/v1/toolkit/jobs/status",
        statuses,
        ("POST",),
        "How the caller's latest runs are",
        body=StatusesAsked,
        result=list[Status],
        **COMMON,
    ),
    RouteSpec("code.authenticate", "/v1/toolkit/authenticate", authenticate, summary="Try a key", result=Any, **COMMON),
    RouteSpec(
        "code.signing-secret",
        "/v1/toolkit/signing-secret",
        signing_secret,
        summary="The secret with which answers are signed",
        description="One for each tenant. Check what arrives with it, as Standard Webhooks says.",
        result=SigningSecret,
        **COMMON,
    ),
)
