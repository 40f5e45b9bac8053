"""The suite of sandboxes, held against a small good sandbox, which contains nothing and says so, and bad ones."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import IO, Any

import attrs
import pytest

from pegboard import (
    Capability,
    Ending,
    Failure,
    Isolation,
    Limits,
    Load,
    Outcome,
    Output,
    Problem,
    Program,
    Run,
    SandboxProvider,
    Services,
    Violation,
)
from pegboard.testing.suites import RecordSuite, SandboxSuite
from pegboard.testing.suites.proof import checks_of, verdict

pytestmark = pytest.mark.anyio

CHILD = Path(__file__).with_name("reference") / "sandbox_child.py"


class Reference:
    """A process for each call, forked by a zygote, with limits and without containment."""

    isolation = Isolation.L2
    environment: dict[str, str] = {}  # noqa: RUF012

    def __init__(self) -> None:
        self.slots = asyncio.Semaphore(2)
        self.load = Load(2, 0, 0, 0, dict.fromkeys(Ending, 0), 0.0)
        self.control, theirs = socket.socketpair()
        with theirs:
            argv = [sys.executable, "-ISBu", str(CHILD), str(theirs.fileno())]
            self.zygote = subprocess.Popen(argv, pass_fds=[theirs.fileno()], env=self.environment)

    def close(self) -> None:
        self.control.close()
        self.zygote.wait()

    async def check(self, tenant: str, program: Program, limits: Limits) -> Sequence[Violation]:
        return (await self._counted("check", Run(tenant, program, limits=limits))).violations

    async def run(self, run: Run) -> Outcome:
        for name in run.files:
            if name in ("", ".", "..") or {*name} & {*"/\0\ud800"} or len(name.encode()) > 255:
                raise Problem(422, "invalid-files", f"{name!r} is no name of a file")
        if sum(map(len, run.files.values())) > run.limits.files:
            raise Problem(422, "invalid-files", "the files are too large")
        return await self._counted("run", run)

    async def _counted(self, kind: str, run: Run) -> Outcome:
        outcome = await self._job(kind, run)
        ended = {**self.load.ended, outcome.ending: self.load.ended[outcome.ending] + 1}
        self.load = attrs.evolve(self.load, ended=ended, waited=self.load.waited + outcome.queue)
        return outcome

    def count(self, **more: int) -> None:
        changed = {name: getattr(self.load, name) + number for name, number in more.items()}
        self.load = attrs.evolve(self.load, **changed)

    async def _job(self, kind: str, run: Run) -> Outcome:
        if len(run.program.source) > run.limits.source:
            violation = Violation("SIZE", "", 1, 1, "the source is too long")
            return Outcome(Ending.VIOLATION, self.isolation, violations=(violation,))
        asked = asyncio.get_running_loop().time()
        self.count(waiting=1)
        try:
            async with asyncio.timeout(run.limits.queue):
                await self.slots.acquire()
        except TimeoutError:
            queue = asyncio.get_running_loop().time() - asked
            return Outcome(Ending.BUSY, self.isolation, failure=Failure("no process was free"), queue=queue)
        finally:
            self.count(waiting=-1)
        self.count(running=1, processes=1)
        try:
            queue = asyncio.get_running_loop().time() - asked
            with tempfile.TemporaryDirectory() as folder:
                return attrs.evolve(await self._process(kind, run, Path(folder)), queue=queue)
        finally:
            self.slots.release()
            self.count(running=-1, processes=-1)

    async def _process(self, kind: str, run: Run, folder: Path) -> Outcome:
        job = {**attrs.asdict(run.limits), "kind": kind, "source": run.program.source, "entry": run.program.entry}
        job |= {"arguments": [json.loads(a.json) for a in run.arguments], "folder": str(folder)}
        for name, data in run.files.items():
            (folder / name).write_bytes(data)
        with ExitStack() as stack:
            asked, answered, stdin = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(3))
            _fill(asked, json.dumps(job).encode())
            _fill(stdin, run.stdin)
            outcome = await self._forked(run, [file.fileno() for file in (asked, answered, stdin)])
            answered.seek(0)
            return self.left(run, _ended(outcome, answered.read(), _files(folder)))

    def left(self, run: Run, outcome: Outcome) -> Outcome:
        """Of the files that are in the folder at the end those that were not given."""
        files = {name: data for name, data in outcome.files.items() if run.files.get(name) != data}
        if outcome.ending is Ending.RESULT and sum(map(len, files.values())) > run.limits.files:
            failure = Failure("the files are too large", limit="files", allowed=run.limits.files)
            return attrs.evolve(outcome, ending=Ending.LIMIT, result=b"", failure=failure, files={})
        return attrs.evolve(outcome, files=files)

    async def _forked(self, run: Run, fds: list[int]) -> Outcome:
        """The parts of the outcome that the parent sees for itself."""
        loop = asyncio.get_running_loop()
        started, failure = loop.time(), None
        pipes = [os.pipe(), os.pipe()]
        socket.send_fds(self.control, [b"job"], [*fds, *(write for _, write in pipes)])
        pid = int(self.control.recv(16))
        for _, write in pipes:
            os.close(write)
        reading = [asyncio.create_task(_read(*pair, run)) for pair in zip(("stdout", "stderr"), pipes, strict=True)]
        try:
            await asyncio.wait(reading, timeout=run.limits.wall)
        finally:
            if not all(task.done() for task in reading):
                failure = Failure("it took too long", limit="wall", allowed=run.limits.wall)
                os.kill(pid, signal.SIGKILL)
            out, err = await asyncio.gather(*reading)
        ending = Ending.LIMIT if failure else Ending.LOST
        wall = loop.time() - started
        return Outcome(ending, self.isolation, failure=failure, stdout=out, stderr=err, wall=wall)


def _fill(file: IO[bytes], data: bytes) -> None:
    file.write(data)
    file.seek(0)


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


async def _read(name: Any, pipe: tuple[int, int], run: Run) -> Output:
    """Everything that a child writes to one stream: it ends when the child does."""
    stream = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(pipe[0], "rb"))
    data = bytearray()
    while part := await stream.read(65536):
        data += part
        if run.sink is not None:
            run.sink(name, part)
    half = run.limits.output // 2
    cut = len(data) > run.limits.output
    return Output(bytes(data[:half] + data[-half:] if cut else data), cut, len(data))


def _ended(outcome: Outcome, answer: bytes, files: dict[str, bytes]) -> Outcome:
    try:
        told = json.loads(answer)
    except ValueError:
        return outcome
    ending = Ending(told.pop("ending"))
    violations = tuple(Violation(**violation) for violation in told.pop("violations", ()))
    result = told.pop("result", "").encode()
    failure = Failure(**told) if told else None
    return attrs.evolve(outcome, ending=ending, violations=violations, result=result, failure=failure, files=files)


def provider(sandbox: Callable[[], Reference], *, lacks: tuple[Capability, ...] = ()) -> SandboxProvider:
    @asynccontextmanager
    async def opened(services: Services) -> AsyncIterator[Reference]:
        made = sandbox()
        try:
            yield made
        finally:
            made.close()

    capabilities = frozenset(Capability) - set(lacks)
    return SandboxProvider("reference", "A process for each call", open=opened, capabilities=capabilities)


class TestReference(SandboxSuite):
    record = provider(Reference)


def suite(bad: type[Reference], *, lacks: tuple[Capability, ...] = ()) -> type[SandboxSuite]:
    return type("Bad", (SandboxSuite,), {"record": provider(bad, lacks=lacks), "patience": 0.2})


def telling(change: Callable[[Outcome], Outcome]) -> type[SandboxSuite]:
    """A sandbox that tells its outcomes wrongly."""

    class Bad(Reference):
        async def run(self, run: Run) -> Outcome:
            return change(await super().run(run))

    return suite(Bad)


def failing(**changed: Any) -> type[SandboxSuite]:
    """A sandbox that tells failures wrongly."""
    return telling(lambda o: attrs.evolve(o, failure=o.failure and attrs.evolve(o.failure, **changed)))


def hearing(change: Callable[[Run], Run]) -> type[SandboxSuite]:
    """A sandbox that runs something other than it was asked to."""

    class Bad(Reference):
        async def run(self, run: Run) -> Outcome:
            return await super().run(change(run))

    return suite(Bad)


def limiting(**changed: Any) -> type[SandboxSuite]:
    return hearing(lambda run: attrs.evolve(run, limits=attrs.evolve(run.limits, **changed)))


class Blind(Reference):
    async def check(self, tenant: str, program: Program, limits: Limits) -> Sequence[Violation]:
        return ()


class Eager(Reference):
    async def check(self, tenant: str, program: Program, limits: Limits) -> Sequence[Violation]:
        outcome = await self._job("run", Run(tenant, program, limits=limits))
        return () if outcome.ending is Ending.RESULT else (Violation("SYNTAX", "", 1, 1, "it fails"),)


class Counting(Reference):
    calls = 0

    async def run(self, run: Run) -> Outcome:
        self.calls += 1
        return attrs.evolve(await super().run(run), result=b"%d" % self.calls)


class Mixing(Reference):
    last = b"null"

    async def run(self, run: Run) -> Outcome:
        outcome = await super().run(run)
        self.last, mixed = outcome.result, self.last
        return attrs.evolve(outcome, result=mixed)


class Hoarding(Reference):
    """It gives all files back, be they as they were, be they too large."""

    def left(self, run: Run, outcome: Outcome) -> Outcome:
        return outcome


class Keeping(Reference):
    """It gives the files of one call to the next."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, bytes] = {}

    async def run(self, run: Run) -> Outcome:
        self.files |= run.files
        return await super().run(attrs.evolve(run, files=self.files))


class Taking(Reference):
    """It takes every file that it can write, and keeps still about the rest."""

    async def run(self, run: Run) -> Outcome:
        files = {name: b"" for name in run.files if name.isalnum() and name.isascii() and len(name) < 256}
        return await super().run(attrs.evolve(run, files=files))


class Late(Reference):
    async def run(self, run: Run) -> Outcome:
        outcome = await super().run(attrs.evolve(run, sink=None))
        if run.sink is not None:
            run.sink("stdout", outcome.stdout.data)
        return outcome


class Fragile(Reference):
    broken = False

    async def run(self, run: Run) -> Outcome:
        outcome = attrs.evolve(await super().run(run))
        lost = Outcome(Ending.LOST, self.isolation) if self.broken else outcome
        self.broken = self.broken or outcome.ending is Ending.LIMIT
        return lost


class Swallowing(Reference):
    async def run(self, run: Run) -> Outcome:
        try:
            return await super().run(run)
        except asyncio.CancelledError:
            return Outcome(Ending.LOST, self.isolation)


class Idle(Reference):
    """It never tells of a call that waits."""

    def count(self, **more: int) -> None:
        super().count(**{name: number for name, number in more.items() if name != "waiting"})


class Forgetful(Reference):
    """It does not count those that it had no process for."""

    async def _counted(self, kind: str, run: Run) -> Outcome:
        before = self.load.ended
        outcome = await super()._counted(kind, run)
        if outcome.ending is Ending.BUSY:
            self.load = attrs.evolve(self.load, ended=before)
        return outcome


class Boasting(Reference):
    """It says L5 and contains nothing."""

    isolation = Isolation.L5


class Sharing(Boasting):
    @property
    def environment(self) -> dict[str, str]:  # type: ignore[override]
        return dict(os.environ)


LEFT: list["subprocess.Popen[bytes]"] = []


class Leaking(Reference):
    """It leaves a process and a descriptor behind each call."""

    async def run(self, run: Run) -> Outcome:
        outcome = await super().run(run)
        self.leak()
        return outcome

    def leak(self) -> None:
        LEFT.append(subprocess.Popen(["sleep", "600"], stdin=subprocess.PIPE))


class Abandoning(Leaking):
    """It leaves a process behind each cancelled call."""

    async def run(self, run: Run) -> Outcome:
        try:
            return await Reference.run(self, run)
        except asyncio.CancelledError:
            self.leak()
            raise


@pytest.fixture(autouse=True)
def _tidy() -> Iterator[None]:
    yield
    while LEFT:
        process = LEFT.pop()
        process.kill()
        process.wait()
        assert process.stdin is not None
        process.stdin.close()


def headless(outcome: Outcome) -> Outcome:
    out = outcome.stdout
    return attrs.evolve(outcome, stdout=attrs.evolve(out, data=out.data[-900:]))


def credulous(outcome: Outcome) -> Outcome:
    return attrs.evolve(outcome, result=b'"forged"') if b"forged" in outcome.stdout.data else outcome


def as_time_out(outcome: Outcome) -> Outcome:
    busy = outcome.ending is Ending.BUSY
    told = Failure("it took too long", limit="wall", allowed=0.3)
    return attrs.evolve(outcome, ending=Ending.LIMIT, failure=told) if busy else outcome


def without_limit(outcome: Outcome) -> Outcome:
    crashed = outcome.ending is Ending.LIMIT
    return attrs.evolve(outcome, ending=Ending.CRASHED) if crashed else outcome


BAD: dict[str, type[SandboxSuite]] = {
    "test_values_go_in_and_out_as_they_are": telling(lambda o: attrs.evolve(o, result=o.result.replace(b"1.5", b"1"))),
    "test_the_program_computes": telling(lambda o: attrs.evolve(o, result=b'{"total": 45}')),
    "test_an_outcome_says_how_well_it_was_contained": telling(lambda o: attrs.evolve(o, isolation=Isolation.L4)),
    "test_an_exception_has_its_type_message_and_line": failing(line=3),
    "test_an_exception_of_the_language_has_its_line": failing(line=None),
    "test_a_syntax_error_is_a_violation_with_its_line": suite(Blind),
    "test_a_missing_entry_is_a_violation": suite(Blind),
    "test_a_source_that_is_too_long_is_a_violation": limiting(source=10_000),
    "test_loops_in_loops_have_a_limit": suite(Blind),
    "test_a_check_runs_nothing": suite(Eager),
    "test_each_run_starts_anew": suite(Counting),
    "test_results_at_once_are_not_mixed_up": suite(Mixing),
    "test_what_it_prints_is_its_output": telling(lambda o: attrs.evolve(o, stdout=Output())),
    "test_output_before_an_exception_is_kept": telling(
        lambda o: attrs.evolve(o, stdout=Output()) if o.ending is Ending.EXCEPTION else o
    ),
    "test_long_output_keeps_its_head_and_its_tail": telling(headless),
    "test_output_streams": suite(Late),
    "test_what_is_not_declared_is_refused": suite(Reference, lacks=(Capability.STDIN,)),
    "test_standard_input_is_read": hearing(lambda run: attrs.evolve(run, stdin=b"")),
    "test_standard_input_is_read_as_bytes": hearing(lambda run: attrs.evolve(run, stdin=run.stdin[:1024])),
    "test_input_reads_lines_until_the_end": hearing(lambda run: attrs.evolve(run, stdin=run.stdin * 2)),
    "test_without_standard_input_it_ends_at_once": hearing(lambda run: attrs.evolve(run, stdin=run.stdin or b"\n")),
    "test_files_go_in_and_out": telling(lambda o: attrs.evolve(o, files={})),
    "test_files_that_were_changed_come_out": suite(Hoarding),
    "test_files_come_with_an_exception": telling(
        lambda o: attrs.evolve(o, files={}) if o.ending is Ending.EXCEPTION else o
    ),
    "test_files_are_of_one_call": suite(Keeping),
    "test_names_that_cannot_be_are_refused": suite(Taking),
    "test_files_that_are_too_large_are_refused": suite(Taking),
    "test_files_that_come_out_are_limited": suite(Hoarding),
    "test_an_exit_is_no_result": failing(exit_code=None),
    "test_the_time_is_limited": failing(allowed=None),
    "test_an_endless_loop_that_catches_everything_ends": telling(without_limit),
    "test_memory_is_limited": failing(limit=""),
    "test_recursion_is_limited": limiting(recursion=30),
    "test_the_result_is_limited": limiting(result=1024 * 1024),
    "test_what_is_no_json_is_no_result": failing(message=""),
    "test_waiting_is_busy_and_no_time_out": telling(as_time_out),
    "test_a_call_that_waits_its_turn_has_its_whole_time": limiting(queue=0.01),
    "test_after_a_limit_the_next_call_works": suite(Fragile),
    "test_a_cancelled_call_ends_its_program": suite(Swallowing),
    "test_it_measures_what_it_used": telling(lambda o: attrs.evolve(o, wall=0.0)),
    "test_load_tells_what_runs_and_what_waits": suite(Idle),
    "test_load_counts_calls_by_their_ending": suite(Forgetful),
    "test_it_reads_no_file_of_the_machine": suite(Boasting),
    "test_it_writes_no_file_of_the_machine": suite(Boasting),
    "test_it_sees_no_environment_of_the_server": suite(Sharing),
    "test_it_reaches_no_network": suite(Boasting),
    "test_it_starts_no_program_of_the_machine": suite(Boasting),
    "test_it_cannot_end_the_server_or_other_calls": suite(Boasting),
    "test_it_cannot_write_its_own_outcome": telling(credulous),
    "test_calls_leave_no_process_and_no_descriptor": suite(Leaking),
    "test_a_cancelled_call_leaves_no_process": suite(Abandoning),
    "test_closing_leaves_nothing": suite(Leaking),
}


def test_every_check_has_a_bad_implementation() -> None:
    assert set(BAD) == set(checks_of(SandboxSuite, without=RecordSuite))


@pytest.mark.parametrize("check", BAD)
async def test_a_bad_sandbox_is_found(check: str) -> None:
    assert await verdict(BAD[check], check)


async def test_what_is_not_declared_is_skipped_with_that_reason() -> None:
    lacking = suite(Reference, lacks=(Capability.STREAMING,))
    with pytest.raises(pytest.skip.Exception, match='"reference" declares no "streaming"'):
        await verdict(lacking, "test_output_streams")


async def test_weak_isolation_is_skipped_with_that_reason() -> None:
    with pytest.raises(pytest.skip.Exception, match="declares isolation L2"):
        await verdict(suite(Reference), "test_it_reads_no_file_of_the_machine")


async def test_a_sandbox_that_only_runs_bodies_is_called_with_bodies() -> None:
    bodies = suite(Reference, lacks=(Capability.FUNCTION,))
    assert await verdict(bodies, "test_an_exception_has_its_type_message_and_line") == ""
    assert await verdict(bodies, "test_values_go_in_and_out_as_they_are") == ""
