"""A job as its owner sees it, and as somebody submits it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

import attrs
from attrs.validators import and_, ge, le, max_len
from sqlalchemy import Row

from .tables import jobs

State = Literal["queued", "delayed", "running", "completed", "failed", "cancelled", "timed_out", "lost"]
Status = Literal["pending", "running", "completed", "failed", "cancelled"]

FINAL = frozenset(("completed", "failed", "cancelled", "timed_out", "lost"))
STATUS: Mapping[str, Status] = {
    "queued": "pending",
    "delayed": "pending",
    "running": "running",
    "completed": "completed",
    "failed": "failed",
    "cancelled": "cancelled",
    "timed_out": "failed",
    "lost": "failed",
}
"""What the contract's five words mean; `state` says it exactly."""


@attrs.frozen
class Submission:
    """Work to be done.

    `payload` is for the kind alone, `parameters` is what people see of it: neither may hold a secret that is not
    sealed. `subject` is what limits and lists go by, such as the name of a script. A higher `priority` goes first.
    `delay` is in seconds. Where `unique` is given, the same owner's job of that kind and key is there once, as long as
    it is kept. `attempts` is how often it may be begun, lost
    workers included. No more than `most_waiting` jobs of its kind may wait, 0 is no limit.
    """

    kind: str
    payload: Any = attrs.field(default=None, repr=False)
    parameters: Any = attrs.field(default=None, repr=False)
    subject: str = attrs.field(default="", validator=max_len(200))
    title: str = attrs.field(default="", validator=max_len(200))
    priority: int = attrs.field(default=0, validator=and_(ge(-100), le(100)))
    delay: float = attrs.field(default=0.0, validator=ge(0))
    unique: str = attrs.field(default="", validator=max_len(200))
    attempts: int = attrs.field(default=3, validator=ge(1))
    most_waiting: int = attrs.field(default=0, validator=ge(0))


@attrs.frozen
class Job:
    """A job. Times are UTC, `cpu` and `duration` seconds, `memory` bytes, `progress` percent."""

    id: str
    tenant: str
    owner: str
    kind: str
    subject: str
    title: str
    parameters: Any
    status: Status
    state: State
    progress: float | None
    stage: str
    attempts: int
    most_attempts: int
    cancelling: bool
    result: Any
    error: str
    exit_code: int | None
    signal: int | None
    limit: str
    cpu: float
    memory: int
    log_bytes: int
    log_lines: int
    log_cut: bool
    created_at: datetime
    due_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def final(self) -> bool:
        return self.state in FINAL

    @property
    def duration(self) -> float | None:
        """Seconds from its first start to its end, or until now."""
        if self.started_at is None:
            return None
        return ((self.ended_at or datetime.now(UTC)) - self.started_at).total_seconds()


OTHERS = {"status", "cancelling", "limit"}
COLUMNS = [
    *(jobs.c[field.name] for field in attrs.fields(Job) if field.name not in OTHERS),
    jobs.c.cancel_at,
    jobs.c.limit_hit,
]


def job_of(row: Row[Any]) -> Job:
    """From a row of `COLUMNS`, which may have more."""
    values = {column.name: getattr(row, column.name) for column in COLUMNS}
    cancelling = values.pop("cancel_at") is not None and values["state"] == "running"
    limit = values.pop("limit_hit")
    return Job(**values, limit=limit, status=STATUS[values["state"]], cancelling=cancelling)


@attrs.frozen
class AttemptInfo:
    """One attempt of a job."""

    number: int
    worker: str
    state: str
    error: str
    exit_code: int | None
    signal: int | None
    cpu: float
    memory: int
    started_at: datetime
    ended_at: datetime | None


ATTEMPT = [
    *(jobs.c[name] for name in ("attempts", "worker", "state", "error", "exit_code", "signal", "cpu", "memory")),
    jobs.c.begun_at,
    jobs.c.ended_at,
]


def latest_attempt(row: Row[Any]) -> AttemptInfo:
    """The attempt that a job's row of `ATTEMPT` tells of; what the attempt before left there is not its own."""
    if row.state == "running":
        return AttemptInfo(row.attempts, row.worker, "running", "", None, None, 0.0, 0, row.begun_at, None)
    return AttemptInfo(*row)
