"""What a job can be: each kind is a function that another plugin brings."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import attrs
from attrs.validators import matches_re

from pegboard import NoConfig, Services

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from .job import Job
    from .run import JobRun


NAME = r"[a-z][a-z0-9]*([._-][a-z0-9]+)*"


@attrs.frozen
class JobKind:
    """A kind of job. `run(run)` carries one attempt out and returns the result, which JSON can hold.

    It raises `JobFailed`, or `Again` to be called once more; any other error is a failure whose reason is for the log
    alone. An attempt may come after one that was lost in the middle: it must bear that.
    """

    name: str = attrs.field(validator=matches_re(NAME))
    summary: str
    config: type = NoConfig
    run: "Callable[[JobRun], Awaitable[Any]]" = attrs.field(kw_only=True)


@attrs.frozen
class JobListener:
    """Told of each job that has ended, within the transaction that ends it: what it writes there is kept with it.

    `ended(services, session, job)` hears of jobs of some `kinds`, or of all, and of those that it `wants`: a look at
    what is in memory, which saves it from being asked in vain.
    """

    name: str = attrs.field(validator=matches_re(NAME))
    summary: str
    config: type = NoConfig
    ended: "Callable[[Services, AsyncSession, Job], Awaitable[None]]" = attrs.field(kw_only=True)
    kinds: tuple[str, ...] = attrs.field(default=(), kw_only=True)
    wants: "Callable[[Services, Job], bool]" = attrs.field(default=lambda services, job: True, kw_only=True)

    def hears(self, services: Services, job: "Job") -> bool:
        return (not self.kinds or job.kind in self.kinds) and self.wants(services, job)


class JobFailed(Exception):
    """The attempt did not do what it should, and its owner is told why; nothing in it may be secret.

    `state` is ``failed``, or ``timed_out`` where it ran out of time.
    """

    def __init__(
        self,
        error: str,
        *,
        state: str = "failed",
        result: Any = None,
        exit_code: int | None = None,
        signal: int | None = None,
        limit: str = "",
    ) -> None:
        super().__init__(error)
        self.state = state
        self.result = result
        self.exit_code = exit_code
        self.signal = signal
        self.limit = limit


class Again(Exception):
    """Call it once more, after some seconds; where no attempt is left the job has failed for this reason."""

    def __init__(self, error: str, after: float) -> None:
        super().__init__(error)
        self.after = after
