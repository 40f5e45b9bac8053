"""The server's hold on a running zygote: it forks children on request and says how each of them ended."""

import array
import asyncio
import contextlib
import os
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Callable

import attrs

from .pidfd import gone

MESSAGE = 64 * 1024
STOP_TIME = 5.0

HEAR_TIME = 1.0
"""Seconds in which a zygote must say that it heard of a child that is to be killed."""

END_TIME = 20.0
"""Seconds in which that child must be gone: the kernel may have gigabytes to take back, at a low priority."""

LATE = 0.1
"""Seconds by which a timer is so late that the machine, or the server, stood still."""

NOT_FORKED, HEARD = -1, -2
"""In the place of a wait status: there was no process to be had; a process is being killed."""

CALL = struct.Struct("<BQQId")
REPORT = struct.Struct("<QiQQQQ")
"""Both as in `forking`, which is the jail's inside and not imported here."""


@attrs.frozen
class Report:
    """A process's end as the zygote saw it; times are monotonic seconds."""

    status: int
    cpu: float
    memory: int
    forked: float
    ended: float


class Zygote:
    """A running zygote. `ended` of each call is told its `Report`, or None when the zygote died first.

    `unable` says that it could not fork. `lost` is told when it is dead, `emptied` when it has been told to `retire`
    and its last child has ended.
    """

    def __init__(self, process: "subprocess.Popen[bytes]", control: socket.socket, pidfd: int) -> None:
        self.alive = True
        self.retiring = False
        self.unable = False
        self.calls = 0
        self.born = time.monotonic()
        self.lost: Callable[[Zygote], None] | None = None
        self.emptied: Callable[[Zygote], None] | None = None
        self._process = process
        self._control = control
        self._pidfd = pidfd
        self._waiting: dict[int, Callable[[Report | None], None]] = {}
        self._killing: dict[int, asyncio.TimerHandle] = {}
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(control, self._receive)

    @property
    def children(self) -> int:
        return len(self._waiting)

    def call(
        self,
        letter: bytes,
        number: int,
        memory: int,
        cpu: tuple[int, float],
        descriptors: list[int],
        ended: Callable[[Report | None], None],
    ) -> None:
        """Fork a child that gets `descriptors`, by a letter that `forking.CALL` describes.

        The descriptors can be closed afterwards.
        """
        self.calls += 1
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))
        self._waiting[number] = ended
        try:
            self._control.sendmsg([CALL.pack(letter[0], number, memory, *cpu)], [rights])
        except OSError:  # gone, or so stuck that its queue is full: for the caller there is no difference
            self.kill()

    def kill_call(self, number: int) -> None:
        """End a child; or the zygote, if that does not come to pass."""
        if number in self._waiting and number not in self._killing:
            self._insist(number, HEAR_TIME)
            self._say(b"K", number)

    def _insist(self, number: int, seconds: float) -> None:
        """Within so many seconds there must be news of a child that is to be killed."""
        due = self._loop.time() + seconds
        self._killing[number] = self._loop.call_at(due, self._give_up, number, seconds, due)

    def _give_up(self, number: int, seconds: float, due: float) -> None:
        """Unless this comes late: where the server stood still, so did the zygote, and its word may be on its way."""
        if self._loop.time() - due > LATE:
            self._insist(number, seconds)
        else:
            self.kill()

    def slow_call(self, number: int) -> None:
        """Others come before this child from now on, once it is seen to compute."""
        self._say(b"S", number)

    def _say(self, letter: bytes, number: int) -> None:
        if number in self._waiting:
            try:
                self._control.send(CALL.pack(letter[0], number, 0, 0, 0.0))
            except OSError:
                self.kill()

    def kill(self) -> None:
        """By descriptor, never by a number that may be someone else's by now."""
        if self.alive:
            self._kill_zygote()
            self._lose()

    def retire(self) -> None:
        """Let the children that it has finish."""
        self.retiring = True
        self._tell_if_empty()

    def _receive(self) -> None:
        while self.alive:
            try:
                data = self._control.recv(MESSAGE)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if len(data) != REPORT.size:
                self.kill()
                return
            self._report(*REPORT.unpack(data))

    def _report(self, number: int, status: int, cpu: int, memory: int, forked: int, ended: int) -> None:
        insisting = self._killing.pop(number, None)
        if insisting is not None:
            insisting.cancel()
        if status == HEARD:
            self._insist(number, END_TIME)
            return
        self.unable = self.unable or status == NOT_FORKED
        waiting = self._waiting.pop(number, None)
        if waiting is not None:
            waiting(Report(status, cpu / 1e6, memory * 1024, forked / 1e9, ended / 1e9))
            self._tell_if_empty()

    def _tell_if_empty(self) -> None:
        if self.retiring and self.alive and not self._waiting and self.emptied is not None:
            self.emptied(self)

    def _lose(self) -> None:
        if not self.alive:
            return
        self.alive = False
        self._loop.remove_reader(self._control)
        self._control.close()
        for insisting in self._killing.values():
            insisting.cancel()
        self._killing.clear()
        waiting, self._waiting = self._waiting, {}
        for ended in waiting.values():
            ended(None)
        if self.lost is not None:
            self.lost(self)

    async def close(self) -> None:
        """End it and everything in it; returns when nothing of it is left. Only once."""
        self._lose()
        try:
            for insist in (self._kill_zygote, self._process.kill):
                try:
                    await gone(self._process, STOP_TIME)
                    return
                except TimeoutError:
                    insist()
            await gone(self._process, STOP_TIME)
        finally:
            os.close(self._pidfd)

    def _kill_zygote(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
