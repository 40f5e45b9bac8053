"""One call of a process that stays."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Literal

from pegboard import Ending, Isolation, Outcome, Output, Run

from .call import Finished
from .capture import Capture
from .outcome import ordinary, outcome
from .spawn import Report

Stream = Literal["stdout", "stderr"]
Streams = tuple[tuple[Stream, int], ...]
"""The descriptors that a process's output comes from."""

NOTHING, RESULT = Output(), Ending.RESULT


class WarmCall:
    """`done` is its outcome, or None where it has not begun and must be run by another process.

    `done` may be cancelled at any time: that alone ends nothing. `asked` is when its caller came and `begins` when its
    process turns to it, in monotonic seconds.
    """

    begins = 0.0
    overflow = False
    killed = ""
    timer: asyncio.TimerHandle | None = None
    _captures: Mapping[Stream, Capture] = MappingProxyType({})
    """Most calls never have another value than these, and need not be told each time."""

    def __init__(self, run: Run, isolation: Isolation, asked: float) -> None:
        self.run = run
        self.done: asyncio.Future[Outcome | None] = asyncio.get_running_loop().create_future()
        self.asked = asked
        self._isolation = isolation

    def listen(self, streams: Streams, rest: float, kill: Callable[[str], None]) -> None:
        """It takes its time: read what it prints, and end it after `rest` seconds."""
        loop = asyncio.get_running_loop()
        self.timer = loop.call_later(rest, kill, "wall")
        for stream, descriptor in streams:
            loop.add_reader(descriptor, _read, loop, self._capture(stream, descriptor))

    def leave_alone(self) -> None:
        """It is over: nobody listens any more."""
        if self.timer is not None:
            self.timer.cancel()
        loop = asyncio.get_running_loop()
        for capture in self._captures.values():
            loop.remove_reader(capture.descriptor)

    def drain(self, streams: Streams) -> None:
        """Take what it has printed and nobody has read."""
        for stream, descriptor in streams:
            self._capture(stream, descriptor).drain()

    def _capture(self, stream: Stream, descriptor: int) -> Capture:
        capture = self._captures.get(stream)
        if capture is None:
            sink = self.run.sink
            capture = Capture(descriptor, self.run.limits.output, sink and partial(sink, stream))
            self._captures = {**self._captures, stream: capture}
        return capture

    def give_back(self) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def answer(self, frame: bytes, ended: float, cpu: float, memory: int) -> None:
        """Its process has answered, and lives."""
        done = self.done
        if done.done():
            return
        result = ordinary(frame, self.run.limits)
        if result is None:
            self.end(Report(0, min(cpu, ended - self.begins), memory, self.begins, ended), frame)
            return
        payload, began = result
        begins = self.begins
        if not begins <= began <= ended:
            began = min(max(began, begins), ended)
        wall = ended - began
        queue, start, cpu = begins - self.asked, began - begins, cpu if cpu < wall else wall
        out, err = (self._output("stdout"), self._output("stderr")) if self._captures else (NOTHING, NOTHING)
        done.set_result(
            Outcome(RESULT, self._isolation, payload, (), None, out, err, {}, queue, start, wall, cpu, memory)
        )

    def end(self, report: Report | None, frame: bytes) -> None:
        """Its process has ended, or said something else than a result."""
        if self.done.done():
            return
        streams = (self._output("stdout"), self._output("stderr"))
        finished = Finished(report, frame, self.overflow, self.killed, *streams)
        waited = self.begins - self.asked
        self.done.set_result(outcome(finished, self.run.limits, self._isolation, waited, self.begins))

    def _output(self, stream: Stream) -> Output:
        return self._captures[stream].output() if stream in self._captures else NOTHING


def _read(loop: asyncio.AbstractEventLoop, capture: Capture) -> None:
    if not capture.read():
        loop.remove_reader(capture.descriptor)
