"""The suite of script runners, held against a small good runner and bad ones."""

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any, Literal

import attrs
import pytest

from pegboard import (
    Attempt,
    Exit,
    LogBytes,
    RunEvent,
    RunnerLimits,
    ScriptCommand,
    ScriptRunnerProvider,
    Services,
)
from pegboard.testing import Census
from pegboard.testing.census import descendants
from pegboard.testing.suites import RecordSuite, ScriptRunnerSuite
from pegboard.testing.suites.proof import checks_of, verdict

pytestmark = pytest.mark.anyio

Stream = Literal["stdout", "stderr"]


class Masked:
    """One stream: offsets, and no byte goes out that may begin a secret."""

    def __init__(self, stream: Stream, secrets: tuple[str, ...]) -> None:
        self.stream, self.offset, self.held = stream, 0, b""
        self.secrets = [secret.encode() for secret in secrets if secret]

    def take(self, data: bytes, last: bool) -> LogBytes | None:
        self.held += data
        for secret in self.secrets:
            self.held = self.held.replace(secret, b"*" * len(secret))
        keep = (
            0 if last else max((n for s in self.secrets for n in range(len(s)) if self.held.endswith(s[:n])), default=0)
        )
        out, self.held = self.held[: len(self.held) - keep], self.held[len(self.held) - keep :]
        event = LogBytes(self.stream, self.offset, out) if out else None
        self.offset += len(out)
        return event


@attrs.define
class ReferenceRun:
    """A process and what it left to others; ended by signals to its descendants."""

    process: asyncio.subprocess.Process
    streams: Mapping[Stream, asyncio.StreamReader]
    command: ScriptCommand
    limits: RunnerLimits
    queue: "asyncio.Queue[RunEvent | None]" = attrs.field(factory=asyncio.Queue)
    cancelled: bool = False
    limit: str = ""
    tasks: list["asyncio.Task[Any]"] = attrs.field(factory=list)
    ending: "asyncio.Task[None] | None" = None

    def start(self) -> None:
        self.tasks = [asyncio.create_task(self._follow())]

    async def _follow(self) -> None:
        reading = [asyncio.create_task(self._read(name, stream)) for name, stream in self.streams.items()]
        try:
            async with asyncio.timeout(self.limits.wall):
                await self.process.wait()
        except TimeoutError:
            self.limit = "wall"
            await self._end()
        await self._drained(reading)
        code = self.process.returncode or 0
        told = Exit(code if code >= 0 else None, -code if code < 0 else None, self.limit, self.cancelled)
        self.queue.put_nowait(told)
        self.queue.put_nowait(None)

    async def _drained(self, reading: "list[asyncio.Task[None]]") -> None:
        """What outlives the script may hold its output open: it is not waited for."""
        _, late = await asyncio.wait(reading, timeout=0.5)
        for task in late:
            task.cancel()

    async def _read(self, name: Stream, stream: asyncio.StreamReader) -> None:
        masked = Masked(name, self.command.secrets)
        while True:
            data = await stream.read(65536)
            event = masked.take(data, last=not data)
            if event:
                self.queue.put_nowait(event)
            if not data:
                return

    async def events(self) -> AsyncIterator[RunEvent]:
        while (event := await self.queue.get()) is not None:
            yield event

    async def cancel(self) -> None:
        if self.process.returncode is None and not self.limit:
            self.cancelled = True
            await self._end()

    async def _end(self) -> None:
        if self.ending is None:
            self.ending = asyncio.create_task(self._terminate())
        await asyncio.shield(self.ending)

    async def _terminate(self) -> None:
        family = family_of(self.process.pid)
        send(signal.SIGTERM, family)
        with suppress(TimeoutError):
            async with asyncio.timeout(self.limits.grace):
                await self.process.wait()
        send(signal.SIGKILL, family)
        await self.process.wait()


def family_of(pid: int) -> set[int]:
    """A process and everything below it: whoever leaves its group does not leave the tree."""
    return {pid, *descendants(pid)}


def send(number: int, pids: set[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


class Reference:
    """A process for each attempt."""

    run: type[ReferenceRun] = ReferenceRun

    @asynccontextmanager
    async def open(self, attempt: Attempt, command: ScriptCommand, limits: RunnerLimits) -> AsyncIterator[ReferenceRun]:
        run = await self.started(command, limits)
        run.start()
        try:
            yield run
        finally:
            await run._end()
            await asyncio.gather(*run.tasks)

    async def started(self, command: ScriptCommand, limits: RunnerLimits) -> ReferenceRun:
        try:
            process, streams = await self.spawned(command)
        except FileNotFoundError:
            process, streams = await self.spawned(attrs.evolve(command, argv=("/bin/sh", "-c", "exit 127")))
        assert process.stdin is not None
        process.stdin.write(command.stdin)
        process.stdin.close()
        return self.run(process, streams, command, limits)

    async def spawned(self, command: ScriptCommand, **options: Any) -> "Spawned":
        """Start it on pipes of our own: with asyncio's, waiting for a process is waiting for whoever holds them too."""
        given = {"cwd": command.workdir, "env": dict(command.environment), "start_new_session": True, **options}
        async with AsyncExitStack() as stack:
            streams, ends = {}, {}
            for name in ("stdout", "stderr"):
                streams[name], ends[name] = await piped()
                stack.callback(os.close, ends[name])
            process = await asyncio.create_subprocess_exec(
                *command.argv, stdin=asyncio.subprocess.PIPE, **ends, **given
            )
            return process, streams  # type: ignore[return-value]


Spawned = tuple[asyncio.subprocess.Process, Mapping[Stream, asyncio.StreamReader]]


async def piped() -> tuple[asyncio.StreamReader, int]:
    """A pipe: its reading end as a stream, its writing end as a descriptor."""
    read, write = os.pipe()
    stream = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(stream)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, os.fdopen(read, "rb"))
    return stream, write


def provider(runner: Callable[[], Any]) -> ScriptRunnerProvider:
    @asynccontextmanager
    async def opened(services: Services) -> AsyncIterator[Any]:
        yield runner()

    return ScriptRunnerProvider("reference", "A process for each attempt", open=opened)


class TestReference(ScriptRunnerSuite):
    record = provider(Reference)


def suite(runner: type[Reference]) -> type[ScriptRunnerSuite]:
    return type("Bad", (ScriptRunnerSuite,), {"record": provider(runner), "patience": 1.0})


def over(run: type[ReferenceRun]) -> type[ScriptRunnerSuite]:
    return suite(type("Bad", (Reference,), {"run": run}))


def telling(change: Callable[[RunEvent], RunEvent | None]) -> type[ScriptRunnerSuite]:
    """A runner that tells its events wrongly, or not at all."""

    class Bad(ReferenceRun):
        async def events(self) -> AsyncIterator[RunEvent]:
            async for event in super().events():
                told = change(event)
                if told is not None:
                    yield told

    return over(Bad)


def spawning(**options: Any) -> type[ScriptRunnerSuite]:
    class Bad(Reference):
        async def spawned(self, command: ScriptCommand, **given: Any) -> "Spawned":
            return await super().spawned(command, **options)

    return suite(Bad)


def ends(**changed: Any) -> type[ScriptRunnerSuite]:
    return telling(lambda event: attrs.evolve(event, **changed) if isinstance(event, Exit) else event)


def logged(change: Callable[[LogBytes], LogBytes]) -> type[ScriptRunnerSuite]:
    return telling(lambda event: change(event) if isinstance(event, LogBytes) else event)


class Shell(Reference):
    async def spawned(self, command: ScriptCommand, **options: Any) -> "Spawned":
        *start, script = command.argv[:5]
        quoted = " ".join([*start, f"'{script.replace(chr(39), chr(34))}'", *command.argv[5:]])
        return await super().spawned(attrs.evolve(command, argv=("/bin/sh", "-c", quoted)))


class Talkative(ReferenceRun):
    async def events(self) -> AsyncIterator[RunEvent]:
        async for event in super().events():
            yield event
        yield LogBytes("stdout", 0, b"goodbye")


class Late(ReferenceRun):
    async def events(self) -> AsyncIterator[RunEvent]:
        for event in [event async for event in super().events()]:
            yield event


class Unmasked(ReferenceRun):
    def start(self) -> None:
        self.command = attrs.evolve(self.command, secrets=())
        super().start()


class Brutal(ReferenceRun):
    async def _terminate(self) -> None:
        send(signal.SIGKILL, family_of(self.process.pid))
        await self.process.wait()


class Lonely(ReferenceRun):
    async def _terminate(self) -> None:
        LEFT.extend(family_of(self.process.pid))
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        await self.process.wait()


class Hasty(ReferenceRun):
    async def cancel(self) -> None:
        self.cancelled = True
        self.process.kill()  # the second time there is no such process
        await self.process.wait()
        raise ProcessLookupError(self.process.pid)


class Patient(ReferenceRun):
    def start(self) -> None:
        self.limits = attrs.evolve(self.limits, wall=1.0)
        super().start()

    async def _follow(self) -> None:
        await super()._follow()
        self.limit = ""


class Forgetful(Reference):
    @asynccontextmanager
    async def open(self, attempt: Attempt, command: ScriptCommand, limits: RunnerLimits) -> AsyncIterator[Any]:
        run = await self.started(command, limits)
        run.start()
        LEFT.append(run.process.pid)
        yield run
        run.tasks[0].cancel()


class Dropping(Reference):
    """It keeps a descriptor of every attempt."""

    async def started(self, command: ScriptCommand, limits: RunnerLimits) -> ReferenceRun:
        FDS.append(os.open("/dev/null", os.O_RDONLY))
        return await super().started(command, limits)


class Confusing(Reference):
    last: ScriptCommand | None = None

    async def spawned(self, command: ScriptCommand, **options: Any) -> "Spawned":
        self.last = self.last or command
        return await super().spawned(attrs.evolve(command, argv=self.last.argv))


class Raising(Reference):
    async def started(self, command: ScriptCommand, limits: RunnerLimits) -> ReferenceRun:
        process, streams = await self.spawned(command)
        return self.run(process, streams, command, limits)


LEFT: list[int] = []
FDS: list[int] = []


@pytest.fixture(autouse=True)
def _tidy() -> Iterator[None]:
    yield
    while FDS:
        os.close(FDS.pop())
    send(signal.SIGKILL, set(LEFT))
    LEFT.clear()


BAD: dict[str, type[ScriptRunnerSuite]] = {
    "test_what_it_writes_comes_whole_and_in_order": logged(lambda e: attrs.evolve(e, data=e.data[:-1])),
    "test_offsets_are_those_of_the_stream": logged(lambda e: attrs.evolve(e, offset=e.offset + 1)),
    "test_bytes_that_are_no_text_are_kept": logged(
        lambda e: attrs.evolve(e, data=e.data.decode(errors="replace").encode())
    ),
    "test_it_tells_how_a_script_ended": ends(signal=None),
    "test_nothing_follows_the_exit": over(Talkative),
    "test_no_shell_sees_the_arguments": suite(Shell),
    "test_the_environment_is_what_was_given": spawning(env={**os.environ, "GIVEN": "yes"}),
    "test_standard_input_and_the_folder_are_its_own": spawning(cwd="/"),
    "test_output_is_live": over(Late),
    "test_secrets_are_masked": over(Unmasked),
    "test_a_cancel_asks_first": over(Brutal),
    "test_a_cancel_ends_what_does_not_listen": ends(signal=None, code=0),
    "test_a_cancel_ends_the_whole_tree": over(Lonely),
    "test_cancelling_twice_or_late_does_no_harm": over(Hasty),
    "test_the_time_is_limited": ends(limit=""),
    "test_leaving_early_leaves_no_process": suite(Forgetful),
    "test_attempts_leave_no_descriptor": suite(Dropping),
    "test_attempts_at_once_are_not_mixed_up": suite(Confusing),
    "test_a_program_that_is_not_there_is_an_end": suite(Raising),
}


def test_every_check_has_a_bad_implementation() -> None:
    assert set(BAD) == set(checks_of(ScriptRunnerSuite, without=RecordSuite))


@pytest.mark.parametrize("check", BAD)
async def test_a_bad_runner_is_found(check: str) -> None:
    assert await verdict(BAD[check], check)


async def test_an_attempt_that_never_ends_is_found() -> None:
    silent = telling(lambda event: None if isinstance(event, Exit) else event)
    assert "not an Exit" in await verdict(silent, "test_it_tells_how_a_script_ended")


def test_the_left_over_tree_is_this_process_s_own() -> None:
    child = subprocess.Popen(["sleep", "600"])
    try:
        assert child.pid in Census.take().processes
        assert "sleep 600" in Census.take().told()
    finally:
        child.kill()
        child.wait()
    assert child.pid not in Census.take().processes
