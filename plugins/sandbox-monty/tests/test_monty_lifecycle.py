"""Processes come, die, are killed and go; what is cancelled or closed leaves nothing behind."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import attrs
import pytest
from structlog.testing import capture_logs

from pegboard import Ending, Isolation, Limits, Problem, Program
from pegboard.testing import Census
from pegboard.testing.census import children, descendants
from pegboard_sandbox_monty import MontySettings, open_monty, probe
from pegboard_sandbox_monty.process import Lost, start

pytestmark = pytest.mark.anyio

SPIN = "print('began')\nwhile True: pass"
LONG = Limits(wall=60.0)


def environment_of(pid: int) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes().strip(b"\0")


def kinds_of_descriptors(pid: int) -> set[str]:
    return {os.readlink(link).partition(":")[0] for link in Path(f"/proc/{pid}/fd").iterdir()}


async def test_without_leave_it_refuses_to_run() -> None:
    with pytest.raises(Problem) as caught:
        async with open_monty(MontySettings()):
            pass
    assert (caught.value.status, caught.value.code) == (503, "isolation-too-weak")
    assert "allow_weak_isolation = true under [plugins.sandbox-monty]" in str(caught.value.detail)


async def test_where_the_interpreter_is_missing_it_says_so() -> None:
    settings = MontySettings(allow_weak_isolation=True, binary="/nowhere/monty")
    with pytest.raises(Problem) as caught:
        async with open_monty(settings):
            pass
    assert caught.value.code == "isolation-too-weak"
    assert "/nowhere/monty" in str(caught.value.detail)
    (found,) = probe(settings)
    assert (found.works, "/nowhere/monty" in found.why, bool(found.fix)) == (False, True, True)


async def test_the_probe_runs_a_program() -> None:
    (found,) = probe(MontySettings())
    assert (found.step, found.works) == ("L1 interpreter", True)


async def test_an_outcome_says_level_one(desk: Any) -> None:
    assert (await desk.run("return 1")).isolation is desk.sandbox.isolation is Isolation.L1


async def test_the_processes_know_nothing_of_the_servers_environment(
    open_desk: Any, supervisors: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEGBOARD_TEST_SECRET", "hush")
    before = set(supervisors())
    async with open_desk() as desk:
        await desk.value("return 1")
        (supervisor,) = set(supervisors()) - before
        for pid in (supervisor, *children(supervisor)):
            environment, opened = environment_of(pid), kinds_of_descriptors(pid)
            assert environment == b""
            assert opened <= {"pipe", "/dev/null", "anon_inode", "socket"}


async def test_an_interpreter_that_is_killed_ends_its_call_and_no_other(
    open_desk: Any, supervisors: Any, began: Any
) -> None:
    before = set(supervisors())
    async with open_desk() as desk:
        call = await began(desk).wait()
        (supervisor,) = set(supervisors()) - before
        (interpreter,) = children(supervisor)
        os.kill(interpreter, signal.SIGKILL)
        outcome = await call.task
        assert (outcome.ending, outcome.failure.signal) == (Ending.CRASHED, signal.SIGKILL)
        assert await desk.value("return 1") == 1
        assert set(supervisors()) - before == {supervisor}


async def test_an_idle_interpreter_that_is_killed_costs_no_call(open_desk: Any, supervisors: Any, until: Any) -> None:
    before = set(supervisors())
    async with open_desk() as desk:
        await desk.value("return 1")
        (supervisor,) = set(supervisors()) - before
        for number in range(20):
            (interpreter,) = children(supervisor)
            os.kill(interpreter, signal.SIGKILL)
            if number % 2:  # else it may be found dying
                await until(lambda pid=interpreter: state_of(pid) in "Z")
            assert await desk.value("return 2") == 2


async def test_a_supervisor_that_is_killed_ends_its_call_by_name_and_takes_the_interpreter_along(
    open_desk: Any, supervisors: Any, began: Any, until: Any
) -> None:
    before = set(supervisors())
    async with open_desk() as desk:
        call = await began(desk).wait()
        (supervisor,) = set(supervisors()) - before
        (interpreter,) = children(supervisor)
        os.kill(supervisor, signal.SIGKILL)
        outcome = await call.task
        assert outcome.ending is Ending.LOST
        assert outcome.failure.message
        await until(lambda: state_of(interpreter) in "Z")
        assert await desk.value("return 1") == 1


def state_of(pid: int) -> str:
    """Of a process, or "" when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


async def test_an_idle_supervisor_that_is_killed_costs_no_call(open_desk: Any, supervisors: Any, until: Any) -> None:
    before = set(supervisors())
    async with open_desk() as desk:
        (supervisor,) = set(supervisors()) - before
        os.kill(supervisor, signal.SIGKILL)
        await until(lambda: desk.sandbox.load.processes == 0)
        assert await desk.value("return 1") == 1


async def test_a_supervisor_that_is_stuck_is_killed_at_the_wall(open_desk: Any, supervisors: Any) -> None:
    before = set(supervisors())
    async with open_desk() as desk:
        (supervisor,) = set(supervisors()) - before
        os.kill(supervisor, signal.SIGSTOP)
        outcome = await desk.run("return 1", limits=Limits(wall=0.2))
        assert (outcome.ending, outcome.failure.limit, outcome.failure.allowed) == (Ending.LIMIT, "wall", 0.2)
        assert await desk.value("return 2") == 2


ASLEEP = "import time\nprint('began')\ntime.sleep(60)"
IN_NATIVE_CODE = "import time\nprint('began')\ntime.sleep(0.01)\nreturn 10 ** 100000000"


@pytest.mark.parametrize("source", [SPIN, ASLEEP, IN_NATIVE_CODE], ids=["loop", "sleep", "native"])
async def test_a_cancelled_caller_leaves_no_process_computing(
    source: str, open_desk: Any, supervisors: Any, began: Any, until: Any
) -> None:
    before = set(supervisors())
    async with open_desk() as desk:
        call = await began(desk, source).wait()
        (supervisor,) = set(supervisors()) - before
        (interpreter,) = children(supervisor)
        call.task.cancel()
        await asyncio.wait([call.task], timeout=5)
        assert call.task.cancelled()
        await until(lambda: state_of(interpreter) == "")
        assert await desk.value("return 1") == 1
        assert set(supervisors()) - before == {supervisor}


async def test_a_mistake_of_a_supervisors_own_is_logged_without_what_it_was_about() -> None:
    supervisor = await start(MontySettings())
    with capture_logs() as logs, pytest.raises(Lost):
        await supervisor.call({"kind": "run", "hush": "hush"}, [b"hush"], 5.0, 100, None)
    assert "KeyError in " in logs[0]["reason"]
    assert "hush" not in str(logs)
    assert not supervisor.alive
    await supervisor.close()


async def test_closing_ends_what_runs_and_tells_who_waits(open_desk: Any, began: Any, until: Any) -> None:
    before = Census.take()
    async with open_desk() as desk:
        running = await began(desk).wait()
        waiting = asyncio.create_task(desk.run("return 1", limits=LONG))
        await until(lambda: desk.sandbox.load.waiting == 1)
    assert [(await task).ending for task in (running.task, waiting)] == [Ending.LOST, Ending.LOST]
    await before.back(lambda now: now.processes <= before.processes and now.fds <= before.fds)


async def test_after_closing_a_call_is_lost(open_desk: Any) -> None:
    async with open_desk() as desk:
        pass
    outcome = await desk.run("return 1")
    assert (outcome.ending, "closed" in outcome.failure.message) == (Ending.LOST, True)
    with pytest.raises(Problem) as caught:
        await desk.sandbox.check("tenant", Program("return 1"), Limits())
    assert (caught.value.status, caught.value.code) == (503, "sandbox-lost")


async def test_a_supervisor_ends_with_the_server(tmp_path: Path, until: Any) -> None:
    """A server that is killed says nothing; its pipes do."""
    script = tmp_path / "server.py"
    script.write_text(
        "import asyncio\nfrom pegboard import Limits, Program, Run\n"
        "from pegboard_sandbox_monty import MontySettings, open_monty\n"
        "async def main():\n"
        "    async with open_monty(MontySettings(workers=1, allow_weak_isolation=True)) as sandbox:\n"
        "        program = Program('print(1)\\nwhile True: pass')\n"
        "        sink = lambda stream, data: print('began', flush=True)\n"
        "        await sandbox.run(Run('tenant', program, limits=Limits(wall=60.0), sink=sink))\n"
        "asyncio.run(main())\n"
    )
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, str(script)), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert server.stdout is not None
    async with asyncio.timeout(30):
        while b"began" not in await server.stdout.readline():
            pass
    family = descendants(server.pid)
    assert len(family) == 2
    server.kill()
    await server.wait()
    await until(lambda: all(state_of(pid) in "Z" for pid in family))


async def test_many_calls_leave_nothing_behind(open_desk: Any) -> None:
    async with open_desk(workers=2) as desk:
        limits = attrs.evolve(Limits(), wall=0.05)

        async def some(count: int) -> None:
            for number in range(count):
                await desk.run("return data", number)
                await desk.run("1 / 0")
                if number % 10 == 0:
                    await desk.run("while True: pass", limits=limits)

        await asyncio.gather(some(20), some(20))
        before = Census.take()
        await asyncio.gather(some(150), some(150))
        await before.back(
            lambda now: now.fds <= before.fds and len(now.processes) <= len(before.processes) and not now.zombies
        )
