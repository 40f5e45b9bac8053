"""One attempt: its pipes, what comes out of them, and its end."""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator
from typing import Literal

import attrs

from pegboard import Exit, LogBytes, RunEvent, ScriptCommand

from .masking import Masked
from .protocol import Lines

PIECE = 64 * 1024
AHEAD = 64  # events that may wait for whoever reads them; then the script waits
Stream = Literal["stdout", "stderr"]


@attrs.define(eq=False)
class LocalRun:
    """An attempt under way. `line` goes to its supervisor: closing it ends the attempt at once."""

    command: ScriptCommand
    line: socket.socket
    _events: "asyncio.Queue[RunEvent | None]" = attrs.field(factory=lambda: asyncio.Queue(AHEAD))
    _reading: list["asyncio.Task[None]"] = attrs.field(factory=list)
    _following: "asyncio.Task[None] | None" = None
    _ended: asyncio.Event = attrs.field(factory=asyncio.Event)
    _asked: bool = False

    async def follow(self, stdout: int, stderr: int, told: int) -> None:
        """Read from these descriptors, which are closed at their ends."""
        lines = Lines()
        self._reading = [
            asyncio.create_task(self._read("stdout", await reader_of(stdout), lines)),
            asyncio.create_task(self._read("stderr", await reader_of(stderr), None)),
        ]
        self._following = asyncio.create_task(self._end(await reader_of(told)))

    async def events(self) -> AsyncIterator[RunEvent]:
        while (event := await self._events.get()) is not None:
            yield event

    async def cancel(self) -> None:
        if not self._asked and not self._ended.is_set():
            self._asked = True
            self.line.send(b"c")
        await self._ended.wait()

    async def abandon(self) -> None:
        """End what still runs, at once, and read no more."""
        self.line.close()
        if not self._ended.is_set():
            # whoever would read the rest has gone: without this the script would wait for him
            draining = asyncio.create_task(self._drain())
            await self._ended.wait()
            draining.cancel()
        tasks = [*self._reading, *([self._following] if self._following else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _drain(self) -> None:
        while True:
            await self._events.get()

    async def _read(self, name: Stream, reader: asyncio.StreamReader, lines: Lines | None) -> None:
        masked, offset, more = Masked(self.command.secrets), 0, True
        while more:
            data = await reader.read(PIECE)
            more = bool(data)
            shown = masked.take(data, last=not more)
            if shown:
                await self._events.put(LogBytes(name, offset, shown))
                offset += len(shown)
            if lines is not None:
                for event in lines.take(shown) if more else [*lines.take(shown), *lines.end()]:
                    await self._events.put(event)

    async def _end(self, told: asyncio.StreamReader) -> None:
        report = await told.read()
        self._ended.set()
        await asyncio.gather(*self._reading)
        await self._events.put(exit_of(report))
        await self._events.put(None)


async def reader_of(descriptor: int) -> asyncio.StreamReader:
    """Read a pipe from the event loop; it is closed at its end."""
    reader = asyncio.StreamReader(limit=PIECE)
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, os.fdopen(descriptor, "rb", 0))
    return reader


def exit_of(report: bytes) -> Exit:
    """How it ended; a supervisor that said nothing was killed, and everything below it with it."""
    return Exit(**json.loads(report)) if report else Exit(signal=9, limit="supervisor")
