"""One call of a process that stays."""

import asyncio
from functools import partial
from typing import Literal

from pegboard import Output, Run

from .call import FRAME_ROOM, Finished
from .capture import Capture
from .spawn import Report

Stream = Literal["stdout", "stderr"]

NOTHING = Output()


class WarmCall:
    """`done` is how it ended, or None where it has not begun and must be run by another process.

    `done` may be cancelled at any time: that alone ends nothing. `begins` is when its process turns to it, in
    monotonic seconds.
    """

    __slots__ = ("_captures", "begins", "done", "killed", "most", "overflow", "run", "timer")

    def __init__(self, run: Run) -> None:
        self.run = run
        self.done: asyncio.Future[Finished | None] = asyncio.get_running_loop().create_future()
        self.most = run.limits.result + FRAME_ROOM
        self.begins = 0.0
        self.overflow = False
        self.killed = ""
        self.timer: asyncio.TimerHandle | None = None
        self._captures: dict[Stream, Capture] = {}

    def capture(self, stream: Stream, descriptor: int) -> Capture:
        capture = self._captures.get(stream)
        if capture is None:
            sink = self.run.sink
            capture = Capture(descriptor, self.run.limits.output, sink and partial(sink, stream))
            self._captures[stream] = capture
        return capture

    def give_back(self) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def finish(self, report: Report | None, frame: bytes) -> None:
        if not self.done.done():
            self.done.set_result(
                Finished(report, frame, self.overflow, self.killed, self._output("stdout"), self._output("stderr"))
            )

    def _output(self, stream: Stream) -> Output:
        return self._captures[stream].output() if stream in self._captures else NOTHING
