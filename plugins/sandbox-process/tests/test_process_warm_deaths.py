"""Processes that stay and are killed, or whose callers leave: one call fails, by name, and the next works."""

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Callable

import anyio
import attrs
import pytest

from pegboard import Argument, Ending, Limits, Outcome, Program, Run
from pegboard_sandbox_process import FULL_PYTHON, Jail, ProcessSettings, Warmth, open_jail

pytestmark = pytest.mark.anyio

MEGABYTE = 1 << 20
Descendants = Callable[[], list[int]]

FOREVER = Program("def f(go):\n    print('running')\n    while go: pass\n    return 1", "f")
GO, STOP = (Argument(b"true"),), (Argument(b"false"),)
QUICK = Run("t", Program("import os\nreturn os.getpid()"))


@pytest.fixture(scope="module")
async def open_jailed(namespaces: None) -> AsyncIterator[Jail]:
    async with open_jail(FULL_PYTHON, ProcessSettings(workers=2, max_level=4, spare=False), Warmth()) as opened:
        yield opened


@pytest.fixture
async def warm(open_jailed: Jail) -> AsyncIterator[Jail]:
    """Whatever a worker does: the server's loop never sees an exception, and all places are free at the end."""
    loop, wrong = asyncio.get_running_loop(), []
    loop.set_exception_handler(lambda loop, context: wrong.append(context))
    try:
        yield open_jailed
        sleep = Run("t", Program("import time\ntime.sleep(0.02)\nreturn 1"))
        outcomes = await asyncio.gather(*(open_jailed.run(sleep) for _ in range(4)))
        assert [each.result for each in outcomes] == [b"1"] * 4
    finally:
        loop.set_exception_handler(None)
    assert wrong == []


async def until(true: Callable[[], bool], what: str) -> None:
    with anyio.fail_after(20):
        while not true():  # noqa: ASYNC110  processes of the kernel's have no event to wait for
            await anyio.sleep(0.005)
    assert true(), what


async def started(jail: Jail) -> "asyncio.Task[Outcome]":
    """A task whose program is running: it has printed something."""
    running = asyncio.Event()
    run = Run("t", FOREVER, GO, Limits(wall=30), sink=lambda stream, data: running.set())
    task = asyncio.create_task(jail.run(run))
    await asyncio.wait_for(running.wait(), 20)
    return task


async def works(jail: Jail) -> None:
    outcome = await asyncio.wait_for(jail.run(Run("t", FOREVER, STOP)), 10)
    assert (outcome.ending, outcome.result) == (Ending.RESULT, b"1"), outcome


def family(descendants: Descendants, before: list[int]) -> tuple[int, int]:
    """Launcher and zygote of a jail that was opened since `before` and has not been called yet."""
    launcher, zygote = [pid for pid in descendants() if pid not in before]
    return launcher, zygote


@pytest.mark.parametrize(
    ("body", "limits", "ending", "limit", "number"),
    [
        ("while True: pass", Limits(wall=0.1), Ending.LIMIT, "wall", None),
        ("while True: print('x' * 1000)", Limits(wall=0.1), Ending.LIMIT, "wall", None),
        ("import time; time.sleep(60)", Limits(wall=0.002), Ending.LIMIT, "wall", None),
        ("x = bytearray(1 << 30)", Limits(memory=64 * MEGABYTE), Ending.LIMIT, "memory", None),
        ("x = []\n    while True: x.append(str(len(x)))", Limits(memory=64 * MEGABYTE), Ending.LIMIT, "memory", None),
        ("return 'x' * 2000", Limits(result=1000), Ending.LIMIT, "result", None),
        ("import ctypes; ctypes.string_at(0)", Limits(), Ending.CRASHED, "", signal.SIGSEGV),
        ("import os; os.kill(os.getpid(), 9)", Limits(), Ending.EXCEPTION, "", None),  # the jail has no kill
        ("import os; os._exit(0)", Limits(), Ending.EXCEPTION, "", None),
    ],
)  # fmt: skip
async def test_a_call_that_ends_badly_is_named_and_the_next_works(
    warm: Jail, body: str, limits: Limits, ending: Ending, limit: str, number: int | None
) -> None:
    run = Run("bad", Program(f"def f(bad):\n    if not bad: return 1\n    {body}", "f"), STOP, limits)
    for _ in range(2):
        assert (await warm.run(attrs.evolve(run, limits=attrs.evolve(limits, wall=5.0)))).result == b"1"
        outcome = await asyncio.wait_for(warm.run(attrs.evolve(run, arguments=GO)), 10)
        assert outcome.failure is not None
        assert (outcome.ending, outcome.failure.limit, outcome.failure.signal) == (ending, limit, number)


async def test_a_killed_process_is_its_calls_end(warm: Jail, descendants: Descendants) -> None:
    await works(warm)
    before = descendants()
    task = await started(warm)
    await until(lambda: len(busy(descendants)) == 1, "one of them is at work")
    os.kill(busy(descendants)[0], signal.SIGKILL)
    outcome = await asyncio.wait_for(task, 5)
    assert (outcome.ending, outcome.failure and outcome.failure.signal) == (Ending.CRASHED, signal.SIGKILL)
    assert outcome.stdout.data == b"running\n"
    await works(warm)
    assert len(descendants()) <= len(before) + 1


def busy(descendants: Descendants) -> list[int]:
    return [pid for pid in descendants() if state_of(pid) == "R"]


def state_of(pid: int) -> str:
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0]


async def test_an_idle_process_that_was_killed_is_replaced(namespaces: None, descendants: Descendants) -> None:
    async with open_jail(FULL_PYTHON, ProcessSettings(workers=1, max_level=4, spare=False), Warmth()) as jail:
        alone = descendants()
        for waits in (True, False):
            await works(jail)
            (idle,) = [pid for pid in descendants() if pid not in alone]
            os.kill(idle, signal.SIGKILL)
            if waits:
                await until(lambda: descendants() == alone, "the zygote has seen its end")
            else:
                outcome = await asyncio.wait_for(jail.run(Run("t", FOREVER, STOP)), 5)
                assert outcome.ending in (Ending.RESULT, Ending.CRASHED)
        await works(jail)


@pytest.mark.parametrize("which", ["launcher", "zygote"])
async def test_a_killed_jail_loses_its_calls_and_not_the_next(
    namespaces: None, descendants: Descendants, which: str
) -> None:
    before = descendants()
    async with open_jail(FULL_PYTHON, ProcessSettings(workers=2, max_level=4, spare=False), Warmth()) as jail:
        launcher, zygote = family(descendants, before)
        assert (await jail.run(QUICK)).ending is Ending.RESULT
        task = await started(jail)
        theirs = set(descendants()) - set(before)
        assert len(theirs) == 4
        os.kill(launcher if which == "launcher" else zygote, signal.SIGKILL)
        assert (await asyncio.wait_for(task, 5)).ending is Ending.LOST
        await works(jail)
        await until(lambda: not theirs & set(descendants()), "the idle process went with it")
        assert (await jail.run(QUICK)).ending is Ending.RESULT
    assert not set(descendants()) - set(before)  # what an earlier test ended may have been going still


async def test_a_stopped_zygote_cannot_hold_a_call(namespaces: None, descendants: Descendants) -> None:
    before = descendants()
    async with open_jail(FULL_PYTHON, ProcessSettings(workers=1, max_level=4, spare=False), Warmth()) as jail:
        _, zygote = family(descendants, before)
        await works(jail)
        os.kill(zygote, signal.SIGSTOP)
        endless = Run("t", FOREVER, GO, Limits(wall=0.1))
        assert (await asyncio.wait_for(jail.run(endless), 5)).ending is Ending.LOST
        await works(jail)
    assert not set(descendants()) - set(before)


async def test_closing_ends_busy_and_idle_processes(namespaces: None, descendants: Descendants) -> None:
    before, open_before = descendants(), len(os.listdir("/proc/self/fd"))
    async with open_jail(FULL_PYTHON, ProcessSettings(workers=2, max_level=4, spare=False), Warmth()) as jail:
        await jail.run(QUICK)
        task = await started(jail)
    assert (await asyncio.wait_for(task, 5)).ending is Ending.LOST
    assert not set(descendants()) - set(before)
    assert len(os.listdir("/proc/self/fd")) <= open_before


async def test_a_cancelled_caller_ends_the_process(namespaces: None, descendants: Descendants) -> None:
    async with open_jail(FULL_PYTHON, ProcessSettings(workers=1, max_level=4, spare=False), Warmth()) as jail:
        alone, open_alone = descendants(), len(os.listdir("/proc/self/fd"))
        task = await started(jail)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: descendants() == alone, "the process is gone")
        await until(lambda: len(os.listdir("/proc/self/fd")) <= open_alone, "its descriptors are closed")
        await works(jail)


@pytest.mark.parametrize("turns", range(6))
async def test_a_caller_who_leaves_as_its_answer_comes_does_not_end_the_next_call(
    namespaces: None, open_one: Jail, turns: int
) -> None:
    """The process may be at the next caller's call by then."""
    run = Run("t", Program("import time\ntime.sleep(0.01)\nreturn 1"))
    await open_one.run(run)
    for _ in range(5):
        leaver, stayer = (asyncio.create_task(open_one.run(run)) for _ in range(2))
        await asyncio.sleep(0)
        time.sleep(0.03)  # noqa: ASYNC251  the answer comes while the loop looks away
        for _ in range(turns):
            await asyncio.sleep(0)
        leaver.cancel()
        outcome = await asyncio.wait_for(stayer, 5)
        assert (outcome.ending, outcome.result) == (Ending.RESULT, b"1"), outcome
        await asyncio.gather(leaver, return_exceptions=True)


@pytest.fixture(scope="module")
async def open_one(namespaces: None) -> AsyncIterator[Jail]:
    async with open_jail(FULL_PYTHON, ProcessSettings(workers=1, max_level=4, spare=False), Warmth()) as opened:
        yield opened


async def test_no_place_is_lost_by_callers_who_leave_at_any_moment(open_one: Jail) -> None:
    for moment in range(40):
        tasks = [asyncio.create_task(open_one.run(QUICK)) for _ in range(3)]
        await asyncio.sleep(moment / 10_000)
        for task in tasks[: 1 + moment % 3]:
            task.cancel()
        rest = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 10)
        for each in rest:
            assert isinstance(each, asyncio.CancelledError) or each.ending is Ending.RESULT, each
    assert (await open_one.run(QUICK)).ending is Ending.RESULT


LEAKY = Program(
    "import ctypes\ndef f(kind):\n    if kind == 'spin':\n        while True: pass\n"
    "    if kind == 'crash': ctypes.string_at(0)\n    print(kind)\n    return kind",
    "f",
)


async def test_thousands_of_calls_and_hundreds_of_deaths_leave_nothing(
    namespaces: None, descendants: Descendants
) -> None:
    def run(kind: str) -> Run:
        return Run("t", LEAKY, (Argument(json.dumps(kind).encode()),), Limits(wall=0.02 if kind == "spin" else 5.0))

    settings = ProcessSettings(workers=2, max_level=4, spare=False)
    async with open_jail(FULL_PYTHON, settings, Warmth(calls=10_000)) as jail:
        await asyncio.gather(*(jail.run(run("fine")) for _ in range(8)))
        before = (len(os.listdir("/proc/self/fd")), len(descendants()))
        first = [(await jail.run(run("fine"))).memory for _ in range(200)][-1]
        last = [(await jail.run(run("fine"))).memory for _ in range(2800)][-1]
        assert last < first + MEGABYTE
        deaths = await asyncio.gather(*(jail.run(run(kind)) for kind in ("spin", "crash") * 100))
        assert {each.ending for each in deaths} == {Ending.LIMIT, Ending.CRASHED}
        await asyncio.gather(*(jail.run(run("fine")) for _ in range(8)))
        await until(lambda: len(descendants()) <= before[1], "no process, no zombie")
        assert len(os.listdir("/proc/self/fd")) <= before[0]
