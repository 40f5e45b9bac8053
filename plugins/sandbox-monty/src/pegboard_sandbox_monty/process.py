"""A supervisor as the server holds it: one process, one call at a time."""

import asyncio
import contextlib
import itertools
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import orjson
import structlog

from . import wire
from .settings import MEGABYTE, MontySettings

log = structlog.get_logger(__name__)

START_TIME = 20.0
"""Seconds within which a supervisor must be ready."""

STOP_TIME = 3.0
"""Seconds that it has to end a call, or itself, when told so."""

ROOM = 16 * MEGABYTE
"""What an answer may have beyond its result and its output."""

Forward = Callable[[bytes, bytes], None]
"""Is given `wire.STDOUT` or `wire.STDERR`, and what a program printed."""


class StartFailed(Exception):
    """A supervisor could not begin; the message says why."""


class Lost(Exception):
    """A supervisor died, or had to be killed, under a call. `late` if that was for the call's time."""

    def __init__(self, message: str, *, late: bool = False) -> None:
        super().__init__(message)
        self.late = late


@attrs.frozen
class Answer:
    """How a call ended, in a supervisor's words. See `outcome`, which reads them."""

    members: dict[str, Any]
    result: bytes
    stdout: bytes
    stderr: bytes


class Supervisor:
    """A running one. `tenant` is whose program it ran last."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.tenant: str | None = None
        self._process = process
        self._in, self._out = process.stdin, process.stdout
        self._numbers = itertools.count()
        self._number = -1
        self._late = False
        self._killing: asyncio.TimerHandle | None = None

    @property
    def alive(self) -> bool:
        return self._process.returncode is None and not self._in.is_closing() and not self._out.at_eof()

    async def call(
        self, members: dict[str, Any], blobs: list[bytes], wall: float, most: int, forward: Forward | None
    ) -> Answer:
        """Have a job done; `most` are the bytes that its answer may have. Raises `Lost`, and is dead then."""
        self._number, self._late = next(self._numbers), False
        self._write(wire.JOB, wire.bundle({**members, "number": self._number}, blobs))
        timer = asyncio.get_running_loop().call_later(wall + wire.GRACE, self._expire)
        try:
            return await self._answer(most, forward)
        except (asyncio.IncompleteReadError, OSError, ValueError, TypeError) as error:
            self.kill()
            if self._late:
                raise Lost("The program's process did not end in time", late=True) from error
            raise Lost("The sandbox's own process died under the program; run it again") from error
        finally:
            timer.cancel()
            if self._killing is not None:
                self._killing.cancel()
                self._killing = None

    def stop(self, reason: str) -> None:
        """End the call that is under way: ``wall`` or ``cancelled``. Without an answer the process is killed."""
        self._late = reason == "wall"
        self._write(wire.STOP, f"{self._number} {reason}".encode())
        if self._killing is None:
            self._killing = asyncio.get_running_loop().call_later(STOP_TIME, self.kill)

    def _expire(self) -> None:
        self.stop("wall")

    def _write(self, letter: bytes, payload: bytes) -> None:
        """Nothing is written to a pipe that the other side has closed; reading then says that it died."""
        if not self._in.is_closing():
            self._in.write(wire.frame(letter, payload))

    async def _answer(self, most: int, forward: Forward | None) -> Answer:
        while True:
            letter, size = wire.HEAD.unpack(await self._out.readexactly(wire.HEAD.size))
            if size > most + ROOM:
                raise ValueError("a frame is too large")
            payload = await self._out.readexactly(size)
            if letter in (wire.STDOUT, wire.STDERR) and forward is not None:
                forward(letter, payload)
            elif letter == wire.ANSWER:
                answered, (result, stdout, stderr) = wire.unbundle(payload)
                if self._in.is_closing():
                    raise OSError("the sandbox was closed under the program")
                return Answer(answered, result, stdout, stderr)
            elif letter == wire.FAILED:
                log.error("sandbox lost", sandbox="monty", reason=payload[:1000].decode(errors="replace"))
                raise ValueError("a supervisor failed")
            else:
                raise ValueError("a frame is out of turn")

    def kill(self) -> None:
        """It and its interpreter, which is of its process group and may outlive it."""
        self._in.close()
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says the latter of a group of zombies
            if sys.platform == "win32":
                self._process.kill()
            else:
                os.killpg(self._process.pid, signal.SIGKILL)

    async def close(self) -> None:
        """Returns when nothing of it is left."""
        self._in.close()
        try:
            async with asyncio.timeout(STOP_TIME):
                await self._process.wait()
        except TimeoutError:
            self.kill()
            await self._process.wait()


async def start(settings: MontySettings) -> Supervisor:
    """Start one, with an interpreter. Raises `StartFailed`."""
    process = await _launch()
    assert process.stdin is not None
    assert process.stdout is not None
    supervisor = Supervisor(process)
    configuration = {"paths": _paths(), "binary": settings.binary, "calls": settings.calls}
    process.stdin.write(wire.frame(wire.CONFIGURE, orjson.dumps(configuration)))
    try:
        async with asyncio.timeout(START_TIME):
            letter, size = wire.HEAD.unpack(await process.stdout.readexactly(wire.HEAD.size))
            said = await process.stdout.readexactly(min(size, MEGABYTE))
    except (OSError, asyncio.IncompleteReadError) as error:  # TimeoutError is an OSError
        supervisor.kill()
        status = await process.wait()
        raise StartFailed(f"{sys.executable} did not become ready (status {status})") from error
    except BaseException:
        supervisor.kill()
        raise
    if letter != wire.READY:
        await supervisor.close()
        raise StartFailed(said.decode(errors="replace"))
    return supervisor


async def _launch() -> asyncio.subprocess.Process:
    """A new interpreter of Python with an empty environment, in a session of its own so that no Ctrl-C reaches it."""
    script = Path(__file__).with_name("supervisor") / "__main__.py"
    environment = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    try:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-B", str(script)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment,
            cwd=Path(sys.executable).anchor,
            start_new_session=True,
        )
    except OSError as error:
        raise StartFailed(f"{sys.executable}: {error}") from error


def _paths() -> list[str]:
    """Where the server found pydantic-monty is where the supervisor does."""
    return [os.path.abspath(path) for path in sys.path]
