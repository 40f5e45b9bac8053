"""Following a job: its log from a line on, how far it is, its end; nothing missed and nothing twice."""

from collections.abc import AsyncIterator, Iterator

import attrs

from pegboard_store import Store

from .hub import Hub, Snapshot
from .reading import Log

LONGEST = 64 * 1024  # bytes of a line as it is shown; the log itself has all of it
CUT = b" [...]"


@attrs.frozen
class Line:
    """Line `seq`, counted from 0, without its end."""

    seq: int
    text: str


@attrs.frozen
class ProgressNews:
    percent: float


@attrs.frozen
class StageNews:
    name: str


@attrs.frozen
class EndNews:
    """The last news: the job is in a final state, or (``forgotten``) there no more."""

    state: str


News = Line | ProgressNews | StageNews | EndNews


@attrs.define
class LineReader:
    """Reads a log line by line, starting at line `first`."""

    log: Log
    first: int
    _offset: int = 0
    _line: int = 0
    _held: bytes = b""
    _found: bool = False

    async def upto(self, end: int, last: bool) -> AsyncIterator[Line]:
        """The lines that are whole by byte `end`; at the end of the job also what is left."""
        if not self._found:
            self._offset, self._line = await self.log.start_of(self.first)
            self._found = True
        async for piece in self.log.pieces(self._offset, end):
            self._offset = piece.end
            for line in self._split(piece.data):
                yield line
        if last and self._held:
            held, self._held = self._held, b""
            yield Line(self._line, _shown(held))

    def _split(self, data: bytes) -> Iterator[Line]:
        *whole, rest = data.split(b"\n")
        for text in whole:
            if self._line >= self.first:
                yield Line(self._line, _shown(self._held + text if self._held else text))
            self._held = b""
            self._line += 1
        self._held = (self._held + rest)[: LONGEST + 1]


def _shown(line: bytes) -> str:
    if len(line) > LONGEST:
        line = line[:LONGEST] + CUT
    return line.removesuffix(b"\r").decode("utf-8", "replace")


async def follow(store: Store, hub: Hub, latest: Snapshot, line: int = 0) -> AsyncIterator[News]:
    """Everything from `line` on, until the job has ended. Whoever reads slowly reads what was written meanwhile."""
    reader, seen = LineReader(Log(store, latest.seq), line), None
    with hub.follow(latest) as watched:
        while True:
            async for one in reader.upto(latest.log_bytes, latest.final):
                yield one
            for news in _differences(seen, latest):
                yield news
            if latest.final:
                return
            seen, following = latest, await watched.other_than(latest)
            if following is None:
                yield EndNews("forgotten")
                return
            latest = following


def _differences(seen: Snapshot | None, latest: Snapshot) -> Iterator[News]:
    if latest.stage and (seen is None or seen.stage != latest.stage):
        yield StageNews(latest.stage)
    if latest.progress is not None and (seen is None or seen.progress != latest.progress):
        yield ProgressNews(latest.progress)
    if latest.final:
        yield EndNews(latest.state)
