"""Starting a zygote from the server, and the server's hold on it."""

import array
import asyncio
import contextlib
import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import orjson

from .profile import Profile

MESSAGE = 64 * 1024
START_TIME = 20.0
"""Seconds within which a zygote must be ready."""

STOP_TIME = 5.0

CALL = struct.Struct("<BQQId")
REPORT = struct.Struct("<QiQQQQ")
"""Both as in `zygote`, which is the jail's inside and not imported here."""


class StartFailed(Exception):
    """A zygote could not shut itself in: at which step, and the system's answer."""

    def __init__(self, step: str, why: str) -> None:
        super().__init__(f"{step}: {why}")
        self.step, self.why = step, why


@attrs.frozen
class Report:
    """A process's end as the zygote saw it; times are monotonic seconds."""

    status: int
    cpu: float
    memory: int
    forked: float
    ended: float


class Zygote:
    """A running zygote. `ended` of each call is told its `Report`, or None when the zygote died first."""

    def __init__(self, process: "subprocess.Popen[bytes]", control: socket.socket, pidfd: int) -> None:
        self.alive = True
        self._process = process
        self._control = control
        self._pidfd = pidfd
        self._waiting: dict[int, Callable[[Report | None], None]] = {}
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
        """Fork a child that gets `descriptors`, for one call (letter ``C``) or for many (``W``).

        The descriptors can be closed afterwards.
        """
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))
        self._waiting[number] = ended
        try:
            self._control.sendmsg([CALL.pack(letter[0], number, memory, *cpu)], [rights])
        except OSError:  # gone, or so stuck that its queue is full: for the caller there is no difference
            self._lose()

    def kill_call(self, number: int) -> None:
        if number in self._waiting:
            try:
                self._control.send(CALL.pack(ord("K"), number, 0, 0, 0.0))
            except OSError:
                self._lose()

    def slow_call(self, number: int) -> None:
        """Give a child's process a low priority, for good."""
        if number in self._waiting:
            try:
                self._control.send(CALL.pack(ord("S"), number, 0, 0, 0.0))
            except OSError:
                self._lose()

    def kill(self) -> None:
        """By descriptor, never by a number that may be someone else's by now."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        self._lose()

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
            number, status, cpu, memory, forked, ended = REPORT.unpack(data)
            waiting = self._waiting.pop(number, None)
            if waiting is not None:
                waiting(Report(status, cpu / 1e6, memory * 1024, forked / 1e9, ended / 1e9))

    def _lose(self) -> None:
        if not self.alive:
            return
        self.alive = False
        self._loop.remove_reader(self._control)
        self._control.close()
        waiting, self._waiting = self._waiting, {}
        for ended in waiting.values():
            ended(None)

    async def close(self) -> None:
        """End it and everything in it; returns when nothing of it is left."""
        self._lose()
        try:
            await _gone(self._process, STOP_TIME)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
            await _gone(self._process, STOP_TIME)
        finally:
            os.close(self._pidfd)


async def start(profile: Profile, layers: tuple[str, ...], cgroup: str | None = None) -> Zygote:
    """Start a zygote that is shut in by `layers`. Raises `StartFailed`."""
    configuration = _configuration(profile, layers, cgroup)
    errors = os.memfd_create("launcher-errors")
    try:
        ours, process = _launch(errors)
        try:
            pidfd = await asyncio.wait_for(_handshake(ours, configuration), START_TIME)
        except BaseException as error:
            ours.close()
            await _abandon(process)
            if isinstance(error, OSError | ValueError):  # TimeoutError is an OSError
                raise StartFailed("start", _why(error, errors)) from error
            raise
    finally:
        os.close(errors)
    return Zygote(process, ours, pidfd)


def _launch(errors: int) -> tuple[socket.socket, "subprocess.Popen[bytes]"]:
    """A new interpreter with an empty environment, in a session of its own so that no Ctrl-C reaches it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-B", str(Path(__file__).with_name("launcher.py"))],
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env={},
            cwd="/",
            start_new_session=True,
        )
    except OSError as error:
        ours.close()
        raise StartFailed("start", f"{sys.executable}: {error}") from error
    finally:
        theirs.close()
    return ours, process


def _configuration(profile: Profile, layers: tuple[str, ...], cgroup: str | None) -> bytes:
    name, folder = profile.package()
    paths = [os.path.abspath(path) for path in sys.path]
    return orjson.dumps(
        {
            "layers": layers,
            "cgroup": cgroup,
            "packages": {name: folder},
            "paths": paths,
            "imports": profile.imports,
            "language": profile.language,
            "library": profile.library,
        }
    )


async def _handshake(control: socket.socket, configuration: bytes) -> int:
    """Configure, take the zygote's descriptor, wait until it is ready."""
    control.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(control, configuration)
    pidfd, ready = -1, False
    try:
        while not ready or pidfd < 0:
            await _readable(control)
            data, descriptors, _, _ = socket.recv_fds(control, MESSAGE, 1, socket.MSG_CMSG_CLOEXEC)
            pidfd = descriptors[0] if descriptors else pidfd
            message: dict[str, Any] = orjson.loads(data)
            if "failed" in message:
                raise StartFailed(message["failed"], message["why"])
            ready = ready or "ready" in message
        return pidfd
    except BaseException:
        if pidfd >= 0:
            os.close(pidfd)
        raise


async def _readable(descriptor: socket.socket | int) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(descriptor, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(descriptor)


async def _gone(process: "subprocess.Popen[bytes]", seconds: float) -> None:
    """Wait for the launcher, which ends last. Raises TimeoutError."""
    try:
        pidfd = os.pidfd_open(process.pid)
    except ProcessLookupError:
        pidfd = -1
    if pidfd >= 0:
        try:
            await asyncio.wait_for(_readable(pidfd), seconds)
        finally:
            os.close(pidfd)
    process.wait()


async def _abandon(process: "subprocess.Popen[bytes]") -> None:
    """The zygote dies with the launcher, its parent."""
    process.kill()
    await _gone(process, STOP_TIME)


def _why(error: Exception, errors: int) -> str:
    os.lseek(errors, 0, os.SEEK_SET)
    said = os.read(errors, MESSAGE).decode(errors="replace").strip().splitlines()
    return said[-1] if said else str(error) or type(error).__name__
