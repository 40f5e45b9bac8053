"""Processes that are forked before their calls come: quicker, and otherwise as any other."""

import asyncio
import os
import resource
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest

from pegboard import Ending, Limits, Outcome, Program, Run
from pegboard.testing.census import children
from pegboard_sandbox_process import FULL_PYTHON, Jail, ProcessSettings, open_jail

pytestmark = pytest.mark.anyio

WHO = Run("t", Program("import os\nreturn os.getpid()"))
Descendants = Callable[[], list[int]]
Until = Callable[[Callable[[], bool], str], Coroutine[Any, Any, None]]
Started = Callable[..., Coroutine[Any, Any, "asyncio.Task[Outcome]"]]


@pytest.fixture(name="jail")
async def open_two_prepared(family: Any) -> AsyncIterator[Jail]:
    async with open_jail(FULL_PYTHON, ProcessSettings(workers=2, max_level=4, spare=False, prepared=2)) as opened:
        yield opened


def inside(pid: int) -> int:
    """The number that a process has in its own namespace."""
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[-1]) for line in file if line.startswith("NSpid:"))


async def prepared(jail: Jail, family: Any, until: Until) -> list[int]:
    """Two calls with the same limits, and what is prepared then."""
    for _ in range(2):
        assert (await jail.run(WHO)).ending is Ending.RESULT
    (zygote,) = family.zygotes()
    await until(lambda: len(children(zygote)) == 2 and jail.load.processes == 2, "two are prepared")
    found: list[int] = children(zygote)
    return found


async def test_calls_take_processes_that_are_there_already(jail: Jail, family: Any, until: Until) -> None:
    waiting = {inside(pid) for pid in await prepared(jail, family, until)}
    ran = {int((await jail.run(WHO)).result) for _ in range(2)}
    assert ran == waiting
    assert (jail.load.running, jail.load.waiting) == (0, 0), "what is prepared is no call"


async def test_checks_take_them_too(jail: Jail, family: Any, until: Until) -> None:
    before = await prepared(jail, family, until)
    assert (await jail.check("t", Program("x ="), Limits()))[0].code == "SYNTAX"
    (zygote,) = family.zygotes()
    await until(lambda: before[0] not in children(zygote), "the first was taken")


@pytest.mark.parametrize(
    "limits", [Limits(memory=512 << 20), Limits(wall=100), Limits(cpu=1.0)], ids=["memory", "wall", "cpu"]
)
async def test_a_call_with_other_limits_has_a_process_of_its_own(
    jail: Jail, family: Any, until: Until, limits: Limits
) -> None:
    waiting = await prepared(jail, family, until)
    outcome = await jail.run(Run("t", WHO.program, limits=limits))
    assert int(outcome.result) not in {inside(pid) for pid in waiting}
    assert children(family.zygotes()[0]) == waiting, "once is not enough to prepare others"


async def test_walls_that_differ_a_little_share_what_is_prepared(jail: Jail, family: Any, until: Until) -> None:
    waiting = {inside(pid) for pid in await prepared(jail, family, until)}
    assert int((await jail.run(Run("t", WHO.program, limits=Limits(wall=3.7)))).result) in waiting


async def test_limits_that_are_asked_for_again_replace_what_was_prepared(jail: Jail, family: Any, until: Until) -> None:
    before = await prepared(jail, family, until)
    other = Run("t", Program("return len(bytes(300 << 20))"), limits=Limits(memory=64 << 20))
    for _ in range(3):
        outcome = await jail.run(other)
        assert outcome.failure is not None
        assert outcome.failure.limit == "memory", "its own limit holds it, not the one before"
    (zygote,) = family.zygotes()
    await until(lambda: not set(before) & set(children(zygote)), "those of the old limits are gone")
    await until(lambda: len(children(zygote)) == 2, "two of the new limits are there")


async def test_an_exact_limit_of_processor_time_is_not_spent_beforehand(jail: Jail, family: Any, until: Until) -> None:
    run = Run("t", WHO.program, limits=Limits(cpu=0.5))
    for _ in range(3):
        assert (await jail.run(run)).ending is Ending.RESULT
    await until(lambda: not children(family.zygotes()[0]), "none is prepared")


async def test_one_that_died_meanwhile_costs_no_call(jail: Jail, family: Any, until: Until) -> None:
    for pid in await prepared(jail, family, until):
        os.kill(pid, signal.SIGKILL)
    assert {(await jail.run(WHO)).ending for _ in range(3)} == {Ending.RESULT}
    (zygote,) = family.zygotes()
    await until(lambda: len(children(zygote)) == 2, "others are prepared")


async def test_a_program_is_not_charged_for_the_time_before_it_came(jail: Jail, family: Any, until: Until) -> None:
    (first, _) = await prepared(jail, family, until)
    began = asyncio.get_running_loop().time()
    await until(lambda: asyncio.get_running_loop().time() - began > 0.3, "time passes")
    outcome = await jail.run(Run("t", Program("import os\nos._exit(7)"), limits=Limits(wall=0.25)))
    assert outcome.failure is not None
    assert (outcome.ending, outcome.failure.exit_code) == (Ending.EXCEPTION, 7)
    assert outcome.wall < 0.25
    await until(lambda: first not in children(family.zygotes()[0]), "it was the prepared one")


SPY = """
import gc, sys
made = sorted(getattr(each, '__qualname__', '') for each in gc.get_objects() if hasattr(each, '__code__'))
return [sorted(sys.modules), 'sample' in made, gc.isenabled(), sorted(globals())]
"""


async def test_a_prepared_process_looks_like_any_other(jail: Jail, family: Any, until: Until) -> None:
    """No trace of the rehearsal: what is imported, defined and set is what a process forked for its call finds."""
    own = await jail.run(Run("t", Program(SPY), limits=Limits(cpu=1.0)))
    await prepared(jail, family, until)
    assert (await jail.run(Run("t", Program(SPY)))).result == own.result
    assert own.ending is Ending.RESULT


async def test_they_go_with_their_jail_and_with_their_zygote(family: Any, until: Until) -> None:
    settings = ProcessSettings(workers=2, max_level=4, spare=False, prepared=2)
    async with open_jail(FULL_PYTHON, settings) as jail:
        first = await prepared(jail, family, until)
        os.kill(family.zygotes()[0], signal.SIGKILL)
        await until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in first), "they died with their zygote")
        second = await prepared(jail, family, until)
    await until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in second), "they died with their jail")


async def test_a_worn_zygote_keeps_none(family: Any, until: Until) -> None:
    settings = ProcessSettings(workers=2, max_level=4, prepared=2, zygote_calls=6)
    async with open_jail(FULL_PYTHON, settings) as jail:
        (first,) = family.zygotes()
        while first in family.zygotes():
            assert (await jail.run(WHO)).ending is Ending.RESULT


async def test_hundreds_of_calls_leave_what_was_there(jail: Jail, family: Any, until: Until, started: Started) -> None:
    await prepared(jail, family, until)
    before = len(os.listdir("/proc/self/fd"))
    sources = ("return 1", "1/0", "import sys; sys.exit(3)", "import os; os._exit(1)", "print('x' * 10000)", "x =")
    for number in range(300):
        await jail.run(Run("t", Program(sources[number % len(sources)])))
    for _ in range(5):
        task = await started(jail, Run("t", Program("print(1)\nwhile True: pass")))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    (zygote,) = family.zygotes()
    await until(lambda: len(children(zygote)) == 2, "two are prepared, no more and no fewer")
    await until(lambda: len(os.listdir("/proc/self/fd")) <= before, "no descriptor is left")


async def test_a_zygote_that_cannot_fork_is_replaced(family: Any, until: Until) -> None:
    async with open_jail(FULL_PYTHON, ProcessSettings(workers=2, max_level=4, prepared=0)) as jail:
        await until(lambda: jail._zygotes._spare is not None, "there is a spare")
        unable = family.zygotes()[0]
        resource.prlimit(unable, resource.RLIMIT_NPROC, (0, 0))
        assert (await jail.run(WHO)).ending is Ending.LOST
        assert (await jail.run(WHO)).ending is Ending.RESULT
        await until(lambda: unable not in family.zygotes(), "it is gone")


REHEARSED = """
import sys
from pegboard_sandbox_process.rehearsal import LIMITS, SAMPLE
from pegboard_sandbox_process.child import Job
from pegboard_sandbox_process.full_python import language
from pegboard_sandbox_process.serving import answer
arguments = [{"rows": [{"key": "k", "value": 2}]}, None, None]
letter, payload, status = answer(language, Job("run", SAMPLE, "sample", arguments, LIMITS))
print(chr(letter), payload.decode(), status)
"""


def test_the_rehearsal_is_a_real_call() -> None:
    """Its answer is thrown away, so that a mistake in it would be seen by nobody. In a process: it installs itself."""
    said = subprocess.run([sys.executable, "-c", REHEARSED], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["R", '{"names":["k"],"total":2.0,"text":"1.00"}', "0"]
