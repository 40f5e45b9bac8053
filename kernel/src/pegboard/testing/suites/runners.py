"""What every script runner keeps."""

import asyncio
import json
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar

import anyio
import attrs
import pytest

from ...contracts import (
    Attempt,
    Exit,
    LogBytes,
    RunEvent,
    RunnerLimits,
    ScriptCommand,
    ScriptRun,
    ScriptRunner,
    ScriptRunnerProvider,
)
from ..census import Census, alive
from .records import RecordSuite

FOREVER = "import time\nprint('started', flush=True)\ntime.sleep(600)"


@attrs.frozen
class Ended:
    """All events of one attempt."""

    events: tuple[RunEvent, ...]

    def log(self, stream: str = "stdout") -> bytes:
        return b"".join(e.data for e in self.events if isinstance(e, LogBytes) and e.stream == stream)

    @property
    def exit(self) -> Exit:
        last = self.events[-1] if self.events else None
        assert isinstance(last, Exit), f"the last event is {last!r}, not an Exit"
        return last


class ScriptRunnerSuite(RecordSuite):
    """Give `record`. Scripts are run by this Python, in a folder made for each attempt."""

    record: ScriptRunnerProvider
    limits: ClassVar[RunnerLimits] = RunnerLimits(wall=20.0, grace=2.0)
    patience: ClassVar[float] = 30.0

    @pytest.fixture(scope="class")
    @classmethod
    async def runner(cls, anyio_backend: str) -> AsyncIterator[ScriptRunner]:
        async with cls().opened() as runner:
            yield runner

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[ScriptRunner]:
        async with self.services() as services, self.record.open(services) as runner:
            yield runner

    @asynccontextmanager
    async def attempt(
        self, runner: ScriptRunner, script: str, *arguments: str, limits: RunnerLimits | None = None, **options: Any
    ) -> AsyncIterator[tuple[ScriptRun, Path]]:
        """Start a script of Python; gives the run and its folder."""
        with tempfile.TemporaryDirectory() as folder:
            argv = (sys.executable, "-u", "-I", "-c", script, *arguments)
            command = ScriptCommand(argv, folder, **options)
            async with runner.open(Attempt("job", 1, "lease", "test"), command, limits or self.limits) as run:
                yield run, Path(folder)

    async def ended(self, runner: ScriptRunner, script: str, *arguments: str, **options: Any) -> Ended:
        """Run a script to its end."""
        async with self.attempt(runner, script, *arguments, **options) as (run, _):
            return await self._rest(run.events())

    async def test_what_it_writes_comes_whole_and_in_order(self, runner: ScriptRunner) -> None:
        script = "import sys\nfor i in range(2000):\n    print(i)\nprint('bad', file=sys.stderr)"
        ended = await self.ended(runner, script)
        assert ended.log() == b"".join(b"%d\n" % n for n in range(2000)), "stdout did not come whole and in order"
        assert ended.log("stderr") == b"bad\n", f"stderr is {ended.log('stderr')!r}"
        assert ended.exit.code == 0, f"a script that ended well is told as {ended.exit}"

    async def test_offsets_are_those_of_the_stream(self, runner: ScriptRunner) -> None:
        script = "import sys\nfor i in range(50):\n    print('o' * i)\n    print('e' * i, file=sys.stderr)"
        ended = await self.ended(runner, script)
        at = {"stdout": 0, "stderr": 0}
        for event in ended.events:
            if isinstance(event, LogBytes):
                assert event.offset == at[event.stream], f"{event.stream} at {at[event.stream]} says {event.offset}"
                at[event.stream] += len(event.data)

    async def test_bytes_that_are_no_text_are_kept(self, runner: ScriptRunner) -> None:
        ended = await self.ended(runner, "import sys\nsys.stdout.buffer.write(bytes(range(256)))")
        assert ended.log() == bytes(range(256)), f"256 bytes came as {ended.log()!r}"

    async def test_it_tells_how_a_script_ended(self, runner: ScriptRunner) -> None:
        failed = (await self.ended(runner, "raise SystemExit(3)")).exit
        assert (failed.code, failed.cancelled, failed.limit) == (3, False, ""), f"exit code 3 is told as {failed}"
        killed = (await self.ended(runner, "import os\nos.kill(os.getpid(), 9)")).exit
        assert killed.signal == signal.SIGKILL, f"a script that SIGKILL ended is told as {killed}"

    async def test_nothing_follows_the_exit(self, runner: ScriptRunner) -> None:
        ended = await self.ended(runner, "print(1)")
        exits = [event for event in ended.events if isinstance(event, Exit)]
        assert len(exits) == 1, f"there are {len(exits)} ends"
        assert ended.exit is exits[0], "something follows the exit"

    async def test_no_shell_sees_the_arguments(self, runner: ScriptRunner) -> None:
        hostile = ("$HOME", "a b", "; echo x", "`id`", "*", "'\"", "", "-c")
        ended = await self.ended(runner, "import sys, json\nprint(json.dumps(sys.argv[1:]))", *hostile)
        assert json.loads(ended.log() or b"null") == list(hostile), f"the arguments arrived as {ended.log()!r}"

    async def test_the_environment_is_what_was_given(self, runner: ScriptRunner) -> None:
        ended = await self.ended(
            runner, "import os\nprint(sorted(os.environ))\nprint(os.environ['GIVEN'])", environment={"GIVEN": "yes"}
        )
        names, _, given = ended.log().decode().partition("\n")
        assert given == "yes\n", f"the variable that was given is {given!r}"
        inherited = {"PATH", "HOME", "USER", "PWD"} & set(names.strip("[]").replace("'", "").split(", "))
        assert not inherited, f"the script inherits {sorted(inherited)} of the server"

    async def test_standard_input_and_the_folder_are_its_own(self, runner: ScriptRunner) -> None:
        script = "import os, sys\nprint(sys.stdin.read())\nprint(os.getcwd())"
        async with self.attempt(runner, script, stdin=b"given") as (run, folder):
            ended = await self._rest(run.events())
            assert ended.log() == f"given\n{folder.resolve()}\n".encode(), f"it read, and was in, {ended.log()!r}"

    async def test_output_is_live(self, runner: ScriptRunner) -> None:
        script = "import os, time\nprint('early')\nwhile not os.path.exists('go'):\n    time.sleep(0.01)\nprint('late')"
        async with self.attempt(runner, script) as (run, folder):
            events = run.events()
            first = await self._next(events, "what a script writes does not come while it runs")
            assert isinstance(first, LogBytes), f"the first event is {first!r}"
            (folder / "go").touch()
            ended = await self._rest(events)
        assert first.data + ended.log() == b"early\nlate\n", f"after {first.data!r} came {ended.log()!r}"

    async def test_secrets_are_masked(self, runner: ScriptRunner) -> None:
        secret = "tops3cret-value"
        script = (
            "import sys, time\nsys.stdout.write('tops3c')\nsys.stdout.flush()\ntime.sleep(0.05)\nprint('ret-value')"
        )
        for written in (script, "import os\nprint(os.environ['KEY'])"):
            ended = await self.ended(runner, written, environment={"KEY": secret}, secrets=(secret,))
            assert secret.encode() not in ended.log(), f"a secret is in the log: {ended.log()!r}"
            assert ended.log().strip(), "with the secret the whole output was lost"

    async def test_a_cancel_asks_first(self, runner: ScriptRunner) -> None:
        script = (
            "import signal, sys, time\nsignal.signal(15, lambda *a: (print('tidied', flush=True), sys.exit(0)))\n"
            "print('started', flush=True)\ntime.sleep(600)"
        )
        ended = await self._cancelled(runner, script)
        assert b"tidied" in ended.log(), "a cancelled script was not asked by SIGTERM"
        assert ended.exit.cancelled, f"a cancelled script is told as {ended.exit}"

    async def test_a_cancel_ends_what_does_not_listen(self, runner: ScriptRunner) -> None:
        script = f"import signal\nsignal.signal(15, signal.SIG_IGN)\n{FOREVER}"
        limits = attrs.evolve(self.limits, grace=0.2)
        ended = await self._cancelled(runner, script, limits=limits)
        assert ended.exit.signal == signal.SIGKILL, f"a script that ignores SIGTERM is told as {ended.exit}"

    async def test_a_cancel_ends_the_whole_tree(self, runner: ScriptRunner) -> None:
        script = (
            "import subprocess, sys, time\nsleep = [sys.executable, '-c', 'import time; time.sleep(600)']\n"
            "print(subprocess.Popen(sleep, start_new_session=True).pid)\ntime.sleep(600)"
        )
        ended = await self._cancelled(runner, script, limits=attrs.evolve(self.limits, grace=0.2))
        child = int(ended.log())
        await Census.take().back(lambda _: not alive(child), self.patience)

    async def test_cancelling_twice_or_late_does_no_harm(self, runner: ScriptRunner) -> None:
        async with self.attempt(runner, FOREVER) as (run, _):
            events = run.events()
            await self._next(events, "the script did not start")
            with anyio.fail_after(self.patience):
                errors = await asyncio.gather(run.cancel(), run.cancel(), return_exceptions=True)
            assert not any(errors), f"of two cancels at once one raises: {errors}"
            await self._rest(events)
        async with self.attempt(runner, "print(1)") as (run, _):
            ended = await self._rest(run.events())
            await run.cancel()
            assert not ended.exit.cancelled, "a cancel that came after the end is told as its reason"

    async def test_the_time_is_limited(self, runner: ScriptRunner) -> None:
        limits = attrs.evolve(self.limits, wall=0.5, grace=0.2)
        ended = await self.ended(runner, FOREVER, limits=limits)
        assert ended.exit.limit == "wall", f"a script that ran out of time is told as {ended.exit}"
        assert not ended.exit.cancelled, "a time-out is told as a cancel"

    async def test_leaving_early_leaves_no_process(self, runner: ScriptRunner) -> None:
        before = Census.take()
        async with self.attempt(runner, FOREVER, limits=attrs.evolve(self.limits, grace=0.2)) as (run, _):
            await self._next(run.events(), "the script did not start")
        await before.back(lambda now: now.processes <= before.processes, self.patience)

    async def test_attempts_leave_no_descriptor(self, runner: ScriptRunner) -> None:
        await self.ended(runner, "print(1)")
        before = Census.take()
        for _ in range(5):
            await self.ended(runner, "print(1)")
        await before.back(lambda now: now.fds <= before.fds + 1 and now.processes <= before.processes, self.patience)

    async def test_attempts_at_once_are_not_mixed_up(self, runner: ScriptRunner) -> None:
        many = await asyncio.gather(*(self.ended(runner, f"print({n})") for n in range(4)))
        found = [ended.log() for ended in many]
        assert found == [b"%d\n" % n for n in range(4)], f"four attempts at once wrote {found}"

    async def test_a_program_that_is_not_there_is_an_end(self, runner: ScriptRunner) -> None:
        with tempfile.TemporaryDirectory() as folder:
            command = ScriptCommand((f"{folder}/no-such-program",), folder)
            try:
                async with runner.open(Attempt("job", 1, "lease", "test"), command, self.limits) as run:
                    ended = await self._rest(run.events())
            except OSError as error:
                raise AssertionError(f"a program that is not there raises {error!r}: tell it as an Exit") from error
        assert ended.exit.code not in (0, None), f"a program that is not there is told as {ended.exit}"

    async def _cancelled(self, runner: ScriptRunner, script: str, **options: Any) -> Ended:
        async with self.attempt(runner, script, **options) as (run, _):
            events = run.events()
            first = await self._next(events, "the script did not start")
            with anyio.fail_after(self.patience):
                await run.cancel()
            ended = await self._rest(events)
        return Ended((first, *ended.events))

    async def _next(self, events: AsyncIterator[RunEvent], otherwise: str) -> RunEvent:
        try:
            with anyio.fail_after(self.patience):
                return await anext(events)
        except (TimeoutError, StopAsyncIteration):
            raise AssertionError(otherwise) from None

    async def _rest(self, events: AsyncIterator[RunEvent]) -> Ended:
        found: list[RunEvent] = []
        try:
            with anyio.fail_after(self.patience):
                async for event in events:
                    found.append(event)  # one by one: what came before a time-out is told
        except TimeoutError:
            raise AssertionError(f"the events do not end; so far {found[-3:]}") from None
        return Ended(tuple(found))
