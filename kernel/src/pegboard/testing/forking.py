"""Servers as processes of their own that start in a fraction of the time: forks of one that has imported everything.

    async with forking() as servers:
        async with servers.served(folder) as server:
            await server.kill()

What is forked has opened no database, no socket and no thread: it is killed, stopped and started as any other process.
Needs POSIX.
"""

import asyncio
import json
import os
import runpy
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import attrs

from ..board import Board
from .processes import PATIENCE, ServerProcess, environment, serving

PROGRAM = str(Path(__file__).with_name("program.py"))
START = (
    "import socket, sys; from pegboard.testing.forking import main;"
    " main(socket.socket(fileno=int(sys.argv[1])), *sys.argv[2:])"
)
CHUNK = 1 << 16


@attrs.define
class Forked:
    """As much of `asyncio.subprocess.Process` as a `ServerProcess` needs."""

    pid: int
    stdout: asyncio.StreamReader
    _waiting: "asyncio.Task[int]"

    @property
    def returncode(self) -> int | None:
        return self._waiting.result() if self._waiting.done() else None

    async def wait(self) -> int:
        return await asyncio.shield(self._waiting)

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)


@attrs.frozen
class Forking:
    """A process that stands ready to become a server, as often as it is asked to."""

    _door: socket.socket

    @asynccontextmanager
    async def served(
        self,
        data: Path | str,
        *arguments: str,
        environ: Mapping[str, str] | None = None,
        patience: float = PATIENCE,
    ) -> AsyncIterator[ServerProcess]:
        """As `pegboard.testing.served`."""
        told = ["serve", "--port", "0", "--data", str(data), *arguments]
        process: Any = await self._fork(told, str(data), environment(environ))
        async with serving(process, patience) as server:
            yield server

    async def _fork(self, arguments: Sequence[str], cwd: str, environ: Mapping[str, str]) -> Forked:
        with ExitStack() as stack:
            ends = []
            readers = []
            for _ in range(2):
                here, there = os.pipe()
                stack.callback(os.close, there)
                ends.append(there)
                readers.append(await _reader(here))
            told = {"arguments": list(arguments), "cwd": cwd, "environ": dict(environ)}
            socket.send_fds(self._door, [json.dumps(told).encode() + b"\n"], ends)
            stdout, status = readers
            pid = int(await status.readline())  # once this is here, the ends are the other side's
        return Forked(pid, stdout, asyncio.create_task(_ended(status)))


async def _reader(descriptor: int) -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb", 0)
    )
    return reader


async def _ended(status: asyncio.StreamReader) -> int:
    return int(await status.readline())


@asynccontextmanager
async def forking(
    program: Path | str = PROGRAM, *, preload: Sequence[str] = (), environ: Mapping[str, str] | None = None
) -> AsyncIterator[Forking]:
    """Import once what servers need, for as long as this is open.

    `program` is the absolute path of a file that each process runs with the arguments of ``pegboard``; left out, it is
    ``pegboard`` with the authenticator of `pegboard.testing.callers`. `preload` names modules to import besides the
    plugins that are on in `environ`.
    """
    mine, its = socket.socketpair()
    with mine, its:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", START, str(its.fileno()), str(program), *preload),
            env=environment(environ),
            stdin=asyncio.subprocess.DEVNULL,
            pass_fds=[its.fileno()],
            start_new_session=True,
        )
        its.close()
        try:
            yield Forking(mine)
        finally:
            mine.close()
            process.kill()
            await process.wait()


def main(door: socket.socket, program: str, *preload: str) -> None:
    """Import, then fork for each request that comes through the door, until it is closed."""
    Board.build()
    for name in preload:
        import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # those who wait for servers are not waited for
    while (told := _request(door)) is not None:
        request, (stdout, status) = told
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            door.close()
            return _watch(request, stdout, status, program)
        os.close(stdout)
        os.close(status)


def _request(door: socket.socket) -> tuple[Any, list[int]] | None:
    message, descriptors = b"", list[int]()
    while not message.endswith(b"\n"):
        chunk, came, _, _ = socket.recv_fds(door, CHUNK, 2)
        if not chunk:
            return None
        message, descriptors = message + chunk, descriptors + came
    return json.loads(message), descriptors


def _watch(request: Any, stdout: int, status: int, program: str) -> None:
    """One process becomes the server, its parent tells how it ended."""
    child = os.fork()
    if child == 0:
        os.setsid()
        os.write(status, b"%d\n" % os.getpid())
        os.close(status)
        return _serve(request, stdout, program)
    os.close(stdout)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.write(status, b"%d\n" % code)
    os._exit(0)


def _serve(request: Any, stdout: int, program: str) -> None:
    for number in (1, 2):
        os.dup2(stdout, number)
    os.close(stdout)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environ"])
    sys.argv = [program, *request["arguments"]]
    runpy.run_path(program, run_name="__main__")
