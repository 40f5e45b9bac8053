"""Starting a zygote from the server."""

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson

from .levels import FIXES
from .pidfd import gone, readable
from .profile import Profile
from .spawn import MESSAGE, STOP_TIME, Zygote

START_TIME = 20.0
"""Seconds within which a zygote must be ready."""


class StartFailed(Exception):
    """A zygote could not shut itself in: at which step, and the system's answer.

    `fix` is what mends it, where the answer says more than the step does.
    """

    def __init__(self, step: str, why: str, fix: str = "") -> None:
        super().__init__(f"{step}: {why}")
        self.step, self.why, self.fix = step, why, fix or FIXES.get(step, "see the reason")


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
    """A new interpreter with an empty environment, in a process group of its own so that no Ctrl-C reaches it.

    Not in a session of its own: the kernel shares processors out among sessions first (autogroup, sched(7)), and what a
    program that loops uses up would be missing where short calls of the same jail need it, however low its priority.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-B", str(Path(__file__).with_name("launcher.py"))],
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env={},
            cwd="/",
            process_group=0,
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
            await readable(control)
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


async def _abandon(process: "subprocess.Popen[bytes]") -> None:
    """The zygote dies with the launcher, its parent."""
    process.kill()
    try:
        await gone(process, STOP_TIME)
    except asyncio.CancelledError:
        process.wait()  # it has been killed: it is a matter of moments
        raise


def _why(error: Exception, errors: int) -> str:
    os.lseek(errors, 0, os.SEEK_SET)
    said = os.read(errors, MESSAGE).decode(errors="replace").strip().splitlines()
    return said[-1] if said else str(error) or type(error).__name__
