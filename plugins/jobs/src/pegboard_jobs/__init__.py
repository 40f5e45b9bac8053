"""Jobs: work that outlives a request, and whoever carries it out."""

from collections.abc import Iterable, Sequence

import click

from pegboard import AnyRoute, Point, ServiceRegistry, Settings, hookimpl
from pegboard_store import Migrations

from .artifacts import ArtifactInfo
from .background import Stop, background
from .commands import jobs, worker
from .dispatching import LOCAL, Dispatch, JobDispatcher, LocalDispatch, announce
from .hub import Hub
from .job import Job, Submission
from .jobs import Jobs
from .kinds import Again, JobFailed, JobKind, JobListener
from .measuring import Counts
from .opening import (
    Dispatching,
    Working,
    open_dispatch,
    open_hub_of,
    open_jobs,
    open_local,
    open_sweeper,
    open_working,
)
from .queueing import Submitted, waiting
from .routes import ROUTES
from .run import JobRun
from .seeing import Found
from .settings import JobsSettings
from .sockets import SOCKET
from .sweeping import Sweeper
from .timetables import next_time, next_times
from .working import Worker, working

__version__ = "0.1.0"

__all__ = [
    "Again",
    "ArtifactInfo",
    "Dispatch",
    "Found",
    "Job",
    "JobDispatcher",
    "JobFailed",
    "JobKind",
    "JobListener",
    "JobRun",
    "Jobs",
    "JobsSettings",
    "Stop",
    "Submission",
    "Submitted",
    "Worker",
    "announce",
    "background",
    "next_time",
    "next_times",
    "waiting",
    "working",
]


@hookimpl
def pegboard_settings() -> type:
    return JobsSettings


@hookimpl
def pegboard_points() -> Iterable[Point]:
    return (
        Point("job-kinds", "What jobs can be", hook="pegboard_job_kinds", record=JobKind),
        Point("job-listeners", "Who is told of ended jobs", hook="pegboard_job_listeners", record=JobListener),
        Point("job-dispatchers", "Who brings jobs to workers", hook="pegboard_job_dispatchers", record=JobDispatcher),
    )


@hookimpl
def pegboard_job_dispatchers() -> JobDispatcher:
    return LOCAL


@hookimpl
def pegboard_migrations() -> Migrations:
    return Migrations("jobs", "Jobs, their logs and files", package="pegboard_jobs.migrations")


@hookimpl
def pegboard_services(registry: ServiceRegistry, settings: Settings) -> None:
    async def counts(services: object) -> Counts:
        return Counts()

    registry.offer(Counts, counts, eager=True, measure=Counts.metrics)
    registry.offer(LocalDispatch, open_local)
    registry.offer(Dispatching, open_dispatch)
    registry.offer(Hub, open_hub_of)
    registry.offer(Jobs, open_jobs, eager=True, ping=Jobs.ping, measure=Jobs.measure)
    registry.offer(Sweeper, open_sweeper, eager="serving")
    registry.offer(Working, open_working, eager="serving")


@hookimpl
def pegboard_routes() -> Iterable[AnyRoute]:
    return (*ROUTES, SOCKET)


@hookimpl
def pegboard_commands() -> Sequence[click.Command]:
    return (jobs, worker)
