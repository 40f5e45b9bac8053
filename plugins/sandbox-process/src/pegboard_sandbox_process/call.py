"""One call in flight: its channel, its output, its deadline."""

import asyncio
import os
import socket
import struct
from functools import partial
from typing import Literal

import attrs

from pegboard import Argument, Limits, Output, Program, Run

from .capture import Capture
from .spawn import Report, Zygote

JOB = struct.Struct("<IcBIIIIII")
ARGUMENT = struct.Struct("<BI")
VIEWS = ("value", "object", "request")
"""All as in `child` and `views`, which are the jail's inside and not imported here."""

Kind = Literal[b"C", b"R"]
FRAME_ROOM = 256 * 1024
"""What a frame may hold beyond the result: reports of violations and exceptions are capped by it."""

KILL_TIME = 1.0
"""Seconds in which the zygote must report the end of a child that it was told to kill."""


@attrs.frozen
class Finished:
    """What is known of a call that is over. Without a report the zygote died under it."""

    report: Report | None
    frame: bytes
    overflow: bool
    killed: str
    stdout: Output
    stderr: Output


def encode_job(kind: Kind, program: Program, source: bytes, arguments: tuple[Argument, ...], limits: Limits) -> bytes:
    """The job as `child.JOB` describes it: arguments go through as the bytes that they are."""
    entry = (program.entry or "").encode()
    parts = [source, entry]
    for argument in arguments:
        parts += (ARGUMENT.pack(VIEWS.index(argument.view), len(argument.json)), argument.json)
    rest = b"".join(parts)
    counts = (len(arguments), len(source), len(entry))
    return (
        JOB.pack(
            JOB.size - 4 + len(rest), kind, *counts, limits.result, limits.recursion, limits.nesting, limits.source
        )
        + rest
    )


def _cpu(limits: Limits) -> tuple[int, float]:
    """Whole seconds, at which the kernel ends the process in any case, and the exact limit where it is not the wall's."""
    if limits.cpu is None or limits.cpu >= limits.wall:
        return int(limits.wall) + 2, 0.0
    return int(limits.cpu) + 2, limits.cpu


class Call:
    """Sends a job into a fresh child and collects what comes out. `done` is set when the process is gone."""

    def __init__(self, zygote: Zygote, number: int, run: Run, job: bytes) -> None:
        self.done: asyncio.Future[Finished] = asyncio.get_running_loop().create_future()
        self._loop = asyncio.get_running_loop()
        self._zygote = zygote
        self._number = number
        self._job = memoryview(job)
        self._frame = bytearray()
        self._most = run.limits.result + FRAME_ROOM
        self._overflow = False
        self._killed = ""
        self._timer: asyncio.TimerHandle | None = None
        self._start(run)

    def _start(self, run: Run) -> None:
        self._channel, theirs = socket.socketpair()
        self._channel.setblocking(False)
        out, out_end = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        err, err_end = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        os.set_blocking(out_end, True)
        os.set_blocking(err_end, True)
        sink = run.sink
        self._out = Capture(out, run.limits.output, sink and partial(sink, "stdout"))
        self._err = Capture(err, run.limits.output, sink and partial(sink, "stderr"))
        for capture in (self._out, self._err):
            self._loop.add_reader(capture.descriptor, self._capture, capture)
        self._loop.add_reader(self._channel, self._receive)
        self._timer = self._loop.call_later(run.limits.wall, self.kill, "wall")
        limits = run.limits
        cpu = _cpu(limits)
        try:
            self._zygote.call(self._number, limits.memory, cpu, [theirs.fileno(), out_end, err_end], self._ended)
        finally:
            theirs.close()
            os.close(out_end)
            os.close(err_end)
        if not self.done.done():
            self._send()

    def _send(self) -> None:
        """What fits now; the rest as the child reads."""
        try:
            self._job = self._job[self._channel.send(self._job) :]
        except BlockingIOError:
            pass
        except OSError:  # the child is gone; the zygote will say how
            self._job = self._job[len(self._job) :]
        if self._job:
            self._loop.add_writer(self._channel, self._send)
        else:
            self._loop.remove_writer(self._channel)

    def _capture(self, capture: Capture) -> None:
        if not capture.read():
            self._loop.remove_reader(capture.descriptor)

    def _receive(self) -> bool:
        """One piece of the frame; False when there is no more to have."""
        try:
            data = self._channel.recv(256 * 1024)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data:
            self._loop.remove_reader(self._channel)
            return False
        self._frame += data
        if len(self._frame) > self._most:
            self._overflow = True
            self._loop.remove_reader(self._channel)
            self.kill("result")
            return False
        return True

    def kill(self, why: str) -> None:
        """End the process; if the zygote does not say so in time, end the zygote."""
        if not self.done.done() and not self._killed:
            self._killed = why
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_later(KILL_TIME, self._zygote.kill)
            self._zygote.kill_call(self._number)

    def _ended(self, report: Report | None) -> None:
        """The process is gone, so all that it wrote is here."""
        if self._timer is not None:
            self._timer.cancel()
        while not self._overflow and self._receive():
            pass
        for capture in (self._out, self._err):
            capture.drain()
            self._loop.remove_reader(capture.descriptor)
            os.close(capture.descriptor)
        self._loop.remove_reader(self._channel)
        self._loop.remove_writer(self._channel)
        self._channel.close()
        if not self.done.done():
            self.done.set_result(
                Finished(
                    report, bytes(self._frame), self._overflow, self._killed, self._out.output(), self._err.output()
                )
            )
