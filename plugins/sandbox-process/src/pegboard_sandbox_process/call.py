"""One call in flight: its channel, its output, its deadline."""

import asyncio
import os
import socket
import struct
from collections.abc import Callable
from functools import partial
from typing import Literal

import attrs

from pegboard import Limits, Output, Run

from . import files
from .capture import Capture
from .places import Place
from .spawn import Report, Zygote

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


def _cpu(limits: Limits) -> tuple[int, float]:
    """Whole seconds, at which the kernel ends the process in any case; the exact limit where it is not the wall's."""
    if limits.cpu is None or limits.cpu >= limits.wall:
        return int(limits.wall) + 2, 0.0
    return int(limits.cpu) + 2, limits.cpu


def open_ends() -> tuple[list[int], list[int]]:
    """Channel, stdout and stderr of a process: the server's ends, which do not block, and the process's own."""
    ours: list[int] = []
    theirs: list[int] = []
    try:
        for ends in (socket.socketpair, os.pipe, os.pipe):
            mine, other = ends()
            theirs.append(other if isinstance(other, int) else other.detach())
            ours.append(mine if isinstance(mine, int) else mine.detach())
            os.set_blocking(ours[-1], False)
    except OSError:
        for descriptor in (*ours, *theirs):
            os.close(descriptor)
        raise
    return ours, theirs


class Call:
    """Sends a job into a fresh child and collects what comes out. Holds its place until the process is gone.

    `done` may be cancelled at any time: that alone ends nothing.
    """

    def __init__(self, zygote: Zygote, number: int, run: Run, job: bytes, place: Place) -> None:
        self._loop = asyncio.get_running_loop()
        self.done: asyncio.Future[Finished] = self._loop.create_future()
        self._zygote = zygote
        self._number = number
        self._wall = run.limits.wall
        self._job = memoryview(job)
        self._frame = bytearray()
        self._most = run.limits.result + FRAME_ROOM + run.limits.files + files.ROOM
        self._overflow = False
        self._killed = ""
        self._place: Place | None = place
        self._listening: set[int] = set()
        self._writing = False
        self._start(run)

    def _start(self, run: Run) -> None:
        (self._channel, out, err), theirs = open_ends()
        sink, limit = run.sink, run.limits.output
        self._out = Capture(out, limit, sink and partial(sink, "stdout"))
        self._err = Capture(err, limit, sink and partial(sink, "stderr"))
        self._timer = self._loop.call_later(min(LISTEN_AFTER, self._wall), self._listen)
        self._zygote.call(b"C", self._number, run.limits.memory, _cpu(run.limits), theirs, self._ended)
        for descriptor in theirs:
            os.close(descriptor)
        if self._place is not None:
            self._place.slowed = self._slow_down
            self._send()

    def _slow_down(self) -> None:
        self._zygote.slow_call(self._number)

    def _listen(self) -> None:
        """The call takes its time: read what comes, and end it when that time is over."""
        self._timer = self._loop.call_later(max(self._wall - LISTEN_AFTER, 0.0), self.kill, "wall")
        self._hear(self._channel, self._receive)
        for capture in (self._out, self._err):
            self._hear(capture.descriptor, partial(self._capture, capture))

    def _hear(self, descriptor: int, callback: Callable[[], object]) -> None:
        self._loop.add_reader(descriptor, callback)
        self._listening.add(descriptor)

    def _ignore(self, descriptor: int) -> None:
        if descriptor in self._listening:
            self._listening.discard(descriptor)
            self._loop.remove_reader(descriptor)

    def _send(self) -> None:
        """What fits now; the rest as the child reads."""
        try:
            self._job = self._job[os.write(self._channel, self._job) :]
        except BlockingIOError:
            pass
        except OSError:  # the child is gone; the zygote will say how
            self._job = self._job[:0]
        if self._job and not self._writing:
            self._writing = True
            self._loop.add_writer(self._channel, self._send)
        elif not self._job:
            self._stop_sending()

    def _stop_sending(self) -> None:
        if self._writing:
            self._writing = False
            self._loop.remove_writer(self._channel)

    def _capture(self, capture: Capture) -> None:
        if not capture.read():
            self._ignore(capture.descriptor)

    def _receive(self) -> bool:
        """One piece of the frame; False when there is no more to have."""
        try:
            data = os.read(self._channel, PIECE)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data:
            self._ignore(self._channel)
            return False
        self._frame += data
        if len(self._frame) > self._most:
            self._overflow = True
            self._ignore(self._channel)
            self.kill("result")
            return False
        return True

    def kill(self, why: str) -> None:
        """End the process, whatever it may still write."""
        if self._place is not None and not self._killed:
            self._killed = why
            self._timer.cancel()
            self._zygote.kill_call(self._number)

    def _ended(self, report: Report | None) -> None:
        """The process is gone, so all that it wrote is here."""
        self._timer.cancel()
        while not self._overflow and self._receive():
            pass
        self._stop_sending()
        self._out.drain()
        self._err.drain()
        for descriptor in (self._channel, self._out.descriptor, self._err.descriptor):
            self._ignore(descriptor)
            os.close(descriptor)
        place, self._place = self._place, None
        assert place is not None
        place.release()
        if not self.done.done():
            out, err = self._out.output(), self._err.output()
            self.done.set_result(Finished(report, bytes(self._frame), self._overflow, self._killed, out, err))
