"""The zygote: imports everything, shuts the door behind it, then forks one child per call. Standard library only.

It never reads a tenant's data: the channel of a call goes to the child, which alone reads it.
"""

from __future__ import annotations

import _socket
import gc
import importlib.machinery
import io
import json
import os
import resource
import select
import signal
import sys
import time
from array import array
from struct import pack, unpack

from pegboard_sandbox_process import isolation, orphans, resident, seccomp, serving
from pegboard_sandbox_process.rehearsal import RUNS, rehearse, serve_prepared
from pegboard_sandbox_process.system import signal_descriptor, trim_heap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

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

ALWAYS = (  # noqa: SIM905
    "_strptime calendar locale decimal _decimal json re datetime encodings.ascii encodings.latin_1 "
    "encodings.cp1252 encodings.utf_16 encodings.utf_16_le encodings.utf_16_be encodings.utf_32 "
    "encodings.utf_8_sig encodings.idna encodings.raw_unicode_escape encodings.unicode_escape encodings.punycode"
).split()
"""What modules import only when they are used."""

CONTROL, SIGNALS, FIRST_FREE = 3, 4, 5
STACK = 16 << 20
OPEN_FILES = 16


def main(control: _socket.socket, config: dict[str, Any], *, root: bool) -> NoReturn:
    """In the launcher's child. Ends when the server closes the control socket."""
    isolation.die_with_parent()
    control = _arrange_descriptors(control)
    for name, descriptor, errors in (("stdout", 1, "replace"), ("stderr", 2, "backslashreplace")):
        stream = _stream(descriptor, errors)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    try:
        served = _Zygote(control, _load(config), config["layers"])
        _shut_in(config["layers"], root=root)
    except isolation.StepFailed as failed:
        _fail(control, failed.step, failed.why)
    except Exception as error:
        _fail(control, "import", f"{type(error).__name__}: {error}")
    served.serve()


def _fail(control: _socket.socket, step: str, why: str) -> NoReturn:
    control.send(json.dumps({"failed": step, "why": why}).encode())
    os._exit(1)


def _load(config: dict[str, Any]) -> Language:
    """Import all that programs may import, then leave no way to import from files."""
    sys.path[:] = config["paths"]
    for name in (*ALWAYS, *config["imports"]):
        importlib.import_module(name)
    module, _, attribute = config["language"].partition(":")
    language: Language = getattr(importlib.import_module(module), attribute)
    if config["library"]:
        importlib.import_module("pegboard_sandbox_process.shelf").install()
    sys.meta_path.remove(importlib.machinery.PathFinder)
    sys.path[:] = []
    sys.path_hooks[:] = []
    sys.path_importer_cache.clear()
    sys.argv[:] = [""]
    os.environ.clear()
    return language


def _arrange_descriptors(control: _socket.socket) -> _socket.socket:
    """Control is 3, the signals are 4, standard streams lead nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    taken = os.dup2(control.detach(), 63)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    signals = os.dup2(signal_descriptor(signal.SIGCHLD), 62)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.closerange(CONTROL, 62)
    os.dup2(taken, CONTROL)
    os.dup2(signals, SIGNALS)
    os.close(taken)
    os.close(signals)
    return _socket.socket(fileno=CONTROL)


def _stream(descriptor: int, errors: str) -> io.TextIOWrapper:
    """Buffered by line: what a program printed before it was killed must have arrived."""
    raw = io.FileIO(descriptor, "w", closefd=False)
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding="utf-8", errors=errors, line_buffering=True)


def _shut_in(layers: list[str], *, root: bool) -> None:
    os.closerange(FIRST_FREE, resource.getrlimit(resource.RLIMIT_NOFILE)[0])  # whatever the imports opened
    if "namespaces" in layers:
        isolation.leave_root()
    else:
        isolation.adopt_orphans()
    isolation.leave_privileges(root=root, namespaced="namespaces" in layers)
    isolation.die_with_parent()  # again: a change of user cancels it
    if "landlock" in layers:
        isolation.deny_files_and_network()
    # Inherited by every child; lowering them for good costs nothing here, and four system calls there.
    most = {"FSIZE": 0, "CORE": 0, "STACK": STACK, "NOFILE": OPEN_FILES}
    for limit, value in most.items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{limit}"), (value, value))
    if "seccomp" in layers:
        with isolation.step("seccomp"):
            seccomp.zygote_filter().load()


def _cpu_time(pid: int) -> float:
    """Seconds that a process has used: its clock, whose number is made as in linux/posix-timers.h."""
    return time.clock_gettime(~pid << 3 | 2)


class _Zygote:
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
