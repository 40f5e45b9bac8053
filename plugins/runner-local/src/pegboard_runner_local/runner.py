"""The runner: opens pipes, has the attempt launched, and gives it to whoever reads its events."""

import os
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from typing import Any

import attrs

from pegboard import Attempt, RunnerLimits, ScriptCommand, Services

from .launching import Launcher
from .runs import LocalRun


class LocalRunner:
    """Executes attempts as processes of this machine."""

    def __init__(self, launcher: Launcher) -> None:
        self._launcher = launcher

    @classmethod
    @asynccontextmanager
    async def started(cls) -> "AsyncIterator[LocalRunner]":
        """With a launcher of its own, which ends with the context. Attempts should have ended before."""
        launcher = Launcher()
        launcher.start()
        try:
            yield cls(launcher)
        finally:
            launcher.stop()

    @asynccontextmanager
    async def open(self, attempt: Attempt, command: ScriptCommand, limits: RunnerLimits) -> AsyncIterator[LocalRun]:
        """Raises OSError where no process can be made; a program that is not there is an end like any other."""
        with ExitStack() as theirs, ExitStack() as ours:
            line, other = socket.socketpair()
            theirs.callback(other.close)
            ours.callback(line.close)
            given = [_given(command.stdin, theirs)]
            readers: list[int] = []
            for _ in range(3):
                reading, writing = os.pipe()
                ours.callback(os.close, reading)
                theirs.callback(os.close, writing)
                readers.append(reading)
                given.append(writing)
            await self._launcher.launch(_request(command, limits), [*given, other.fileno()])
            ours.pop_all()  # the run closes them
        run = LocalRun(command, line)
        await run.follow(*readers)
        try:
            yield run
        finally:
            await run.abandon()


def _given(data: bytes, closing: ExitStack) -> int:
    """Standard input as a file in memory: nobody has to feed it, and it has an end."""
    descriptor = os.memfd_create("stdin", os.MFD_CLOEXEC)
    closing.callback(os.close, descriptor)
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _request(command: ScriptCommand, limits: RunnerLimits) -> dict[str, Any]:
    return {
        "argv": list(command.argv),
        "workdir": command.workdir,
        "environment": dict(command.environment),
        "limits": attrs.asdict(limits),
    }


@asynccontextmanager
async def open_runner(services: Services) -> AsyncIterator[LocalRunner]:
    async with LocalRunner.started() as runner:
        yield runner
