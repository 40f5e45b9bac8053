"""``/api/jobs``"""

from typing import Any
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from pegboard import AuditEvent, Call, RouteSpec, record_event

from .artifacts import ArtifactInfo
from .job import AttemptInfo
from .jobs import Jobs
from .log_routes import LOG_ROUTES
from .seeing import JobsQuery
from .shown import JobInfo, JobsInfo

TAGS = ("jobs",)


def _jobs(call: Call[Any, Any]) -> Jobs:
    return call.services.get(Jobs)


async def list_jobs(call: Call[None, JobsQuery]) -> JobsInfo:
    return JobsInfo.of(await _jobs(call).list(call.caller, call.query))


async def show_job(call: Call[None, None]) -> JobInfo:
    return JobInfo.of(await _jobs(call).get(call.caller, call.path["id"]))


async def list_attempts(call: Call[None, None]) -> list[AttemptInfo]:
    return list(await _jobs(call).attempts(call.caller, call.path["id"]))


async def cancel_job(call: Call[None, None]) -> JobInfo:
    job = await _jobs(call).cancel(call.caller, call.path["id"])
    await record_event(
        call.services, AuditEvent("jobs.cancel", "job", job.id), principal=call.caller, request=call.request
    )
    return JobInfo.of(job)


async def retry_job(call: Call[None, None]) -> JobInfo:
    job = await _jobs(call).retry(call.caller, call.path["id"])
    await record_event(
        call.services, AuditEvent("jobs.retry", "job", job.id), principal=call.caller, request=call.request
    )
    return JobInfo.of(job)


async def list_artifacts(call: Call[None, None]) -> list[ArtifactInfo]:
    found = await _jobs(call).find(call.caller, call.path["id"])
    return list(await _jobs(call).artifacts.list(found.seq))


async def read_artifact(call: Call[None, None]) -> Response:
    found = await _jobs(call).find(call.caller, call.path["id"])
    artifact, content = await _jobs(call).artifacts.read(found.seq, call.path["name"])
    headers = {
        "Content-Length": str(artifact.size),
        "Content-Disposition": f"attachment; filename*=UTF-8''{_quoted(artifact.name)}",
        "ETag": f'"{artifact.sha256}"',
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(content, media_type="application/octet-stream", headers=headers)


def _quoted(name: str) -> str:
    """The last part of a name, as RFC 8187 has it."""
    return quote(name.rpartition("/")[2], safe="")


READ: dict[str, Any] = {"tags": TAGS, "scopes": ("jobs:read",)}
WRITE: dict[str, Any] = {"tags": TAGS, "scopes": ("jobs:write",), "methods": ("POST",)}
MISSING = {404: "The caller has no such job"}

ROUTES = (
    RouteSpec(
        "jobs.list",
        "/api/jobs",
        list_jobs,
        summary="The caller's jobs, newest first",
        description="Those with the scope `jobs:admin` see all jobs of their tenant.",
        query=JobsQuery,
        result=JobsInfo,
        **READ,
    ),
    RouteSpec("jobs.show", "/api/jobs/{id}", show_job, summary="How a job is", result=JobInfo, answers=MISSING, **READ),
    RouteSpec(
        "jobs.attempts",
        "/api/jobs/{id}/attempts",
        list_attempts,
        summary="The attempts of a job",
        result=list[AttemptInfo],
        answers=MISSING,
        **READ,
    ),
    RouteSpec(
        "jobs.cancel",
        "/api/jobs/{id}/cancel",
        cancel_job,
        summary="Cancel a job",
        description="What waits is cancelled at once. What runs is asked to end, with all that it started, and ended "
        "after the grace time; whatever it says until then, the job ends as cancelled.",
        result=JobInfo,
        answers=MISSING | {400: "It has ended before"},
        **WRITE,
    ),
    RouteSpec(
        "jobs.retry",
        "/api/jobs/{id}/retry",
        retry_job,
        summary="Try a job once more, with the same parameters",
        result=JobInfo,
        answers=MISSING | {400: "It has not ended, or has done what it should"},
        **WRITE,
    ),
    RouteSpec(
        "jobs.artifacts",
        "/api/jobs/{id}/artifacts",
        list_artifacts,
        summary="The files that a job left",
        result=list[ArtifactInfo],
        answers=MISSING,
        **READ,
    ),
    RouteSpec(
        "jobs.artifact",
        "/api/jobs/{id}/artifacts/{name:path}",
        read_artifact,
        summary="A file that a job left",
        result=Any,
        media=("application/octet-stream",),
        answers={404: "The caller has no such job, or it left no such file"},
        **READ,
    ),
    *LOG_ROUTES,
)
