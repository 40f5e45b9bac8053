"""Jobs as they go over the wire (document 004 and its contract)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import attrs

from pegboard_store import Page, Pagination

from .artifacts import ArtifactInfo
from .following import EndNews, Line, News, ProgressNews
from .job import STATUS, AttemptInfo, Job, State, Status


@attrs.frozen
class JobInfo:
    """A job. `duration` and `cpu` are in seconds, `peak_memory` in bytes, `progress` in percent.

    One that waits is not begun before `due_at`. It may be begun `most_attempts` times.
    """

    id: str
    kind: str
    script_name: str
    title: str
    parameters: Any
    status: Status
    state: State
    cancelling: bool
    progress: float | None
    current_stage: str
    created_at: datetime
    due_at: datetime | None
    started_at: datetime | None
    completed_at: datetime | None
    duration: float | None
    owner: str
    attempts: int
    most_attempts: int
    exit_code: int | None
    signal: int | None
    limit: str
    error_message: str
    result: Any
    cpu: float
    peak_memory: int
    log_bytes: int
    log_lines: int
    log_cut: bool

    @classmethod
    def of(cls, job: Job) -> "JobInfo":
        others: dict[str, Any] = {
            "script_name": job.subject,
            "current_stage": job.stage,
            "completed_at": job.ended_at,
            "error_message": job.error,
            "peak_memory": job.memory,
        }
        names = (field.name for field in attrs.fields(cls))
        return cls(**{name: others[name] if name in others else getattr(job, name) for name in names})


@attrs.frozen
class JobDetail:
    """A job, its attempts, and the files that it left."""

    job: JobInfo
    attempts: Sequence[AttemptInfo]
    artifacts: Sequence[ArtifactInfo]


@attrs.frozen
class JobsInfo:
    """A page of jobs."""

    jobs: Sequence[JobInfo]
    pagination: Pagination

    @classmethod
    def of(cls, page: Page[Job]) -> "JobsInfo":
        return cls([JobInfo.of(job) for job in page.data], page.pagination)


ENDS = {"completed": "job_completed", "cancelled": "job_cancelled", "forgotten": "job_forgotten"}


def message(job: str, news: News) -> tuple[str, dict[str, Any]]:
    """The name of an event, and what belongs to it; how it ended is for whoever asks for the job."""
    match news:
        case Line():
            return "job_output", {"job_id": job, "seq": news.seq, "line": news.text}
        case ProgressNews():
            return "job_progress", {"job_id": job, "progress": news.percent}
        case EndNews():
            data = {"job_id": job, "status": STATUS.get(news.state, "failed"), "state": news.state}
            return ENDS.get(news.state, "job_failed"), data
    return "job_stage", {"job_id": job, "stage": news.name}
