"""`pegboard` as a process of its own: to be killed, interrupted and started again."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import anyio
import attrs

ADDRESS = re.compile(r"Pegboard serves (http://\S+)")
COMMAND = (sys.executable, "-c", "from pegboard.cli import main; main()")
PATIENCE = 30.0


def environment(further: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without any setting of Pegboard's own, and `further`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PEGBOARD_")}
    return {**kept, "PYTHONUNBUFFERED": "1", **(further or {})}


@attrs.frozen
class Finished:
    """A command that ended."""

    code: int
    stdout: str
    stderr: str


async def run_pegboard(
    *arguments: str, cwd: Path | str, environ: Mapping[str, str] | None = None, patience: float = PATIENCE
) -> Finished:
    """Run ``pegboard <arguments>`` to its end. Raises TimeoutError, and kills it then."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *arguments,
        cwd=cwd,
        env=environment(environ),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        with anyio.fail_after(patience):
            stdout, stderr = await process.communicate()
    finally:
        await end(process)
    return Finished(process.returncode or 0, stdout.decode(), stderr.decode())


@attrs.define
class ServerProcess:
    """A running ``pegboard serve``, or another command that goes on.

    `lines` are what it printed so far, both streams in the order of arrival.
    """

    url: str = ""
    lines: list[str] = attrs.field(factory=list)
    _process: asyncio.subprocess.Process = attrs.field(kw_only=True)
    _reading: "asyncio.Task[None]" = attrs.field(init=False)
    _printed: asyncio.Condition = attrs.field(factory=asyncio.Condition)
    _ended: bool = False

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """None while it runs."""
        return self._process.returncode

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    async def printed(self, pattern: str, patience: float = PATIENCE) -> re.Match[str]:
        """Wait until a line matches. Raises AssertionError, with all that was printed, if the process ends before."""

        def found() -> re.Match[str] | None:
            return next((match for match in (re.search(pattern, line) for line in self.lines) if match), None)

        try:
            with anyio.fail_after(patience):
                async with self._printed:
                    await self._printed.wait_for(lambda: self._ended or found() is not None)
        except TimeoutError:
            raise AssertionError(f"no line like {pattern!r} in {patience:g} seconds:\n{self.output}") from None
        match = found()
        if match is None:
            await self._process.wait()
            raise AssertionError(f"the process ended ({self._process.returncode}):\n{self.output}")
        return match

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    async def kill(self) -> None:
        """SIGKILL to the process and everything in its group; returns when it is gone."""
        await end(self._process)
        await self._closed()

    async def _closed(self) -> None:
        """Wait until nobody holds the output open. Raises AssertionError where a process was left behind."""
        await asyncio.wait([self._reading], timeout=PATIENCE)
        if not self._reading.done():
            self._reading.cancel()
            raise AssertionError(f"a process that the server started outlived it:\n{self.output}")

    async def interrupt(self, patience: float = PATIENCE) -> int:
        """SIGINT, as Ctrl-C sends it; returns the exit code."""
        self._process.send_signal(signal.SIGINT)
        return await self.wait(patience)

    async def wait(self, patience: float = PATIENCE) -> int:
        """Wait for the end; returns the exit code, negative for a signal. Raises TimeoutError."""
        with anyio.fail_after(patience):
            await self._process.wait()
        await self._closed()
        return self._process.returncode or 0

    async def _read(self) -> None:
        stream = self._process.stdout
        while stream is not None and (line := await stream.readline()):
            async with self._printed:
                self.lines.append(line.decode(errors="replace").rstrip("\n"))
                self._printed.notify_all()
        async with self._printed:
            self._ended = True
            self._printed.notify_all()


@asynccontextmanager
async def served(
    data: Path | str,
    *arguments: str,
    environ: Mapping[str, str] | None = None,
    command: Sequence[str] = COMMAND,
    patience: float = PATIENCE,
) -> AsyncIterator[ServerProcess]:
    """Start ``pegboard serve --port 0`` in the folder `data`, and wait until it says where it serves.

    Start it again in the same folder to see what a restart finds. Leaving kills what still runs. Raises
    AssertionError, with what it printed, where it does not start.
    """
    process = await asyncio.create_subprocess_exec(
        *command,
        "serve",
        "--port",
        "0",
        "--data",
        str(data),
        *arguments,
        cwd=data,
        env=environment(environ),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
        limit=1 << 20,
    )
    async with serving(process, patience) as server:
        yield server


@asynccontextmanager
async def serving(process: asyncio.subprocess.Process, patience: float) -> AsyncIterator[ServerProcess]:
    """A server that is starting, once it says where it serves. Leaving kills it."""
    server = reading(process)
    try:
        match = await server.printed(ADDRESS.pattern, patience)
        server.url = match[1]
        yield server
    finally:
        await server.kill()


def reading(process: asyncio.subprocess.Process) -> ServerProcess:
    """A process whose output is read as it comes."""
    server = ServerProcess(process=process)
    server._reading = asyncio.create_task(server._read())
    return server


async def end(process: asyncio.subprocess.Process) -> None:
    """Kill the whole group: workers and other children must not outlive a test."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
