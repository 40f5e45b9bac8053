"""What holds a script, and what is left of it: nothing."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import attrs
import pytest

from pegboard import Attempt, Exit, LogBytes, RunEvent, RunnerLimits, ScriptCommand
from pegboard.testing import Census
from pegboard.testing.census import alive
from pegboard_runner_local import LocalRunner

pytestmark = pytest.mark.anyio
LIMITS = RunnerLimits(wall=20, grace=0.2)
DOUBLE_FORK = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
sys.stdout.write(f"{os.getpid()} "); sys.stdout.flush()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print(os.getpid(), flush=True)
        time.sleep(600)
    os._exit(0)
time.sleep(600)
"""


@pytest.fixture
async def runner() -> AsyncIterator[LocalRunner]:
    async with LocalRunner.started() as runner:
        yield runner


def command(script: str, folder: Path, **options: object) -> ScriptCommand:
    return attrs.evolve(ScriptCommand((sys.executable, "-u", "-I", "-c", script), str(folder)), **options)


def command_line(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


async def run(runner: LocalRunner, command: ScriptCommand, limits: RunnerLimits = LIMITS) -> list[RunEvent]:
    async with asyncio.timeout(30), runner.open(Attempt("job", 1, "lease", "lab"), command, limits) as running:
        return [event async for event in running.events()]


def ended(events: list[RunEvent]) -> Exit:
    assert isinstance(events[-1], Exit)
    return events[-1]


def log(events: list[RunEvent], stream: str = "stdout") -> bytes:
    return b"".join(event.data for event in events if isinstance(event, LogBytes) and event.stream == stream)


async def test_a_double_fork_that_ignores_sigterm_does_not_escape(runner: LocalRunner, tmp_path: Path) -> None:
    async with runner.open(Attempt("job", 1, "lease", "lab"), command(DOUBLE_FORK, tmp_path), LIMITS) as running:
        written, events = b"", running.events()
        async with asyncio.timeout(30):
            while not written.endswith(b"\n"):
                event = await anext(events)
                assert isinstance(event, LogBytes)
                written += event.data
            await running.cancel()
            rest = [event async for event in events]
    pids = [int(word) for word in written.split()]
    assert len(pids) == 2
    assert not [pid for pid in pids if alive(pid)]
    assert (ended(rest).cancelled, ended(rest).signal) == (True, signal.SIGKILL)


async def test_what_a_script_leaves_behind_ends_with_it(runner: LocalRunner, tmp_path: Path) -> None:
    events = await run(runner, command(DOUBLE_FORK.rsplit("time.sleep", 1)[0] + "time.sleep(0.3)", tmp_path))
    assert ended(events).code == 0
    assert not [pid for pid in map(int, log(events).split()) if alive(pid)]


@pytest.mark.parametrize(
    ("script", "limits", "hit"),
    [
        ("while True: pass", {"cpu": 1.0}, "cpu"),
        ("open('big', 'wb').write(bytes(2 << 20))", {"file_size": 1 << 20}, "file_size"),
        (
            "import subprocess, sys\n"
            "many = [subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']) for _ in range(8)]\n"
            "many[0].wait()",
            {"processes": 4},
            "processes",
        ),
        (
            "import os, time\nfor _ in range(4):\n    if os.fork() == 0:\n        held = b'x' * (20 << 20)\n"
            "        time.sleep(600)\ntime.sleep(600)",
            {"memory": 60 << 20},
            "memory",
        ),
    ],
)
async def test_a_limit_that_is_hit_is_told(
    script: str, limits: dict[str, float], hit: str, runner: LocalRunner, tmp_path: Path
) -> None:
    # a signal of the system is ignored by CPython where it is SIGXFSZ: the script has to ask for it
    if hit == "file_size":
        script = f"import signal; signal.signal(signal.SIGXFSZ, signal.SIG_DFL); {script}"
    assert ended(await run(runner, command(script, tmp_path), attrs.evolve(LIMITS, **limits))).limit == hit


async def test_one_process_has_no_more_memory_than_the_limit(runner: LocalRunner, tmp_path: Path) -> None:
    events = await run(runner, command("x = b'x' * (1 << 30)", tmp_path), attrs.evolve(LIMITS, memory=200 << 20))
    assert ended(events).code == 1 or ended(events).limit == "memory"
    assert ended(events).memory < 400 << 20


async def test_what_was_used_is_told(runner: LocalRunner, tmp_path: Path) -> None:
    script = "import time\nx = b'x' * (50 << 20)\nwhile time.process_time() < 0.3: pass"
    end = ended(await run(runner, command(script, tmp_path)))
    assert end.memory > 50 << 20
    assert end.cpu >= 0.3


async def test_a_secret_is_in_no_command_line(runner: LocalRunner, tmp_path: Path) -> None:
    secret = "k-7c1f-unheard-of"
    script = "import os, sys\nassert os.environ['KEY'] == sys.stdin.read()\nprint('ready')\nopen('go').read()"
    os.mkfifo(tmp_path / "go")
    given = command(script, tmp_path, environment={"KEY": secret}, stdin=secret.encode(), secrets=(secret,))
    async with asyncio.timeout(30), runner.open(Attempt("job", 1, "lease", "lab"), given, LIMITS) as running:
        events = running.events()
        first = await anext(events)
        assert isinstance(first, LogBytes), first
        below = [command_line(pid) for pid in Census.take().processes]
        (tmp_path / "go").write_text("")
        rest = [event async for event in events]
    assert len(below) >= 3  # launcher, supervisor and script
    assert not [line for line in below if secret.encode() in line]
    assert ended(rest).code == 0


async def test_a_launcher_that_was_killed_is_started_again(runner: LocalRunner, tmp_path: Path) -> None:
    before = Census.take()
    launchers = [pid for pid in before.processes if b"pegboard_runner_local" in command_line(pid)]
    assert launchers
    for pid in launchers:
        os.kill(pid, signal.SIGKILL)
    await before.back(lambda now: not any(alive(pid) for pid in launchers))
    assert log(await run(runner, command("print('again')", tmp_path))) == b"again\n"


async def test_arguments_that_are_too_long_are_an_error_and_leave_nothing(runner: LocalRunner, tmp_path: Path) -> None:
    before = Census.take()
    with pytest.raises(OSError, match="too long"):
        await run(runner, command("pass", tmp_path, stdin=b"x", environment={"LONG": "x" * (8 << 20)}))
    assert Census.take().fds == before.fds


def test_scripts_end_with_a_server_that_is_killed() -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            [sys.executable, "-c", SERVER, sys.executable, folder, DOUBLE_FORK], stdout=subprocess.PIPE
        )
        assert server.stdout is not None
        pids = [int(word) for word in server.stdout.readline().split()]
        server.kill()
        server.wait()
        server.stdout.close()
        assert len(pids) == 2
        asyncio.run(Census.take().back(lambda _: not any(alive(pid) for pid in pids)))


SERVER = """
import asyncio, sys
from pegboard import Attempt, RunnerLimits, ScriptCommand
from pegboard_runner_local import LocalRunner

async def serve(python, folder, script):
    command = ScriptCommand((python, "-u", "-I", "-c", script), folder)
    async with LocalRunner.started() as runner, runner.open(Attempt("j", 1, "l", "t"), command, RunnerLimits()) as run:
        async for event in run.events():
            sys.stdout.buffer.write(event.data)
            sys.stdout.flush()

asyncio.run(serve(*sys.argv[1:]))
"""
