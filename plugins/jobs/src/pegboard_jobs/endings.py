"""The end of an attempt: of the job with it, or until another attempt. A cancel that came first is never overruled."""

from collections.abc import Iterable, Sequence, Set
from datetime import datetime
from typing import Any

import attrs
import structlog
from sqlalchemy import bindparam, case, insert, null, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import Services

from .claims import Claimed
from .clock import Clock
from .job import COLUMNS, FINAL, Job, job_of
from .kinds import JobListener
from .outgoing import Ending, Outgoing, Piece
from .tables import attempts, in_state, jobs

logger = structlog.get_logger(__name__)

Ended = tuple[Outgoing, Piece]
CANCELLED = jobs.c.cancel_at.is_not(None)
HOW = ("error", "exit_code", "signal", "cpu", "memory")
LOG = ("log_bytes", "log_lines", "log_cut", "progress", "stage")
FINAL_COLUMNS = (*HOW, *LOG, "state", "result", "limit_hit")
LOCKED = (
    select(jobs.c.seq, jobs.c.lease, jobs.c.cancel_at, jobs.c.begun_at)
    .where(jobs.c.seq.in_(bindparam("seqs", expanding=True)), in_state("running"))
    .order_by(jobs.c.seq)
    .with_for_update()
)
AGAIN_COLUMNS = (*HOW, *LOG, "state", "limit_hit", "most_attempts")


def _new(name: str) -> Any:
    return bindparam(f"new_{name}", type_=jobs.c[name].type)


def _written(*names: str) -> Any:
    """An update of the job that runs under a lease, of these columns."""
    mine = (jobs.c.seq == bindparam("its"), jobs.c.lease == bindparam("token"), in_state("running"))
    return update(jobs).where(*mine).values({name: _new(name) for name in names})


def _unless_cancelled(name: str, otherwise: Any) -> Any:
    return case((CANCELLED, otherwise), else_=_new(name))


@attrs.frozen
class Endings:
    """Writes how attempts ended, and tells those who listen in the same transaction.

    A job is only changed where it runs under the attempt's lease: one statement looks, decides and writes.
    """

    clock: Clock
    services: Services
    listeners: tuple[JobListener, ...] = ()
    # statements are built once: to build one costs more than to execute it
    _final: Any = attrs.field(init=False, repr=False)
    _again: Any = attrs.field(init=False, repr=False)
    _attempt: Any = attrs.field(init=False, repr=False)
    _final_row: Any = attrs.field(init=False, repr=False)
    _again_row: Any = attrs.field(init=False, repr=False)

    @_final.default
    def _build_final(self) -> Any:
        decided = {"state": "cancelled", "error": "", "result": null()}
        values = {name: _unless_cancelled(name, otherwise) for name, otherwise in decided.items()}
        return _written(*FINAL_COLUMNS).values(values | {"leased_until": None, "ended_at": self.clock.named("at_end")})

    @_again.default
    def _build_again(self) -> Any:
        due = self.clock.named("at_due")
        left = {"due_at": due, "queued_at": due, "lease": None, "leased_until": None, "worker": None}
        return _written(*AGAIN_COLUMNS).where(~CANCELLED).values(left)

    @_attempt.default
    def _build_attempt(self) -> Any:
        return insert(attempts).values(ended_at=self.clock.named("at_end"))

    @_final_row.default
    def _build_final_row(self) -> Any:
        return self._final.returning(*COLUMNS)

    @_again_row.default
    def _build_again_row(self) -> Any:
        return self._again.returning(jobs.c.begun_at)

    async def write(self, session: AsyncSession, ended: Sequence[Ended]) -> Set[str]:
        """The leases of the attempts that were still those that count; of the others nothing is written."""
        if len(ended) == 1:
            return {ended[0][0].job.lease} if await self._write_one(session, *ended[0]) else set()
        return await self._write_many(session, ended)

    async def _write_one(self, session: AsyncSession, outgoing: Outgoing, piece: Piece) -> bool:
        """In a single look, which also gives the job as it is then, for whoever waits for it."""
        its, ending = outgoing.job, _last(piece, outgoing)
        if ending.state not in FINAL:
            row = await _changed(session, self._again_row, _again_values(self.clock, its, piece, ending))
            if row is not None:
                await session.execute(self._attempt, self._kept(its, ending, row.begun_at))
                return True
        # for good, also where a cancel came before it could begin again
        row = await _changed(session, self._final_row, _final_values(self.clock, its, piece, ending))
        if row is None:
            return False
        outgoing.ended = job_of(row)
        await self.tell(session, [outgoing.ended])
        return True

    async def _write_many(self, session: AsyncSession, ended: Sequence[Ended]) -> Set[str]:
        """A look at all of them, then a statement for each kind of change, however many there are."""
        rows = {row.lease: row for row in await _locked(session, [one.job.seq for one, _ in ended])}
        mine = [(one, piece, rows[one.job.lease]) for one, piece in ended if one.job.lease in rows]
        finals, agains, kept = [], [], []
        for outgoing, piece, row in mine:
            ending = _last(piece, outgoing)
            if ending.state in FINAL or row.cancel_at is not None:
                finals.append(_final_values(self.clock, outgoing.job, piece, ending))
            else:
                agains.append(_again_values(self.clock, outgoing.job, piece, ending))
                kept.append(self._kept(outgoing.job, ending, row.begun_at))
        for statement, values in ((self._final, finals), (self._again, agains), (self._attempt, kept)):
            if values:
                await session.execute(statement, values)
        await self.tell_of(session, [values["its"] for values in finals])
        return {outgoing.job.lease for outgoing, _, _ in mine}

    async def tell(self, session: AsyncSession, ended: Iterable[Job]) -> None:
        """Tell those who listen of jobs that have just ended; who fails is heard of in the log, and undone alone."""
        for job in ended:
            for listener in self.listeners:
                if listener.hears(self.services, job):
                    await self._tell(session, listener, job)

    async def tell_of(self, session: AsyncSession, seqs: Iterable[int]) -> None:
        """The same by the numbers of rows."""
        if self.listeners and (wanted := list(seqs)):
            rows = await session.execute(select(*COLUMNS).where(jobs.c.seq.in_(wanted)).order_by(jobs.c.seq))
            await self.tell(session, [job_of(row) for row in rows])

    async def _tell(self, session: AsyncSession, listener: JobListener, job: Job) -> None:
        try:
            async with session.begin_nested():
                await listener.ended(self.services, session, job)
        except Exception:
            logger.exception("jobs.listener-failed", listener=listener.name, job=job.id)

    def _kept(self, its: Claimed, ending: Ending, begun: datetime) -> dict[str, Any]:
        """The attempt as a row of its own, now that another one is to come."""
        state = {"queued": "released", "delayed": "failed"}[ending.state]
        named = {"job": its.seq, "number": its.number, "lease": its.lease, "worker": its.worker, "started_at": begun}
        how = {name: getattr(ending, name) for name in HOW}
        return named | how | {"state": state} | self.clock.given(at_end=0.0)


async def _changed(session: AsyncSession, statement: Any, values: dict[str, Any]) -> Any:
    return (await session.execute(statement, values)).one_or_none()


async def _locked(session: AsyncSession, seqs: Sequence[int]) -> Sequence[Any]:
    """Jobs that run, in one order for all processes."""
    return (await session.execute(LOCKED, {"seqs": seqs})).all()


def _last(piece: Piece, outgoing: Outgoing) -> Ending:
    """How it ended: an attempt that is to be repeated, and may not be any more, has failed."""
    assert piece.ending is not None, "only what has ended is written here"
    if piece.ending.state == "delayed" and outgoing.job.number >= outgoing.job.most_attempts:
        return attrs.evolve(piece.ending, state="failed")
    return piece.ending


def _final_values(clock: Clock, job: Claimed, piece: Piece, ending: Ending) -> dict[str, Any]:
    return _given(FINAL_COLUMNS, job, piece, ending) | clock.given(at_end=0.0)


def _again_values(clock: Clock, job: Claimed, piece: Piece, ending: Ending) -> dict[str, Any]:
    return _given(AGAIN_COLUMNS, job, piece, ending) | clock.given(at_due=ending.after)


def _given(names: Sequence[str], job: Claimed, piece: Piece, ending: Ending) -> dict[str, Any]:
    """The parameters of a statement that writes these columns."""
    more = 1 if ending.state == "queued" else 0  # released by a process that stops: not the job's fault
    values = {
        **{name: getattr(ending, name) for name in ("state", "result", *HOW)},
        **{"limit_hit": ending.limit, "most_attempts": job.most_attempts + more},
        **{"log_bytes": piece.end, "log_lines": piece.lines, "log_cut": piece.cut},
        **{"progress": piece.progress, "stage": piece.stage},
    }
    return {"its": job.seq, "token": job.lease} | {f"new_{name}": values[name] for name in names}
