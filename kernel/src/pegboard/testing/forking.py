"""Processes of their own that start in a fraction of the time: forks of one that has imported everything.

    async with forking() as servers:
        async with servers.served(folder) as server:
            await server.kill()
        done = await servers.run("check", cwd=folder)

What is forked has opened no database, no socket and no thread: it is killed, stopped and started as any other process.
Needs POSIX.
"""

import asyncio
import gc
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

import anyio
import attrs

from ..board import Board
from .processes import PATIENCE, Finished, ServerProcess, end, environment, reading, serving

PEGBOARD = str(Path(__file__).parents[1] / "__main__.py")
"""The command line as it is, for `forking`."""

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
    stderr: asyncio.StreamReader
    """The same where both go one way."""
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
    """A process that stands ready to become a server or a command, as often as it is asked to."""

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
        process = await self._fork(told, str(data), environment(environ), 1)
        async with serving(process, patience) as server:
            yield server

    async def started(
        self, *arguments: str, cwd: Path | str, environ: Mapping[str, str] | None = None
    ) -> ServerProcess:
        """A command that goes on until it is stopped, such as a worker. Its end is the caller's to see to."""
        return reading(await self._fork(arguments, str(cwd), environment(environ), 1))

    async def run(
        self, *arguments: str, cwd: Path | str, environ: Mapping[str, str] | None = None, patience: float = PATIENCE
    ) -> Finished:
        """As `pegboard.testing.run_pegboard`."""
        process = await self._fork(arguments, str(cwd), environment(environ), 2)
        try:
            with anyio.fail_after(patience):
                stdout, stderr = await asyncio.gather(process.stdout.read(), process.stderr.read())
                code = await process.wait()
        finally:
            await end(process)
        return Finished(code, stdout.decode(), stderr.decode())

    async def _fork(self, arguments: Sequence[str], cwd: str, environ: Mapping[str, str], outputs: int) -> Any:
        """A process (`Forked`) without input, whose standard output and error come by so many ways."""
        with ExitStack() as stack:
            nothing = os.open(os.devnull, os.O_RDONLY)
            stack.callback(os.close, nothing)
            ends = []
            readers = []
            for _ in range(outputs + 1):
                here, there = os.pipe()
                stack.callback(os.close, there)
                ends.append(there)
                readers.append(await _reader(here))
            *streams, status = readers
            told = {"arguments": list(arguments), "cwd": cwd, "environ": dict(environ)}
            descriptors = [nothing, ends[0], ends[-2], ends[-1]]
            socket.send_fds(self._door, [json.dumps(told).encode() + b"\n"], descriptors)
            pid = int(await status.readline())  # once this is here, the ends are the other side's
        return Forked(pid, streams[0], streams[-1], asyncio.create_task(_ended(status)))


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
    """Import, then fork for each request that comes through the door, until it is closed.

    A request is a line of JSON, with the standard input, output and error of what is wanted and where to tell, a line
    each, its process id and how it ended.
    """
    Board.build()
    for name in preload:
        import_module(name)
    gc.freeze()  # what is there stays: a collector that looks at it would have each fork copy it
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # those who wait for servers are not waited for
    while (told := _request(door)) is not None:
        request, (*streams, status) = told
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            door.close()
            return _watch(request, streams, status, program)
        for descriptor in (*streams, status):
            os.close(descriptor)


def _request(door: socket.socket) -> tuple[Any, list[int]] | None:
    message, descriptors = b"", list[int]()
    while not message.endswith(b"\n"):
        chunk, came, _, _ = socket.recv_fds(door, CHUNK, 4)
        if not chunk:
            return None
        message, descriptors = message + chunk, descriptors + came
    return json.loads(message), descriptors


def _watch(request: Any, streams: Sequence[int], status: int, program: str) -> None:
    """One process becomes what was asked for, its parent tells how it ended."""
    child = os.fork()
    if child == 0:
        os.setsid()
        os.write(status, b"%d\n" % os.getpid())
        os.close(status)
        return _become(request, streams, program)
    for descriptor in streams:
        os.close(descriptor)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.write(status, b"%d\n" % code)
    os._exit(0)


def _become(request: Any, streams: Sequence[int], program: str) -> None:
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.umask(request.get("umask", os.umask(0)))  # it can be read only by setting it
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environ"])
    told = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[1:1] = [folder for folder in told if folder and folder not in sys.path]  # as an interpreter that starts
    sys.argv = [program, *request["arguments"]]
    runpy.run_path(program, run_name="__main__")
