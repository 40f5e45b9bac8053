"""One call in flight: its channel, its output, its deadline."""

import asyncio
import os
import struct
import time
from collections.abc import Callable
from functools import partial
from typing import Literal

import attrs

from pegboard import Output, Run

from . import files
from .capture import Capture
from .children import Child
from .places import Place
from .sender import Sender
from .spawn import Report

JOB = struct.Struct("<IcBIIIHIIIIId")
ARGUMENT = struct.Struct("<BI")
VIEWS = {"value": 0, "object": 1, "request": 2}
"""All as in `child` and `views`, which are the jail's inside and not imported here."""

Kind = Literal[b"C", b"R"]

FRAME_ROOM = 256 * 1024
"""What a frame may hold beyond the result: reports of violations and exceptions are capped by it."""

PIECE = 256 * 1024

LISTEN_AFTER = 0.004
"""Seconds after which a call's output is listened to. Shorter calls are read once, when they are over: what they write
waits in the kernel, and the event loop is spared three descriptors."""

AFTERWARDS = 0.002
"""Seconds until what is done after a call: whoever waited for its end has something to do first, such as to keep it."""

FORGED = "forged"
"""`Finished.killed` of a call whose process wrote what the child's own code does not."""


@attrs.frozen
class Finished:
    """What is known of a call that is over. Without a report the zygote died under it."""

    report: Report | None
    frame: bytes
    overflow: bool
    killed: str
    stdout: Output
    stderr: Output


def encode_job(kind: Kind, run: Run, source: bytes) -> bytes:
    """The job as `child.JOB` describes it: all that the caller gave goes through as the bytes that they are."""
    entry = (run.program.entry or "").encode()
    parts = [source, entry]
    for argument in run.arguments:
        parts += (ARGUMENT.pack(VIEWS[argument.view], len(argument.json)), argument.json)
    if run.stdin or run.files:
        parts += (run.stdin, *files.encode_files(run.files))
    size = JOB.size - 4 + sum(map(len, parts))
    counts = (len(run.arguments), len(source), len(entry), len(run.stdin), len(run.files))
    limits = run.limits
    head = JOB.pack(
        size, kind, *counts, limits.result, limits.recursion, limits.nesting, limits.source, limits.files, limits.wall
    )
    return b"".join((head, *parts))


class Call:
    """Sends a job into a fresh child and collects what comes out. Holds its place until the process is gone.

    `done` is how it ended, or None where a prepared process was gone before its job came. It may be cancelled at any
    time: that alone ends nothing. `sent` is when the job went out, in monotonic seconds. `after` is called a moment
    after it has ended, or takes its time: what is done while it begins would have the processors that it wants.
    """

    def __init__(self, child: Child, run: Run, job: bytes, place: Place, after: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self.done: asyncio.Future[Finished | None] = self._loop.create_future()
        self.sent = time.monotonic()
        self._child = child
        self._wall = run.limits.wall
        self._frame = bytearray()
        self._most = run.limits.result + FRAME_ROOM + run.limits.files + files.ROOM
        self._overflow = False
        self._killed = ""
        self._place: Place | None = place
        self._after: Callable[[], None] | None = after
        self._listening: set[int] = set()
        sink, limit = run.sink, run.limits.output
        self._out = Capture(child.out, limit, sink and partial(sink, "stdout"))
        self._err = Capture(child.err, limit, sink and partial(sink, "stderr"))
        self._timer = self._loop.call_later(min(LISTEN_AFTER, self._wall), self._listen)
        child.ended = self._ended
        self._sender = Sender(child.channel)
        self._unread = not self._sender.send(job)
        place.slowed = child.slow_down

    def _listen(self) -> None:
        """The call takes its time: read what comes, and end it when that time is over."""
        self._timer = self._loop.call_later(max(self._wall - LISTEN_AFTER, 0.0), self.kill, "wall")
        self._hear(self._child.channel, self._receive)
        for capture in (self._out, self._err):
            self._hear(capture.descriptor, partial(self._capture, capture))
        self._go_on()

    def _go_on(self) -> None:
        after, self._after = self._after, None
        if after is not None:
            self._loop.call_later(AFTERWARDS, after)

    def _hear(self, descriptor: int, callback: Callable[[], object]) -> None:
        self._loop.add_reader(descriptor, callback)
        self._listening.add(descriptor)

    def _ignore(self, descriptor: int) -> None:
        if descriptor in self._listening:
            self._listening.discard(descriptor)
            self._loop.remove_reader(descriptor)

    def _capture(self, capture: Capture) -> None:
        if not capture.read():
            self._ignore(capture.descriptor)

    def _receive(self) -> bool:
        """One piece of the frame; False when there is no more to have."""
        try:
            data = os.read(self._child.channel, PIECE)
        except BlockingIOError:
            return False
        except OSError:  # the end came before the job was read
            self._unread = True
            data = b""
        if not data:
            self._ignore(self._child.channel)
            return False
        self._frame += data
        if len(self._frame) > self._most:
            self._overflow = True
            self._ignore(self._child.channel)
            self.kill("result")
            return False
        return True

    def kill(self, why: str) -> None:
        """End the process, whatever it may still write."""
        if self._place is not None and not self._killed:
            self._killed = why
            self._timer.cancel()
            self._child.kill()

    def _ended(self, report: Report | None) -> None:
        """The process is gone, so all that it wrote is here."""
        self._timer.cancel()
        while not self._overflow and self._receive():
            pass
        self._sender.stop()
        self._out.drain()
        self._err.drain()
        for descriptor in list(self._listening):
            self._ignore(descriptor)
        self._child.close()
        place, self._place = self._place, None
        assert place is not None
        place.release()
        if not self.done.done():
            self.done.set_result(self._finished(report))
        self._go_on()

    def _finished(self, report: Report | None) -> Finished | None:
        if self._child.prepared and self._unread and not self._frame and not self._killed:
            return None  # it had ended, or was ending, when its job came
        if report is not None and report.forked < self.sent:
            report = attrs.evolve(report, forked=self.sent)
        out, err = self._out.output(), self._err.output()
        return Finished(report, bytes(self._frame), self._overflow, self._killed, out, err)
