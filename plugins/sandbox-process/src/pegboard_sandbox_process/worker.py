"""A process that stays: it runs one program of one tenant, call after call, with fresh globals each time.

Calls that come while it is busy are sent all the same, so that it need not be woken for each. Behind a call that takes
its time nobody waits: what has not begun is given back, to be run by another process.
"""

import asyncio
import os
import struct
import time
from collections import deque
from collections.abc import Callable

import attrs

from .call import FORGED, FRAME_ROOM, LISTEN_AFTER, PIECE
from .conversation import GO_ON, Conversation
from .ends import open_ends
from .places import Place
from .sender import Sender
from .spawn import Report, Zygote
from .warm import Streams, WarmCall
from .warmth import Warmth
from .watch import Watch

LENGTH = struct.Struct("<I")
USED = struct.Struct("<QQQQB")
"""Behind each answer, as in `resident.USED`: the worker's own word, which only its own program could twist."""

USED_SIZE = USED.size

BELIEVED = 1 << 40
"""Bytes of memory that are believed: the number goes on into logs and tables."""

BELIEVED_KIB = BELIEVED // 1024

PROCESSOR_TIME = 24 * 3600
"""Seconds after which the kernel ends a worker in any case; each call has its wall."""

UNKNOWN = 1.0
"""Seconds per call of a process that has not answered yet."""


class Worker:
    """The server's hold on such a process. `alive` until it has ended or is told to; `pace` is seconds per call.

    `free` is told when it has done all calls that it was given, or is gone.
    """

    def __init__(
        self, zygote: Zygote, number: int, memory: int, warmth: Warmth, watch: Watch, free: Callable[["Worker"], None]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._zygote = zygote
        self._number = number
        self._watch = watch
        self._free = free
        self._flight: deque[WarmCall] = deque()
        self._conversation = Conversation()
        self._outbox: list[bytes] = []
        self._together = 0
        self._alone = True
        self._part = bytearray()
        self.place: Place | None = None
        self.alive = True
        self.calls = 0
        self.answers = 0
        self.pace = UNKNOWN
        self._spent = 0
        self._most_calls, self._most_kib = warmth.calls, warmth.memory // 1024
        self._until = time.monotonic() + warmth.seconds  # 0 when there is another reason to take no more calls
        (self._channel, out, err), theirs = open_ends()
        self._streams: Streams = (("stdout", out), ("stderr", err))
        self._sender = Sender(self._channel)
        self._loop.add_reader(self._channel, self._receive)
        zygote.call(b"W", number, memory, (PROCESSOR_TIME, 0.0), theirs, self._ended)
        for descriptor in theirs:
            os.close(descriptor)

    def stays(self, now: float) -> bool:
        """Whether it may take one more call."""
        return now < self._until and not self._zygote.retiring

    @property
    def backlog(self) -> float:
        """Seconds until a call that comes now would begin, as far as one can know."""
        return len(self._flight) * self.pace

    def welcomes(self, now: float) -> bool:
        """Whether a call may come behind those that it does."""
        place = self.place
        return (
            self._flight[0].timer is None
            and place is not None
            and now < self._until
            and not (self._zygote.retiring or place.due)
        )

    def hold(self, place: Place) -> None:
        """The right to run, until it has done all that it was given."""
        self.place = place
        place.began = lambda: self._flight[0].begins if self._flight else time.monotonic()
        place.slowed = self._slow_down

    def _slow_down(self) -> None:
        """Others come first from now on, and for good: nobody can give a process its priority back."""
        self._until = 0.0
        self._zygote.slow_call(self._number)

    def add(self, call: WarmCall) -> None:
        self.calls += 1
        if self.calls >= self._most_calls:
            self._until = 0.0
        call.begins = time.monotonic()
        if not self.alive:  # the zygote went as it was asked for this process
            call.end(None, b"")
            self._rest()
            return
        flight = self._flight
        flight.append(call)
        self._post(self._conversation.message(call.run))
        if len(flight) == 1:
            self._watch.add(self)
            if self._alone:
                self._flush()

    def _post(self, message: bytes) -> None:
        """All that comes in one turn of the loop goes out at once; where calls come alone, none waits for that."""
        self._outbox.append(message)
        self._together += 1
        if self._together == 1:
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        self._alone, self._together = self._together == 1, 0
        self._flush()

    def _flush(self) -> None:
        if not self._outbox or not self.alive:
            return
        data = self._outbox[0] if len(self._outbox) == 1 else b"".join(self._outbox)
        self._outbox.clear()
        if not self._sender.send(data):
            self._vanish()

    def _vanish(self) -> None:
        """Nobody reads any more. A process that was gone before it was given a call has not begun it."""
        if self.answers and self.answers + len(self._flight) == self.calls:
            self._give_back(0)
            self._flight.clear()
        self.kill("")
        if not self._flight:
            self._rest()

    def _receive(self) -> None:
        try:
            data = os.read(self._channel, PIECE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.kill("")  # it is ending, or will never say a word again
            return
        came: bytes | bytearray = data
        if self._part:  # a piece at a time: a copy of all that came before would be made for each
            self._part += data
            came = self._part
        at, size = 0, len(came)
        while at < size and self.alive and (end := self._understand(came, at, size)):
            at = end
        if at < size and (at or came is data):
            self._part = bytearray(came[at:])
        elif at == size and self._part:
            self._part = bytearray()

    def _understand(self, came: bytes | bytearray, at: int, here: int) -> int:
        """Take one answer from the `here` bytes that came, and give its end; 0 if it is not whole.

        Its length is hostile input, too.
        """
        flight = self._flight
        if not flight or (len(flight) == 1 and self._sender.busy):
            self.kill(FORGED)  # words out of turn
            return 0
        if here - at < 4:
            return 0
        call, (size,) = flight[0], LENGTH.unpack_from(came, at)
        if size > call.run.limits.result + FRAME_ROOM:
            call.overflow = True
            self.kill("result")
            return 0
        middle = at + 4 + size
        end: int = middle + USED_SIZE
        if here < end:
            return 0
        self._answered(call, bytes(came[at:middle]), *USED.unpack_from(came, middle))
        return end

    def _answered(self, call: WarmCall, frame: bytes, used: int, total: int, kib: int, ended: int, spoke: int) -> None:
        now, begins, until = time.monotonic(), call.begins, ended / 1e9
        if not begins <= until <= now:
            until = min(max(until, begins), now)
        self.answers += 1
        self._spent = total
        if kib > self._most_kib:
            self._until = 0.0
        took, pace = until - begins, self.pace
        self.pace = took if pace == UNKNOWN else (pace + took) / 2
        if spoke:
            call.drain(self._streams)
            self._post(GO_ON)
        flight = self._flight
        flight.popleft()
        if call.timer is not None:
            call.leave_alone()
        call.answer(frame, until, used / 1e6, kib * 1024 if kib < BELIEVED_KIB else BELIEVED)
        if not flight:
            self._rest()
        elif flight[0].begins < until:
            flight[0].begins = until

    def look(self, now: float) -> None:
        """Who takes long is listened to, and those behind need not wait for it."""
        call = self._flight[0]
        if call.timer is None and now - call.begins >= LISTEN_AFTER:
            call.listen(self._streams, max(call.begins + call.run.limits.wall - now, 0.0), self.kill)
            self._give_back(1)

    def _give_back(self, first: int) -> None:
        for call in list(self._flight)[first:]:
            call.give_back()

    def leave(self, call: WarmCall) -> None:
        """Nobody wants this call's answer. What runs ends; what has not begun comes to nothing by itself."""
        if self._flight and self._flight[0] is call:
            self.kill("cancelled")

    def kill(self, why: str) -> None:
        """End the process, whatever it may still say."""
        if not self.alive:
            return
        self.alive, self._until = False, 0.0
        if self._flight:
            self._flight[0].killed = why
            self._give_back(1)
        self._loop.remove_reader(self._channel)
        self._zygote.kill_call(self._number)

    def _ended(self, report: Report | None) -> None:
        """The process is gone. What the zygote counted is of its whole life."""
        self.alive, self._until = False, 0.0
        self._sender.stop()
        self._loop.remove_reader(self._channel)
        if self._flight:
            self._end_with(self._flight[0], report)
        for descriptor in (self._channel, *(descriptor for _, descriptor in self._streams)):
            os.close(descriptor)

    def _end_with(self, call: WarmCall, report: Report | None) -> None:
        if report is not None:
            since = max(call.begins, report.forked)
            report = attrs.evolve(report, cpu=max(report.cpu - self._spent / 1e6, 0.0), forked=since)
        self._give_back(1)
        call.leave_alone()
        call.drain(self._streams)
        self._flight.clear()
        call.end(report, bytes(self._part))
        self._rest()

    def _rest(self) -> None:
        self._watch.remove(self)
        self._free(self)
