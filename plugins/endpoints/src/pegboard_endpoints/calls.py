"""Calls in the store: the last ones of each endpoint, and its minutes; each for its tenant."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import Problem
from pegboard_store import Page, Seldom, Store, insert_into, paginate

from .call_documents import CallQuery, CallRecord, Day, Minute, State
from .tables import calls, minutes
from .tallies import Ended, Key, Tally

ROWS = 1000
"""Single calls that one write holds, failures first; all calls are in the minutes."""
TEXT = 500
HOUR = 3600.0
SUMS = ("calls", "failed", "cached", "upstream", "queue", "run")


class Calls:
    """`keep` answers and as many failures of each endpoint, and `days` of minutes, are kept."""

    def __init__(self, store: Store, keep: int, days: float) -> None:
        self._store = store
        self._keep = keep
        self._days = timedelta(days=days)
        self._since: Counter[tuple[str, bool]] = Counter()
        self._sweeping = Seldom(HOUR)

    async def write(self, tallies: Mapping[Key, Tally]) -> None:
        """In one transaction: what is over the bounds goes with it. Raises Problem of the store."""
        if not tallies or not self._keep:
            return
        rows = list(_rows(tallies))[:ROWS]
        async with self._store.begin() as session:
            await session.execute(insert(calls), rows)
            await self._add(session, tallies)
            for widget, failed in self._full(rows):
                await session.execute(delete(calls).where(*self._surplus(widget, failed)))
            await self._sweep(session)

    async def _add(self, session: AsyncSession, tallies: Mapping[Key, Tally]) -> None:
        # in one order, so that no two processes wait for each other
        rows = [_minute(key, tallies[key]) for key in sorted(tallies)]
        new = insert_into(self._store.dialect, minutes)
        kept, given = minutes.c, new.excluded
        slowest = case((given.slowest > kept.slowest, given.slowest), else_=kept.slowest)
        changed = {name: kept[name] + given[name] for name in SUMS} | {"slowest": slowest}
        await session.execute(new.on_conflict_do_update(index_elements=["widget_id", "minute"], set_=changed), rows)

    def _full(self, rows: Iterable[Mapping[str, Any]]) -> list[tuple[str, bool]]:
        """Those that got so many rows since they were last looked at that some are too many."""
        self._since.update((row["widget_id"], row["failed"]) for row in rows)
        full = [key for key, count in self._since.items() if count > self._keep // 2]
        for key in full:
            del self._since[key]
        return sorted(full)

    def _surplus(self, widget_id: str, failed: bool) -> tuple[ColumnElement[bool], ...]:
        own = (calls.c.widget_id == widget_id, calls.c.failed.is_(failed))
        last = select(calls.c.id).where(*own).order_by(calls.c.id.desc()).limit(1).offset(self._keep - 1)
        return (*own, calls.c.id < last.scalar_subquery())

    async def _sweep(self, session: AsyncSession) -> None:
        if not self._sweeping.is_due():
            return
        before = datetime.now(UTC) - self._days
        await session.execute(delete(calls).where(calls.c.at < before))
        await session.execute(delete(minutes).where(minutes.c.minute < before))

    async def page(self, tenant: str, widget_id: str, query: CallQuery) -> Page[CallRecord]:
        """The last calls of an endpoint, newest first."""
        own = [calls.c.tenant == tenant, calls.c.widget_id == widget_id]
        if query.failed is not None:
            own.append(calls.c.failed.is_(query.failed))
        async with self._store.read() as session:
            return await paginate(
                session,
                select(*calls.c).where(*own),
                query,
                columns={"at": calls.c.at},
                default="at:desc",
                unique=calls.c.id.desc(),
                make=_record,
            )

    async def minutes(self, tenant: str, widget_id: str, hours: int) -> list[Minute]:
        """Those in which there were calls, oldest first."""
        since = datetime.now(UTC) - timedelta(hours=hours)
        own = (minutes.c.tenant == tenant, minutes.c.widget_id == widget_id, minutes.c.minute >= since)
        async with self._store.read() as session:
            found = await session.execute(select(*minutes.c).where(*own).order_by(minutes.c.minute))
        return [_shown(row) for row in found]

    async def states(self, tenant: str, ids: Sequence[str]) -> list[State]:
        """The last call of each endpoint that was ever called, and what its last day came to."""
        own = (calls.c.tenant == tenant, calls.c.widget_id.in_(ids))
        newest = select(func.max(calls.c.id)).where(*own).group_by(calls.c.widget_id)
        day = datetime.now(UTC) - timedelta(days=1)
        within = (minutes.c.tenant == tenant, minutes.c.widget_id.in_(ids), minutes.c.minute >= day)
        sums = [func.sum(minutes.c[name]).label(name) for name in SUMS]
        summed = select(minutes.c.widget_id, *sums, func.max(minutes.c.slowest).label("slowest"))
        async with self._store.read() as session:
            last = (await session.execute(select(*calls.c).where(calls.c.id.in_(newest)))).all()
            days = await session.execute(summed.where(*within).group_by(minutes.c.widget_id))
        known = {row.widget_id: row for row in days}
        return [_state(row, known.get(row.widget_id)) for row in last]


def _rows(tallies: Mapping[Key, Tally]) -> Iterator[dict[str, Any]]:
    ended = [
        (widget, tally, one) for (widget, _), tally in tallies.items() for one in (*tally.failures, *tally.answers)
    ]
    newest = sorted(ended, key=lambda last: (last[2][-1] is None, -last[2][0]))
    # the newest are chosen, but written in the order in which they ended
    for widget, tally, one in sorted(newest[:ROWS], key=lambda last: last[2][0]):
        yield {"tenant": tally.tenant, "widget_id": widget, **_values(one)}


def _values(ended: Ended) -> dict[str, Any]:
    at, status, freshness, upstream, queue, run, isolation, problem = ended
    return {
        "at": datetime.fromtimestamp(at, UTC),
        "status": status,
        "failed": problem is not None,
        "code": _code(problem) if problem else "",
        "detail": _text(problem.detail) if problem else "",
        "line": problem.extra.get("line") if problem else None,
        "freshness": freshness,
        "isolation": isolation,
        "upstream": _ms(upstream),
        "queue": _ms(queue),
        "run": _ms(run),
    }


def _code(problem: Problem) -> str:
    return str(problem.extra.get("error_code") or problem.code.upper().replace("-", "_"))


def _text(detail: str) -> str:
    """An exception's text is anything: neither database takes a surrogate, nor PostgreSQL the character U+0000."""
    return detail[:TEXT].encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def _minute(key: Key, tally: Tally) -> dict[str, Any]:
    widget, minute = key
    return {
        "tenant": tally.tenant,
        "widget_id": widget,
        "minute": datetime.fromtimestamp(minute * 60, UTC),
        "calls": tally.calls,
        "failed": tally.failed,
        "cached": tally.cached,
        "upstream": _ms(tally.upstream),
        "queue": _ms(tally.queue),
        "run": _ms(tally.run),
        "slowest": _ms(tally.slowest),
    }


def _record(row: Any) -> CallRecord:
    times = (row.upstream, row.queue, row.run)
    return CallRecord(
        row.at, row.status, row.failed, row.code, row.detail, row.line, row.freshness or None, row.isolation, *times
    )


def _shown(row: Any) -> Minute:
    upstream, queue, run = (round(total / row.calls, 3) for total in (row.upstream, row.queue, row.run))
    return Minute(row.minute, row.calls, row.failed, row.cached, upstream, queue, run, row.slowest)


def _state(row: Any, day: Any) -> State:
    if day is None:
        return State(row.widget_id, _record(row), Day())
    mean = round((day.upstream + day.queue + day.run) / day.calls, 3)
    return State(row.widget_id, _record(row), Day(day.calls, day.failed, day.cached, mean, day.slowest))


def _ms(seconds: float) -> float:
    return round(seconds * 1e3, 3)
