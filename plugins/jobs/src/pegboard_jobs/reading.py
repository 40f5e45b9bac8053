"""Reading logs by byte and by line, and following them while they grow."""

from collections.abc import AsyncIterator, Sequence

import attrs
from sqlalchemy import func, select

from pegboard_store import Store

from .tables import log

AT_ONCE = 16
"""Chunks that are read at a time; each has at most 256 KiB, and most have far less."""


@attrs.frozen
class Bytes:
    """A piece of a log; `line` is how many lines end before it."""

    offset: int
    line: int
    data: bytes

    @property
    def end(self) -> int:
        return self.offset + len(self.data)


@attrs.frozen
class Log:
    """The log of one job. `end` is how much of it there was when it was looked at: nothing behind it is read."""

    store: Store
    seq: int

    async def read(self, offset: int, end: int) -> Sequence[Bytes]:
        """What follows byte `offset`, a few chunks of it; nothing where there is nothing more."""
        if offset >= end:
            return ()
        at = select(func.max(log.c.offset)).where(log.c.job == self.seq, log.c.offset <= offset).scalar_subquery()
        return await self._chunks(log.c.offset >= func.coalesce(at, 0), offset, end)

    async def pieces(self, offset: int, end: int) -> AsyncIterator[Bytes]:
        """Everything from byte `offset` on."""
        while some := await self.read(offset, end):
            for piece in some:
                yield piece
            offset = some[-1].end

    async def start_of(self, line: int) -> tuple[int, int]:
        """A byte from which on a line can be found, and the number of the line that goes on there.

        Where several chunks are of one line the first of them counts: the line begins in the one before it.
        """
        if line <= 0:
            return 0, 0
        before = (
            select(log.c.offset, log.c.line)
            .where(log.c.job == self.seq, log.c.line < line)
            .order_by(log.c.offset.desc())
            .limit(1)
        )
        async with self.store.read() as session:
            row = (await session.execute(before)).one_or_none()
        return (row.offset, row.line) if row else (0, 0)

    async def _chunks(self, which: object, offset: int, end: int) -> Sequence[Bytes]:
        some = select(log.c.offset, log.c.line, log.c.data).where(log.c.job == self.seq, which, log.c.offset < end)  # type: ignore[arg-type]
        async with self.store.read() as session:
            rows = (await session.execute(some.order_by(log.c.offset).limit(AT_ONCE))).all()
        return [_from(Bytes(*row), offset) for row in rows]


def _from(piece: Bytes, offset: int) -> Bytes:
    """Without what lies before `offset`."""
    if offset <= piece.offset:
        return piece
    before = piece.data[: offset - piece.offset]
    return Bytes(offset, piece.line + before.count(b"\n"), piece.data[len(before) :])
