"""Submitting: a row in the transaction of whoever wants the work done."""

import secrets
from collections.abc import Mapping
from typing import Any

import attrs
from sqlalchemy import Select, bindparam, case, func, literal, select, text, true
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import Principal, Problem, Services
from pegboard_store import Store, execute_last, insert_into

from .clock import Clock
from .job import COLUMNS, Job, Submission, job_of
from .plain import has_nul
from .settings import JobsSettings
from .tables import in_state, jobs

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
QUEUE = 0x7065_6762_6A6F_6273  # "pegbjobs": whoever counts or claims holds this lock on PostgreSQL
NEAR = 100
"""Jobs that may come in at one moment, through all transactions that there can be."""

TIMES = ("created_at", "queued_at", "due_at")
LIMITS = ("most", "most_of_owner", "most_of_kind")
WAITS: Mapping[str, Any] = {"lease": None, "worker": None}
NOBODY, NOTHING = Principal("", ""), Submission("")
WAITING = jobs.c.ended_at.is_(None) & in_state("queued", "delayed")  # few have not ended: by an index


@attrs.frozen
class Submitted:
    """The job, and the number of its row; `new` is false where its unique key had been used before."""

    job: Job
    new: bool
    seq: int = 0


async def lock_queue(session: AsyncSession) -> None:
    """One at a time decides about the queue, until the end of the transaction; SQLite has one writer anyhow."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": QUEUE})


def _its(name: str) -> Any:
    return bindparam(f"its_{name}", type_=jobs.c[name].type)


def _count(which: Any, limit: str) -> Any:
    some = select(jobs.c.seq).where(WAITING, which).limit(bindparam(limit)).subquery()
    return select(func.count()).select_from(some).scalar_subquery().label(limit)


LOOK = select(
    _count(true(), "most"),
    # concatenated, else SQLite would go through all jobs that its index has of this owner, and most of them have ended
    _count((jobs.c.tenant.concat("") == _its("tenant")) & (jobs.c.owner.concat("") == _its("owner")), "most_of_owner"),
    _count(jobs.c.kind == _its("kind"), "most_of_kind"),
    select(func.min(jobs.c.lane)).where(in_state("queued")).scalar_subquery().label("first"),
)
"""How many wait, as far as that is asked for, and whether there is one whose turn it would be."""


@attrs.frozen
class Queue:
    """The end of the queue where jobs come in."""

    clock: Clock
    settings: JobsSettings
    # built once: to build a statement costs more than to execute it
    _insert: Any = attrs.field(init=False, repr=False)
    _insert_unique: Any = attrs.field(init=False, repr=False)

    @_insert.default
    def _build(self) -> Any:
        """A row where there is room; the job has begun with it where it is given a lease, and nothing else waits."""
        look = LOOK.subquery("look")
        room = [(look.c[most] + NEAR < bindparam(most)) | (bindparam(most) == 0) for most in LIMITS]
        values = {name: _its(name) for name in _row(NOBODY, NOTHING)}
        values |= {name: self.clock.named(f"at_{name}") for name in TIMES}
        values |= self._begun(look.c.first.is_(None) & _its("lease").is_not(None))
        row = select(*values.values()).select_from(look).where(*room)
        return insert_into(self.clock.dialect, jobs).from_select(list(values), row).returning(jobs.c.seq, *COLUMNS)

    def _begun(self, begins: Any) -> dict[str, Any]:
        now, end = self.clock.named("at_begun"), self.clock.named("at_end")
        values = {"state": literal("running"), "attempts": literal(1), "lease": _its("lease"), "worker": _its("worker")}
        otherwise = {"state": _its("state"), "attempts": literal(0)}
        values |= {"started_at": now, "begun_at": now, "leased_until": end}
        return {name: case((begins, value), else_=otherwise.get(name)) for name, value in values.items()}

    @_insert_unique.default
    def _build_unique(self) -> Any:
        return self._insert.on_conflict_do_nothing()

    async def add(self, session: AsyncSession, owner: Principal, submission: Submission) -> Submitted:
        """A row. Raises Problem 429 ``queue-full``; ValueError for a payload or parameters that are no JSON, or hold a
        NUL."""
        return await self._add(AsyncSession.execute, session, owner, submission, {})

    async def add_last(
        self, session: AsyncSession, owner: Principal, submission: Submission, begin: Mapping[str, Any]
    ) -> Submitted:
        """The same at the end of a transaction; where nothing else waits the job has what `begin` says, and runs."""
        return await self._add(execute_last, session, owner, submission, {} if submission.delay else begin)

    async def _add(
        self, execute: Any, session: AsyncSession, owner: Principal, submission: Submission, begin: Mapping[str, Any]
    ) -> Submitted:
        if has_nul([submission.payload, submission.parameters]):
            raise ValueError("payload and parameters cannot hold NUL characters: refuse them where they come in")
        job = {**_row(owner, submission), **WAITS, **begin}
        row = {f"its_{name}": value for name, value in job.items()}
        row |= self._limits(submission) | self._times(submission)
        insert = self._insert_unique if submission.unique else self._insert
        made = (await execute(session, insert, row)).one_or_none()
        if made is None:  # it is there, or there may be no room
            await self._check_room(session, owner, submission)
            made = (await execute(session, insert, row | dict.fromkeys(LIMITS, 0))).one_or_none()
        if made is not None:
            return Submitted(job_of(made), True, made.seq)
        same = (await session.execute(_same(owner, submission))).one()
        return Submitted(job_of(same), False, same.seq)

    async def _check_room(self, session: AsyncSession, owner: Principal, submission: Submission) -> None:
        """Near a limit nobody may slip in between count and row. Raises Problem 429 ``queue-full``."""
        await lock_queue(session)
        limits = self._limits(submission)
        asked = limits | {"its_tenant": owner.tenant, "its_owner": owner.id, "its_kind": submission.kind}
        counts = (await session.execute(LOOK, asked)).one()
        for limit, count, whose in zip(limits.values(), counts, ("", " of yours", " of this kind"), strict=False):
            if limit and count >= limit:
                detail = f"{limit} jobs{whose} are waiting, which is the most; try again when some have ended"
                raise Problem(429, "queue-full", detail, headers={"Retry-After": "5"})

    def _limits(self, submission: Submission) -> dict[str, int]:
        most = (self.settings.waiting, self.settings.waiting_per_user, submission.most_waiting)
        return dict(zip(LIMITS, most, strict=True))

    def _times(self, submission: Submission) -> dict[str, Any]:
        delay, lease = submission.delay, self.settings.lease
        later = {"created_at": 0.0, "queued_at": delay, "due_at": delay or None, "begun": 0.0, "end": lease}
        return self.clock.given(**{f"at_{name}": seconds for name, seconds in later.items()})


async def waiting(services: Services, seconds: float, most: int = 1000) -> int:
    """How many jobs have been in the queue for so many seconds without being claimed; `most` where there are more."""
    store = await services.aget(Store)
    old = (in_state("queued"), jobs.c.queued_at <= Clock(store.dialect).now(-seconds))
    some = select(jobs.c.seq).where(*old).limit(most).subquery()
    async with store.read() as session:
        return await session.scalar(select(func.count()).select_from(some)) or 0


def _same(owner: Principal, submission: Submission) -> Select[Any]:
    return select(jobs.c.seq, *COLUMNS).where(
        jobs.c.tenant == owner.tenant,
        jobs.c.owner == owner.id,
        jobs.c.kind == submission.kind,
        jobs.c.unique_key == submission.unique,
    )


def lane(priority: int, tenant: str, owner: str) -> str:
    """Whose turn it is: lower comes first, so that the highest priority is 000. `whose` undoes it."""
    return f"{100 - priority:03d}{tenant}\x1f{owner}"


def whose(lane: str) -> tuple[str, str]:
    """Tenant and owner."""
    tenant, _, owner = lane[3:].partition("\x1f")
    return tenant, owner


def _row(owner: Principal, submission: Submission) -> dict[str, Any]:
    return {
        "id": f"job_{''.join(secrets.choice(LETTERS) for _ in range(20))}",
        "tenant": owner.tenant,
        "owner": owner.id,
        "kind": submission.kind,
        "subject": submission.subject,
        "title": submission.title or submission.subject or submission.kind,
        "parameters": submission.parameters,
        "payload": submission.payload,
        "unique_key": submission.unique or None,
        "priority": submission.priority,
        "lane": lane(submission.priority, owner.tenant, owner.id),
        "state": "delayed" if submission.delay else "queued",
        "most_attempts": submission.attempts,
        "stage": "",
        "log_bytes": 0,
        "log_lines": 0,
        "log_cut": False,
        "error": "",
        "limit_hit": "",
        "cpu": 0.0,
        "memory": 0,
    }
