"""Runs that come again by the clock."""

import secrets
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Literal

import attrs
import structlog
from attrs.validators import ge, le, max_len
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import FieldError, Principal, Problem, setting
from pegboard_jobs import Jobs, next_time, next_times
from pegboard_store import Lookout, Store

from .executions import Executions, Prepared
from .names import file_name
from .tables import schedules
from .values import Given

Overlap = Literal["skip", "queue", "replace"]
MOST = 1000
"""Schedules of one user."""

log = structlog.get_logger(__name__)


@attrs.frozen
class ScheduleDraft:
    """A schedule as a caller sends it. `cron` has five fields, read in the time zone."""

    script_name: str = setting(help="the name of the script")
    cron: str = setting(help="minute, hour, day, month, day of the week: 0 6 * * 1-5", validator=max_len(200))
    timezone: str = setting("UTC", help="an IANA name, such as Europe/Madrid", validator=max_len(64))
    parameters: tuple[Given, ...] = setting((), help="values for the script")
    overlap: Overlap = setting("skip", help="what to do where the run before has not ended")


@attrs.frozen
class ScheduleChange:
    """What of a schedule changes. One that is paused is never due, and makes nothing up for that."""

    paused: bool = setting(help="whether it waits to be resumed")


@attrs.frozen
class TimesQuery:
    """``?cron=0 6 * * 1-5&timezone=Europe/Madrid&count=5``"""

    cron: str = attrs.field(validator=max_len(200))
    timezone: str = attrs.field(default="UTC", validator=max_len(64))
    count: int = attrs.field(default=5, validator=[ge(1), le(50)])


@attrs.frozen
class Times:
    """When a time table is due next, in UTC; fewer than were asked for where it comes to an end."""

    times: Sequence[datetime]

    @classmethod
    def of(cls, query: TimesQuery) -> "Times":
        """Raises Problem 422 ``invalid-schedule``."""
        return cls(next_times(query.cron, query.timezone, datetime.now(UTC), query.count))


@attrs.frozen
class Schedule:
    """A schedule. Times are UTC; `last_error` says why the last run could not be submitted."""

    id: str
    owner: str
    script_name: str
    cron: str
    timezone: str
    parameters: Any
    overlap: Overlap
    next_at: datetime
    last_at: datetime | None
    last_job: str | None
    last_error: str
    created_at: datetime
    paused: bool


COLUMNS = [schedules.c[field.name] for field in attrs.fields(Schedule)]


@attrs.frozen
class Schedules:
    """Makes, lists and removes schedules, and submits what is due."""

    store: Store
    executions: Executions
    jobs: Jobs
    _lookout: Lookout = attrs.field(
        init=False, default=attrs.Factory(lambda self: Lookout(self.store), takes_self=True)
    )

    async def create(self, caller: Principal, draft: ScheduleDraft, session: AsyncSession) -> Schedule:
        """Raises Problem 422 ``invalid-schedule``, and what submitting it would raise."""
        now = datetime.now(UTC)
        due = next_time(draft.cron, draft.timezone, now)
        prepared = await self.executions.prepare(caller, draft.script_name, draft.parameters)
        self._refuse_uploads(prepared)
        if (await session.scalar(select(func.count()).where(*_own(caller))) or 0) >= MOST:
            raise Problem(429, "too-many-schedules", f"a user may have {MOST} schedules: remove some")
        row = {
            "id": f"schedule_{secrets.token_hex(10)}",
            "tenant": caller.tenant,
            "owner": caller.id,
            "parameters": prepared.shown,
            "given": prepared.given,
            "sealed": prepared.sealed,
            "next_at": due,
            "last_error": "",
            "created_at": now,
            "paused": False,
            **{name: getattr(draft, name) for name in ("script_name", "cron", "timezone", "overlap")},
        }
        return Schedule(*(await session.execute(insert(schedules).values(row).returning(*COLUMNS))).one())

    async def list(self, caller: Principal, script: str = "") -> Sequence[Schedule]:
        """The caller's own, the next to run first; those of one script where it is named."""
        which = [*_own(caller), *([schedules.c.script_name == script] if script else [])]
        async with self.store.read() as session:
            rows = await session.execute(select(*COLUMNS).where(*which).order_by(schedules.c.next_at))
            return [Schedule(*row) for row in rows]

    async def change(
        self, caller: Principal, identifier: str, change: ScheduleChange, session: AsyncSession
    ) -> Schedule:
        """Pause or resume; what passed meanwhile is not made up for. Raises Problem 404 ``schedule-not-found``."""
        one = (schedules.c.id == identifier, *_own(caller))
        found = (await session.execute(select(*COLUMNS).where(*one).with_for_update())).one_or_none()
        if found is None:
            raise _missing(identifier)
        values: dict[str, Any] = {"paused": change.paused}
        if found.paused and not change.paused:
            values["next_at"] = next_time(found.cron, found.timezone, datetime.now(UTC))
        changed = update(schedules).where(*one).values(values).returning(*COLUMNS)
        return Schedule(*(await session.execute(changed)).one())

    async def remove(self, caller: Principal, identifier: str, session: AsyncSession) -> Schedule:
        """Raises Problem 404 ``schedule-not-found``."""
        gone = delete(schedules).where(schedules.c.id == identifier, *_own(caller)).returning(*COLUMNS)
        row = (await session.execute(gone)).one_or_none()
        if row is None:
            raise _missing(identifier)
        return Schedule(*row)

    async def submit_due(self) -> int:
        """Submit what is due, each in a transaction of its own; how many there were.

        Times that passed while nothing ran are made up for by one run.
        """
        due = await self._lookout.look(_due_ids, _next_due)
        for identifier in due:
            async with self.store.begin() as session:
                one = _due().where(schedules.c.id == identifier).with_for_update(skip_locked=True)
                row = (await session.execute(one)).one_or_none()
                if row is not None:
                    await self._submit(session, row)
        return len(due)

    async def _submit(self, session: AsyncSession, row: Any) -> None:
        now = datetime.now(UTC)
        values: dict[str, Any] = {"last_at": now, "last_error": ""}
        try:
            values["next_at"] = next_time(row.cron, row.timezone, now)
            job = await self._run(session, row)
            values |= {"last_job": job} if job else {"last_error": "skipped: the run before has not ended"}
        except Problem as problem:
            log.warning("scripts.schedule-failed", schedule=row.id, reason=str(problem))
            values |= {"last_error": str(problem)[:1000]}
        values.setdefault("next_at", datetime.max.replace(tzinfo=UTC))  # a table that has no next time any more
        await session.execute(update(schedules).where(schedules.c.id == row.id).values(values))

    async def _run(self, session: AsyncSession, row: Any) -> str | None:
        """The id of the new job; None where the run before is in the way."""
        owner = Principal(row.owner, row.tenant)
        before = await self._unfinished(owner, row.last_job)
        if before and row.overlap == "skip":
            return None
        prepared = Prepared(self.executions.scripts.get(row.script_name), row.given, row.sealed)
        unique = f"{row.id}@{row.next_at.isoformat()}"
        job = await self.executions.submit(owner, prepared, unique=unique, session=session)
        if before and row.overlap == "replace":
            with suppress(Problem):  # it has ended meanwhile
                await self.jobs.cancel(owner, row.last_job, session=session)
        return job.id

    async def _unfinished(self, owner: Principal, job: str | None) -> bool:
        if job is None:
            return False
        try:
            return not (await self.jobs.get(owner, job)).final
        except Problem:  # it was forgotten, long after it had ended
            return False

    def _refuse_uploads(self, prepared: Prepared) -> None:
        files = {one.name for one in prepared.script.parameters if one.type == "file"}
        for one in prepared.given:
            if one["name"] in files and file_name(one["value"]).upload:
                detail = f"{one['name']}: an upload is kept for some days only; name a file of the operator's folder"
                error = FieldError(detail, f"/parameters/{one['name']}")
                raise Problem(400, "invalid-parameters", detail, errors=[error])


def _missing(identifier: str) -> Problem:
    return Problem(404, "schedule-not-found", f"there is no schedule {identifier!r} of yours")


def _due() -> Any:
    return select(schedules).where(schedules.c.next_at <= datetime.now(UTC), schedules.c.paused.is_(False))


async def _due_ids(session: AsyncSession) -> Sequence[str]:
    return (await session.scalars(_due().with_only_columns(schedules.c.id).limit(100))).all()


async def _next_due(session: AsyncSession) -> datetime | None:
    return await session.scalar(select(func.min(schedules.c.next_at)).where(schedules.c.paused.is_(False)))


def _own(caller: Principal) -> tuple[Any, ...]:
    return (schedules.c.tenant == caller.tenant, schedules.c.owner == caller.id)
