"""The envelope of every answer (document 001, section 4)."""

import os
from typing import Any

import attrs

from pegboard_jobs import Job

from .outcomes import Told, failed

ENDPOINT = "/v1/code/execute/python"
PROCESSING = "processing"


@attrs.frozen
class Queue:
    """How the queue is: `length` waits, `most` may wait, 0 where there is no limit."""

    length: int
    most: int

    @property
    def shown(self) -> int | str:
        return self.most or "unlimited"


@attrs.frozen
class Envelopes:
    """Makes answers of jobs."""

    build: str

    def of(self, job: Job, number: int, queue: Queue) -> dict[str, Any]:
        """The answer for a job that has ended."""
        told = told_by(job)
        waited = (job.started_at - job.created_at).total_seconds() if job.started_at else 0.0
        times = {"run_time": told.seconds, "queue_time": waited, "total_time": waited + told.seconds}
        named = {"endpoint": ENDPOINT, "code": told.status, "id": name_of(job), "job_id": job.id}
        said = {"response": told.response, "message": told.message, **self._place(number)}
        return {**named, **said, **{name: round(seconds, 3) for name, seconds in times.items()}, **self._rest(queue)}

    def processing(self, job: Job, number: int, queue: Queue) -> dict[str, Any]:
        """The answer for one that has not."""
        named = {"code": 202, "id": name_of(job), "job_id": job.id, "message": PROCESSING, **self._place(number)}
        return {**named, "max_queue_length": queue.shown, **self._rest(queue)}

    def full(self, name: str | None, identifier: str, queue: Queue) -> dict[str, Any]:
        """The answer where there is no room."""
        said = {"code": 429, "id": name, "job_id": identifier, "message": f"MAX_QUEUE_LENGTH ({queue.most}) reached"}
        return {**said, "pid": os.getpid(), **self._rest(queue)}

    def _place(self, number: int) -> dict[str, Any]:
        return {"pid": os.getpid(), "queue_id": number}

    def _rest(self, queue: Queue) -> dict[str, Any]:
        return {"queue_length": queue.length, "build_number": self.build}


def name_of(job: Job) -> Any:
    return (job.parameters or {}).get("id")


def told_by(job: Job) -> Told:
    """What a job that has ended has to say; one that was cancelled or lost has said nothing."""
    if isinstance(job.result, dict) and job.result.keys() == {"status", "response", "message", "seconds"}:
        return Told(**job.result)
    if job.state == "cancelled":
        return failed("Execution was cancelled", 400)
    return failed(reference=job.id)
