"""What one attempt has to have written: its output, how far it is, and how it ended."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, Literal

import attrs

from .claims import Claimed
from .job import Job

Stream = Literal["stdout", "stderr"]
AHEAD = 1024 * 1024  # bytes that may wait for the database; then whoever writes waits
LONGEST = 64 * 1024  # bytes of a line that is held until it is whole
CHUNK = 256 * 1024


@attrs.frozen
class Ending:
    """How an attempt ended. ``queued`` and ``delayed``, in `after` seconds, say that another one is to come."""

    state: str
    error: str = ""
    result: Any = None
    exit_code: int | None = None
    signal: int | None = None
    limit: str = ""
    cpu: float = 0.0
    memory: int = 0
    after: float = 0.0


@attrs.define
class Lines:
    """Puts two streams into one log line by line: a line that has begun is held back until it is whole, or waits too
    long."""

    held: dict[str, bytes] = attrs.field(factory=dict)
    waited: dict[str, bytes] = attrs.field(factory=dict)

    def take(self, stream: str, data: bytes) -> bytes:
        """What of it, and of what was held, can be written."""
        whole = self.held.pop(stream, b"") + data
        cut = max(whole.rfind(b"\n"), whole.rfind(b"\r")) + 1
        if len(whole) - cut > LONGEST:
            cut = len(whole)
        if whole[cut:]:
            self.held[stream] = whole[cut:]
        return whole[:cut]

    def old(self, last: bool = False) -> bytes:
        """What was held the last time this was asked already; everything, at the end of an attempt."""
        found = b""
        for stream, held in list(self.held.items()):
            if last or self.waited.get(stream) == held:
                found += self.held.pop(stream)
        self.waited = dict(self.held)
        return found


@attrs.frozen
class Piece:
    """A state of things that a transaction writes: bytes of the log from `offset` on, and all else as it is now."""

    data: bytes
    offset: int
    line: int
    progress: float | None
    stage: str
    cut: bool
    ending: Ending | None

    @property
    def end(self) -> int:
        return self.offset + len(self.data)

    @property
    def lines(self) -> int:
        return self.line + self.data.count(b"\n")

    def chunks(self) -> Iterator[tuple[int, int, bytes]]:
        """Offset, lines before it, and bytes."""
        offset, line = self.offset, self.line
        for start in range(0, len(self.data), CHUNK):
            data = self.data[start : start + CHUNK]
            yield offset, line, data
            offset, line = offset + len(data), line + data.count(b"\n")


@attrs.define(eq=False)
class Outgoing:
    """One attempt's. It belongs to the event loop; `lost` is called when its lease is, `ended` is
    the job when it has ended for good."""

    job: Claimed
    most: int
    offset: int
    line: int
    cut: bool = False
    progress: float | None = None
    stage: str = ""
    ending: Ending | None = None
    ended: Job | None = None
    fenced: bool = False
    lost: Callable[[], None] | None = None
    written: asyncio.Event = attrs.field(factory=asyncio.Event)
    room: asyncio.Event = attrs.field(factory=asyncio.Event)
    _waiting: bytearray = attrs.field(factory=bytearray)
    _lines: Lines = attrs.field(factory=Lines)

    def add(self, stream: str, data: bytes) -> None:
        self._put(self._lines.take(stream, data))

    def end(self, ending: Ending) -> None:
        """The last thing that is said; a line that has no end gets one, so that nothing is ever glued to it."""
        self._put(self._lines.old(last=True))
        if self._waiting and not self._waiting.endswith(b"\n"):
            self._waiting += b"\n"
        self.ending = ending

    @property
    def crowded(self) -> bool:
        return len(self._waiting) > AHEAD

    @property
    def holding(self) -> bool:
        return bool(self._lines.held)

    def piece(self) -> Piece:
        """All that is to be written now."""
        if self.ending is None:
            self._put(self._lines.old())
        data = bytes(self._waiting)
        return Piece(data, self.offset, self.line, self.progress, self.stage, self.cut, self.ending)

    def done(self, piece: Piece) -> None:
        """A piece is written, once and for all."""
        del self._waiting[: len(piece.data)]
        self.offset, self.line = piece.end, piece.lines
        self.room.set()
        if piece.ending is not None:
            self.written.set()

    def fence(self) -> None:
        """Somebody else has the job: nothing that is said here counts any more."""
        self.fenced = True
        self._waiting.clear()
        self.room.set()
        self.written.set()
        if self.lost is not None:
            self.lost()

    def _put(self, data: bytes) -> None:
        left = self.most - self.offset - len(self._waiting)
        if self.cut or self.fenced or not data:
            return
        if len(data) > left:
            self.cut = True
            data = data[: max(left, 0)] + b"\n[the log is cut off here: it may have %d bytes]\n" % self.most
        self._waiting += data
