"""A process that stays: it runs one program of one tenant, call after call, with fresh globals each time."""

import asyncio
import os
import struct
import time
from functools import partial

from pegboard import Run

from .call import FRAME_ROOM, KILL_TIME, LISTEN_AFTER, PIECE, Finished, open_ends
from .capture import Capture
from .spawn import Report, Zygote

LENGTH = struct.Struct("<I")
USED = struct.Struct("<QQ")
"""Behind each answer, as in `child.USED`: the worker's own word, which only its own program could twist."""


class Worker:
    """The server's hold on such a process. One call at a time; `alive` until its end is known."""

    def __init__(self, zygote: Zygote, number: int, memory: int, seconds: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._zygote = zygote
        self._number = number
        self._job = memoryview(b"")
        self._writing = False
        self._current: _Current | None = None
        self.alive = True
        self.calls = 0
        self.peak = 0
        self.born = time.monotonic()
        (self._channel, self._out, self._err), theirs = open_ends()
        self._loop.add_reader(self._channel, self._receive)
        zygote.call(b"W", number, memory, (seconds, 0.0), theirs, self._ended)
        for descriptor in theirs:
            os.close(descriptor)

    def run(self, run: Run, job: bytes) -> "asyncio.Future[Finished]":
        """Start a call; the future is done when the answer or the process's end is here."""
        self.calls += 1
        current = self._current = _Current(self._loop, run, self._out, self._err)
        if not self.alive:
            self._finish(None)
            return current.done
        current.timer = self._loop.call_later(min(LISTEN_AFTER, run.limits.wall), self._listen, current)
        self._job = memoryview(job)
        self._send()
        return current.done

    def _send(self) -> None:
        try:
            self._job = self._job[os.write(self._channel, self._job) :]
        except BlockingIOError:
            pass
        except OSError:  # it is gone; the zygote will say how
            self._job = self._job[:0]
        if self._job and not self._writing:
            self._writing = True
            self._loop.add_writer(self._channel, self._send)
        elif not self._job and self._writing:
            self._stop_sending()

    def _stop_sending(self) -> None:
        self._writing = False
        self._loop.remove_writer(self._channel)

    def _listen(self, current: "_Current") -> None:
        """The call takes its time: read what it prints, and end it when that time is over."""
        current.timer = self._loop.call_later(max(current.wall - LISTEN_AFTER, 0.0), self.kill, "wall")
        current.listening = True
        for capture in (current.out, current.err):
            self._loop.add_reader(capture.descriptor, partial(self._capture, capture))

    def _capture(self, capture: Capture) -> None:
        if not capture.read():
            self._loop.remove_reader(capture.descriptor)

    def _receive(self) -> None:
        current = self._current
        try:
            data = os.read(self._channel, PIECE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data or current is None:  # its end, or words out of turn: either way it has nothing more to say
            self._loop.remove_reader(self._channel)
            self.kill("")
            return
        current.frame += data
        self._judge(current)

    def _judge(self, current: "_Current") -> None:
        """Whether the answer is whole. Its length is hostile input, too."""
        frame = current.frame
        size = LENGTH.size + (LENGTH.unpack_from(frame)[0] if len(frame) >= LENGTH.size else 0)
        if size > current.most or len(frame) > size + USED.size:
            current.overflow = size > current.most
            self._loop.remove_reader(self._channel)
            self.kill("result" if current.overflow else "forged")
        elif len(frame) == size + USED.size:
            micros, kib = USED.unpack_from(frame, size)
            del frame[size:]
            self.peak = kib * 1024
            self._finish(Report(0, micros / 1e6, self.peak, current.sent, time.monotonic()))

    def kill(self, why: str) -> None:
        """End the process; if the zygote does not say so in time, end the zygote."""
        current = self._current
        if current is not None and not current.killed:
            current.killed = why
        if self.alive:
            self._loop.call_later(KILL_TIME, self._insist)
            self._zygote.kill_call(self._number)

    def _insist(self) -> None:
        if self.alive:
            self._zygote.kill()

    def _ended(self, report: Report | None) -> None:
        """The process is gone."""
        self.alive = False
        if self._writing:
            self._stop_sending()
        self._finish(report)
        self._loop.remove_reader(self._channel)
        for descriptor in (self._channel, self._out, self._err):
            os.close(descriptor)

    def _finish(self, report: Report | None) -> None:
        current, self._current = self._current, None
        if current is None:
            return
        if current.timer is not None:
            current.timer.cancel()
        if current.listening:
            self._loop.remove_reader(self._out)
            self._loop.remove_reader(self._err)
        if self.alive or report is not None:
            current.out.drain()
            current.err.drain()
        if not current.done.done():
            current.done.set_result(current.finished(report))


class _Current:
    """The call that a worker is at."""

    def __init__(self, loop: asyncio.AbstractEventLoop, run: Run, out: int, err: int) -> None:
        self.done: asyncio.Future[Finished] = loop.create_future()
        self.sent = time.monotonic()
        self.wall = run.limits.wall
        self.most = run.limits.result + FRAME_ROOM
        self.frame = bytearray()
        self.overflow = False
        self.killed = ""
        self.listening = False
        self.timer: asyncio.TimerHandle | None = None
        sink, limit = run.sink, run.limits.output
        self.out = Capture(out, limit, sink and partial(sink, "stdout"))
        self.err = Capture(err, limit, sink and partial(sink, "stderr"))

    def finished(self, report: Report | None) -> Finished:
        frame = bytes(self.frame)
        return Finished(report, frame, self.overflow, self.killed, self.out.output(), self.err.output())
