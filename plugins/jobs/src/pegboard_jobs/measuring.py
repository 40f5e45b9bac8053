"""Numbers: how long jobs wait and run, how they end, how many wait now."""

from collections import Counter
from collections.abc import Sequence

import attrs
from sqlalchemy import func, select

from pegboard import Metric
from pegboard_store import Store

from .job import STATUS
from .outgoing import Ending, Outgoing
from .tables import jobs


@attrs.define(eq=False)
class Counts:
    """What this process did since it began."""

    attempts: Counter[tuple[str, ...]] = attrs.field(factory=Counter)
    seconds: dict[tuple[str, ...], float] = attrs.field(factory=dict)
    waited: dict[tuple[str, ...], float] = attrs.field(factory=dict)
    lost_leases: int = 0

    def began(self, kind: str, waited: float) -> None:
        self.waited[kind,] = self.waited.get((kind,), 0.0) + waited

    def ended(self, ending: Ending, outgoing: Outgoing, seconds: float) -> None:
        kind = outgoing.job.kind
        if outgoing.fenced:
            self.lost_leases += 1
        self.attempts[kind, "lost" if outgoing.fenced else ending.state] += 1
        self.seconds[kind,] = self.seconds.get((kind,), 0.0) + seconds

    def metrics(self) -> Sequence[Metric]:
        return (
            Metric("jobs_attempts", "counter", "Attempts that ended, by how", dict(self.attempts), ("kind", "state")),
            Metric("jobs_run_seconds", "counter", "Time that attempts took", dict(self.seconds), ("kind",)),
            Metric("jobs_wait_seconds", "counter", "Time that jobs waited", dict(self.waited), ("kind",)),
            Metric("jobs_lost_leases", "counter", "Attempts that others took over", {(): float(self.lost_leases)}),
        )


async def depth(store: Store) -> Sequence[Metric]:
    """What waits and runs, over all processes."""
    unfinished = select(jobs.c.state, jobs.c.kind, func.count()).where(jobs.c.ended_at.is_(None))
    async with store.read() as session:
        rows = (await session.execute(unfinished.group_by(jobs.c.state, jobs.c.kind))).all()
    counts: Counter[tuple[str, ...]] = Counter()
    for state, kind, count in rows:
        counts[kind, STATUS[state]] += count
    summary = "Jobs that wait or run, over all processes"
    return (Metric("jobs_depth", "gauge", summary, dict(counts), ("kind", "status")),)
