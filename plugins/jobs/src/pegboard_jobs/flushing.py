"""Writing: one transaction for all that the attempts of this process have to say, again and again."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import Any

import structlog
from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard_store import Store, StoreProblem, execute_last

from .background import Stop
from .endings import Endings
from .log_files import LogFiles
from .outgoing import Outgoing, Piece
from .tables import jobs, log

CHUNK: Any = {
    "postgresql": postgresql.insert(log).on_conflict_do_nothing(),
    "sqlite": sqlite.insert(log).on_conflict_do_nothing(),
}
PATIENCE = 0.1, 2.0  # seconds until the next try while the database is away
logger = structlog.get_logger(__name__)

Batch = Mapping[str, tuple[Outgoing, Piece]]
Told = Callable[[Iterable[str]], None]

PROGRESS = (
    update(jobs)
    .where(jobs.c.seq == bindparam("its"))
    .values(log_bytes=bindparam("bytes"), log_lines=bindparam("lines"), log_cut=bindparam("cut"))
    .values(progress=bindparam("percent"), stage=bindparam("at"))
)


class Flusher:
    """Every write names the lease of its attempt: one that was lost changes nothing, and is told so."""

    def __init__(self, store: Store, endings: Endings, files: LogFiles, wait: float, told: Told) -> None:
        self._store = store
        self._endings = endings
        self._files = files
        self._wait = wait
        self._told = told
        self._waiting: dict[str, Outgoing] = {}
        self._something = asyncio.Event()
        self._urgent = asyncio.Event()
        self.failures = 0

    def touch(self, outgoing: Outgoing) -> None:
        """There is something to write; an ending does not wait for others."""
        self._waiting[outgoing.job.lease] = outgoing
        self._something.set()
        if outgoing.ending is not None:
            self._urgent.set()

    def wake(self) -> None:
        self._something.set()
        self._urgent.set()

    async def run(self, stop: Stop) -> None:
        """Until it is stopped, and everything is written that can be."""
        pause = PATIENCE[0]
        while True:
            await self._collected()
            if stop.is_set() and not self._waiting:
                return
            try:
                await self.flush()
                pause = PATIENCE[0]
            except StoreProblem as problem:
                self.failures += 1
                logger.warning("jobs.unwritten", reason=str(problem))
                if await stop.within(pause):
                    return
                pause = min(pause * 2, PATIENCE[1])
            except Exception:
                logger.exception("jobs.unwritten")
                if await stop.within(PATIENCE[1]):
                    return

    async def _collected(self) -> None:
        """Wait for something to write, and a moment longer for more of it."""
        await self._something.wait()
        try:
            async with asyncio.timeout(self._wait):
                await self._urgent.wait()
        except TimeoutError:
            return

    async def flush(self) -> None:
        """Write what there is. Whatever it raises, what could not be written waits for the next time."""
        self._something.clear()
        self._urgent.clear()
        batch = {lease: (one, one.piece()) for lease, one in self._waiting.items() if not one.fenced}
        self._waiting.clear()
        if not batch:
            return
        try:
            async with self._store.begin() as session:
                mine = await self._write(session, batch)
        except BaseException:
            for outgoing, _ in batch.values():
                self.touch(outgoing)
            raise
        self._settle(batch, mine)
        await self._files.append((batch[lease][0].job.id, batch[lease][1].data) for lease in mine)

    def _settle(self, batch: Batch, mine: Set[str]) -> None:
        for lease, (outgoing, piece) in batch.items():
            if lease not in mine:
                outgoing.fence()
                continue
            outgoing.done(piece)
            if outgoing.holding:
                self.touch(outgoing)
        self._told(batch[lease][0].job.id for lease in mine)

    async def _write(self, session: AsyncSession, batch: Batch) -> Set[str]:
        """What of the batch is still this process's; the rest is left as it is."""
        mine: dict[str, Piece] = {}
        under_way = {lease: one for lease, one in batch.items() if one[1].ending is None}
        for row in await self._locked(session, under_way) if under_way else ():
            if row.lease in under_way:
                mine[row.lease] = under_way[row.lease][1]
        await self._write_progress(session, [(batch[lease][0].job.seq, piece) for lease, piece in mine.items()])
        ended = [one for lease, one in batch.items() if lease not in under_way]
        written = await self._endings.write(session, ended) if ended else set()
        mine |= {lease: batch[lease][1] for lease in written}
        await self._write_logs(session, [(batch[lease][0].job.seq, piece) for lease, piece in mine.items()])
        return mine.keys()

    async def _locked(self, session: AsyncSession, batch: Batch) -> Sequence[Any]:
        """The rows of the jobs, in one order for all processes; their leases say whose they are."""
        seqs = {outgoing.job.seq for outgoing, _ in batch.values()}
        found = select(jobs.c.seq, jobs.c.lease).where(jobs.c.seq.in_(seqs))
        return (await session.execute(found.order_by(jobs.c.seq).with_for_update())).all()

    async def _write_logs(self, session: AsyncSession, pieces: Sequence[tuple[int, Piece]]) -> None:
        chunks = [
            {"job": seq, "offset": offset, "line": line, "data": data}
            for seq, piece in pieces
            for offset, line, data in piece.chunks()
        ]
        if chunks:
            # a commit whose answer was lost is written again: what is there stays
            await execute_last(session, CHUNK[self._store.dialect], chunks)

    async def _write_progress(self, session: AsyncSession, pieces: Sequence[tuple[int, Piece]]) -> None:
        if pieces:
            await session.execute(PROGRESS, [_progress(seq, piece) for seq, piece in pieces])


def _progress(seq: int, piece: Piece) -> dict[str, Any]:
    progress = {"percent": piece.progress, "at": piece.stage, "cut": piece.cut}
    return {"its": seq, "bytes": piece.end, "lines": piece.lines, **progress}
