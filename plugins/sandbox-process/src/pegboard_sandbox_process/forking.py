"""What the zygote does all day: it forks a child per request, and says how each of them ended. Standard library only.

It never reads a tenant's data: the channel of a call goes to the child, which alone reads it.
"""

from __future__ import annotations

import _socket
import gc
import os
import resource
import select
import signal
import time
from array import array
from struct import pack, unpack

from pegboard_sandbox_process import isolation, orphans, resident, seccomp, serving
from pegboard_sandbox_process.rehearsal import RUNS, rehearse, serve_prepared
from pegboard_sandbox_process.system import trim_heap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from pegboard_sandbox_process.child import Language

CALL = "<BQQId"
"""Server to zygote: a letter, the call, bytes of memory, seconds of CPU to the second and, unless 0, exactly.
``C`` (for one call that is here), ``P`` (for one that will come) and ``W`` (for many) bring channel, stdout and stderr;
``K`` kills; from ``S`` on others come first."""

REPORT = "<QiQQQQ"
"""Zygote to server: the call, wait status, CPU microseconds, peak KiB, forked and ended (monotonic nanoseconds)."""

NOT_FORKED = -1
"""The wait status of a call for which there was no process to be had."""

HEARD = -2
"""In its place: the call is being killed."""

COMPUTES = 0.01
"""Seconds of processor time in which a call that takes long shows that it computes."""

LOOK_AGAIN = 50
"""Milliseconds until that is looked at again."""

SERVING = {ord("C"): serving.serve, ord("P"): serve_prepared, ord("W"): resident.serve_calls}

CONTROL, SIGNALS = 3, 4


def _cpu_time(pid: int) -> float:
    """Seconds that a process has used: its clock, whose number is made as in linux/posix-timers.h."""
    return time.clock_gettime(~pid << 3 | 2)


class Forking:
    """Forks on request, reports each end. Without namespaces it also kills what a program left behind."""

    def __init__(self, control: _socket.socket, language: Language, layers: list[str]) -> None:
        self._control = control
        self.language = language
        self._confined = "seccomp" in layers
        self._alone = "namespaces" in layers
        self._filter = seccomp.program_filter() if self._confined else None
        self._calls: dict[int, tuple[int, int]] = {}
        self._slow: dict[int, float] = {}
        with open("/proc/self/statm") as file:  # what is mapped already is not the program's
            self._mapped = int(file.read().split()[0]) * resource.getpagesize()

    def serve(self) -> NoReturn:
        gc.disable()
        rehearse(self.language, RUNS)
        gc.freeze()
        trim_heap()
        self._control.send(b'{"ready":true}')
        poll = select.poll()
        poll.register(CONTROL, select.POLLIN)
        poll.register(SIGNALS, select.POLLIN)
        while True:
            if self._slow:
                self._lower()
            for descriptor, _ in poll.poll(LOOK_AGAIN if self._slow else None):
                if descriptor == SIGNALS:
                    self._reap()
                else:
                    self._receive()

    def _receive(self) -> None:
        data, ancillary, _, _ = self._control.recvmsg(64, 64)
        if not data:
            self._end()
        letter, call, memory, *cpu = unpack(CALL, data)
        if letter in (ord("K"), ord("S")):
            self._change(letter, call)
            return
        descriptors = array("i", ancillary[0][2])
        forked = time.monotonic_ns()
        try:
            pid = os.fork()
        except OSError:
            self._control.send(pack(REPORT, call, NOT_FORKED, 0, 0, forked, forked))
        else:
            if pid == 0:
                self._become_child(descriptors, memory, cpu, SERVING[letter])
            self._calls[pid] = (call, forked)
        for descriptor in descriptors:
            os.close(descriptor)

    def _become_child(
        self, descriptors: array[int], memory: int, cpu: list[float], serve: Callable[[int, Language], NoReturn]
    ) -> NoReturn:
        try:
            channel, out, err = descriptors
            os.dup2(out, 1)
            os.dup2(err, 2)
            os.dup2(channel, CONTROL)
            for descriptor in (SIGNALS, channel, out, err):
                os.close(descriptor)
            self._limit(memory, cpu)
            if self._filter:
                self._filter.load()
        except BaseException:
            os._exit(70)  # EX_SOFTWARE: never run a program with a limit missing
        serve(CONTROL, self.language)

    def _limit(self, memory: int, cpu: list[float]) -> None:
        if not self._alone:
            isolation.die_with_parent()
        if not self._confined:
            os.setpgid(0, 0)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        seconds, exactly = int(cpu[0]), cpu[1]
        space = self._mapped + memory
        resource.setrlimit(resource.RLIMIT_AS, (space, space))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        if exactly:
            signal.setitimer(signal.ITIMER_PROF, exactly)  # RLIMIT_CPU counts whole seconds only

    def _reap(self) -> None:
        os.read(SIGNALS, 128)
        while True:
            try:
                pid, status, used = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            if not self._confined:
                orphans.kill_all(keep=self._calls)
            if pid in self._calls:
                call, forked = self._calls.pop(pid)
                self._slow.pop(pid, None)
                cpu = int((used.ru_utime + used.ru_stime) * 1e6)
                report = pack(REPORT, call, status, cpu, used.ru_maxrss, forked, time.monotonic_ns())
                self._control.send(report)

    def _change(self, letter: int, call: int) -> None:
        for pid, (number, _) in self._calls.items():
            if number == call and letter == ord("K"):
                os.kill(pid, signal.SIGKILL)
                self._control.send(pack(REPORT, call, HEARD, 0, 0, 0, 0))
            elif number == call:
                self._slow[pid] = _cpu_time(pid)

    def _lower(self) -> None:
        """Who takes long because it sleeps, or finds no processor itself, is in nobody's way."""
        for pid, before in list(self._slow.items()):
            if _cpu_time(pid) - before >= COMPUTES:
                os.setpriority(os.PRIO_PROCESS, pid, seccomp.LOW)
                del self._slow[pid]

    def _end(self) -> NoReturn:
        """The server is gone or wants us to go. In namespaces the kernel kills the rest with PID 1."""
        for pid in self._calls:
            os.kill(pid, signal.SIGKILL)
        if not self._confined:
            orphans.kill_all(keep=())
        os._exit(0)
