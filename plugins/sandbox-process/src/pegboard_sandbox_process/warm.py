"""A process that stays: it runs one program of one tenant, call after call, with fresh globals each time."""

import asyncio
import os
import select
import struct
import time
from collections.abc import Callable
from functools import partial
from typing import Literal

import attrs

from pegboard import Output, Run

from .call import FORGED, FRAME_ROOM, KILL_TIME, PIECE, Finished, open_ends
from .capture import Capture
from .spawn import Report, Zygote
from .watch import Watch

LENGTH = struct.Struct("<I")
USED = struct.Struct("<QQQ")
"""Behind each answer, as in `serving.USED`: the worker's own word, which only its own program could twist."""

BELIEVED = 1 << 40
"""Bytes of memory that are believed: the number goes on into logs and tables."""


NOTHING = Output()


class Vanished(Exception):
    """An idle process was gone before it could be given a call: that call has not begun."""


class Worker:
    """The server's hold on such a process. One call at a time; `alive` until it has ended or is told to."""

    def __init__(self, zygote: Zygote, number: int, memory: int, seconds: int, watch: Watch) -> None:
        self._loop = asyncio.get_running_loop()
        self._zygote = zygote
        self._number = number
        self._job = memoryview(b"")
        self._writing = False
        self._call: WarmCall | None = None
        self._insisting: asyncio.TimerHandle | None = None
        self.alive = True
        self.calls = 0
        self.cpu = 0.0
        self.peak = 0
        self.born = time.monotonic()
        (self._channel, out, err), theirs = open_ends()
        self.streams: tuple[tuple[Literal["stdout", "stderr"], int], ...] = (("stdout", out), ("stderr", err))
        self.printed = select.poll()
        for _, descriptor in self.streams:
            self.printed.register(descriptor, select.POLLIN)
        self._watch = watch
        self._loop.add_reader(self._channel, self._receive)
        zygote.call(b"W", number, memory, (seconds, 0.0), theirs, self._ended)
        for descriptor in theirs:
            os.close(descriptor)

    def run(self, run: Run, job: bytes, over: Callable[[], None]) -> "WarmCall":
        """Start a call; `over` is told when the process is done with it, be it by its answer or by its end.

        Raises `Vanished`.
        """
        self.calls += 1
        call = WarmCall(self, run, over)
        self._job = memoryview(job)
        if self.alive and not self._send() and self.calls > 1:
            self.kill("")
            raise Vanished
        self._call = call
        if self.alive:
            self._watch.add(call)
        else:
            self._finish(None)
        return call

    def _send(self) -> bool:
        """What fits now, the rest as the process reads; False when it is gone. How it went the zygote will say."""
        try:
            self._job = self._job[os.write(self._channel, self._job) :]
        except BlockingIOError:
            pass
        except OSError:
            self._job = self._job[:0]
            self._stop_sending()
            return False
        if self._job and not self._writing:
            self._writing = True
            self._loop.add_writer(self._channel, self._send)
        elif not self._job:
            self._stop_sending()
        return True

    def _stop_sending(self) -> None:
        if self._writing:
            self._writing = False
            self._loop.remove_writer(self._channel)

    def _receive(self) -> None:
        call = self._call
        try:
            data = os.read(self._channel, PIECE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.kill("")  # it is ending, or will never say a word again
        elif call is None or self._job:
            self.kill(FORGED)  # words out of turn
        else:
            call.frame += data
            self._judge(call)

    def _judge(self, call: "WarmCall") -> None:
        """Whether the answer is whole. Its length is hostile input, too."""
        frame = call.frame
        size = LENGTH.size + (LENGTH.unpack_from(frame)[0] if len(frame) >= LENGTH.size else 0)
        if size > call.most:
            call.overflow = True
            self.kill("result")
        elif len(frame) > size + USED.size:
            self.kill(FORGED)
        elif len(frame) == size + USED.size:
            used, total, kib = USED.unpack_from(frame, size)
            del frame[size:]
            now = time.monotonic()
            self.cpu, self.peak = total / 1e6, min(kib * 1024, BELIEVED)
            self._finish(Report(0, min(used / 1e6, now - call.sent), self.peak, call.sent, now))

    def kill(self, why: str) -> None:
        """End the process, whatever it may still say; if the zygote does not report that in time, end the zygote."""
        if not self.alive:
            return
        self.alive = False
        if self._call is not None:
            self._call.killed = why
        self._loop.remove_reader(self._channel)
        self._insisting = self._loop.call_later(KILL_TIME, self._zygote.kill)
        self._zygote.kill_call(self._number)

    def _ended(self, report: Report | None) -> None:
        """The process is gone. What the zygote counted is of its whole life."""
        self.alive = False
        if self._insisting is not None:
            self._insisting.cancel()
        self._stop_sending()
        self._loop.remove_reader(self._channel)
        if report is not None and self._call is not None:
            since = max(self._call.sent, report.forked)
            report = attrs.evolve(report, cpu=max(report.cpu - self.cpu, 0.0), forked=since)
        self._finish(report)
        for descriptor in (self._channel, *(descriptor for _, descriptor in self.streams)):
            os.close(descriptor)

    def _finish(self, report: Report | None) -> None:
        call, self._call = self._call, None
        if call is not None:
            self._watch.remove(call)
            call.finish(report)


class WarmCall:
    """One call of a worker. `done` may be cancelled at any time: that alone ends nothing."""

    def __init__(self, worker: Worker, run: Run, over: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self.done: asyncio.Future[Finished] = self._loop.create_future()
        self.sent = time.monotonic()
        self.most = run.limits.result + FRAME_ROOM
        self.frame = bytearray()
        self.overflow = False
        self.killed = ""
        self._worker = worker
        self._run = run
        self._over: Callable[[], None] | None = over
        self._captures: dict[int, Capture] = {}
        self._timer: asyncio.TimerHandle | None = None

    def _capture(self, stream: Literal["stdout", "stderr"], descriptor: int) -> Capture:
        capture = self._captures.get(descriptor)
        if capture is None:
            sink = self._run.sink
            capture = Capture(descriptor, self._run.limits.output, sink and partial(sink, stream))
            self._captures[descriptor] = capture
        return capture

    def listen(self) -> None:
        """The call takes its time: read what it prints, and end it when that time is over."""
        rest = max(self.sent + self._run.limits.wall - time.monotonic(), 0.0)
        self._timer = self._loop.call_later(rest, self._worker.kill, "wall")
        for stream, descriptor in self._worker.streams:
            self._loop.add_reader(descriptor, self._read, self._capture(stream, descriptor))

    def _read(self, capture: Capture) -> None:
        if not capture.read():
            self._loop.remove_reader(capture.descriptor)

    def kill(self, why: str) -> None:
        """End the process, unless it is at another call by now."""
        if self._over is not None:
            self._worker.kill(why)

    def finish(self, report: Report | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            for _, descriptor in self._worker.streams:
                self._loop.remove_reader(descriptor)
        printed = {descriptor for descriptor, _ in self._worker.printed.poll(0)}
        for stream, descriptor in self._worker.streams:
            if descriptor in printed:
                self._capture(stream, descriptor).drain()
        over, self._over = self._over, None
        assert over is not None
        over()
        if not self.done.done():
            self.done.set_result(self._finished(report))

    def _finished(self, report: Report | None) -> Finished:
        out, err = (
            self._captures[descriptor].output() if descriptor in self._captures else NOTHING
            for _, descriptor in self._worker.streams
        )
        return Finished(report, bytes(self.frame), self.overflow, self.killed, out, err)
