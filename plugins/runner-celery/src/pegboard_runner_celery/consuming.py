"""Celery's worker beside the app: which messages it takes, and what it is told of them."""

import asyncio
import logging
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import attrs
import orjson
import structlog

from .broker import TASK, conf_of
from .settings import RunnerCelerySettings

PROGRAM = Path(__file__).with_name("consumer.py")
PATIENCE = 30.0
"""Seconds that it has to end when all its messages are answered."""

log = structlog.get_logger(__name__)

Answer = tuple[str | None] | tuple[()]
"""The id of the job that a message led to, or None; nothing where the message is for another worker."""


@attrs.define(eq=False)
class Consuming:
    """A process of its own: `carry_out(again)` is awaited for each message that it takes."""

    carry_out: Callable[[bool], Awaitable[Answer]]
    ready: asyncio.Event = attrs.field(factory=asyncio.Event)
    ended: asyncio.Event = attrs.field(factory=asyncio.Event)
    _process: asyncio.subprocess.Process | None = None
    _writer: asyncio.StreamWriter | None = None
    _hearing: asyncio.Task[None] | None = None
    _tasks: set[asyncio.Task[None]] = attrs.field(factory=set)
    _answers: list[bytes] = attrs.field(factory=list)

    @property
    def pid(self) -> int:
        assert self._process is not None, "it was started"
        return self._process.pid

    async def start(self, settings: RunnerCelerySettings, places: int, name: str) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", str(PROGRAM), str(theirs.fileno())),
                stdin=asyncio.subprocess.PIPE,
                pass_fds=[theirs.fileno()],
            )
        reader, self._writer = await asyncio.open_connection(sock=ours)
        told = {"name": name, "places": places, "task": TASK, "conf": conf_of(settings)}
        told |= {"broker": settings.broker.reveal(), "backend": settings.results.reveal() or None}
        self._writer.write(orjson.dumps(told) + b"\n")
        self._hearing = asyncio.create_task(self._hear(reader))

    def stop_taking(self) -> None:
        """What was taken goes on."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()

    async def join(self) -> int:
        """Its exit code, when it has ended; it is killed where it does not."""
        assert self._process is not None, "it was started"
        assert self._hearing is not None, "it was started"
        try:
            async with asyncio.timeout(PATIENCE):
                code = await self._process.wait()
        except TimeoutError:
            log.warning("runner-celery.consumer-killed", after=PATIENCE)
            self._process.kill()
            code = await self._process.wait()
        await self._hearing
        return code

    async def _hear(self, reader: asyncio.StreamReader) -> None:
        assert self._writer is not None, "it was started"
        try:
            while line := await reader.readline():
                self._heard(orjson.loads(line))
        except OSError as error:
            log.warning("runner-celery.consumer-lost", reason=str(error))
        finally:
            self._writer.close()
            self.ended.set()

    def _heard(self, said: Any) -> None:
        match said:
            case [number, again]:
                task = asyncio.create_task(self._answer(number, again))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            case {"log": [level, name, text]}:
                logging.getLogger(name).log(level, "%s", text)
            case {"ready": _}:
                self.ready.set()

    async def _answer(self, number: int, again: bool) -> None:
        answer: Answer = (None,)
        try:
            answer = await self.carry_out(again)
        except Exception:  # the message goes, and whoever looks for jobs tells of them again
            log.exception("runner-celery.message-broke")
        if not self._answers:
            asyncio.get_running_loop().call_soon(self._write)
        self._answers.append(orjson.dumps([number, *answer]))

    def _write(self) -> None:
        """All at once: jobs end together."""
        lines, self._answers = self._answers, []
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(b"\n".join([*lines, b""]))
