"""Calls at once: who runs, who waits, who is turned away, and what is told of it."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest

from pegboard import Ending, Limits, Outcome, Problem, Program, Run
from pegboard_sandbox_process import FULL_PYTHON, Jail, ProcessSettings, open_jail
from pegboard_sandbox_process.launcher import BEHIND
from pegboard_sandbox_process.seccomp import LOW

pytestmark = pytest.mark.anyio

QUICK = Run("t", Program("return 1"))
Descendants = Callable[[], list[int]]
Until = Callable[[Callable[[], bool], str], Coroutine[Any, Any, None]]
Started = Callable[..., Coroutine[Any, Any, "asyncio.Task[Outcome]"]]


async def test_a_caller_cancelled_while_waiting_frees_its_place(
    jail: Jail, descendants: Descendants, started: Started, until: Until
) -> None:
    await jail.run(QUICK)
    before = len(descendants())
    busy = [await started(jail) for _ in range(4)]
    waiting = asyncio.create_task(jail.run(QUICK))
    await asyncio.sleep(0)
    waiting.cancel()
    for task in busy:
        task.cancel()
    await asyncio.gather(waiting, *busy, return_exceptions=True)
    assert (await jail.run(QUICK)).ending is Ending.RESULT
    await until(lambda: len(descendants()) == before, "the cancelled programs are gone")


async def test_calls_run_side_by_side(jail: Jail) -> None:
    run = Run("t", Program("import time\ntime.sleep(0.4)"))
    began = time.monotonic()
    outcomes = await asyncio.gather(jail.run(run), jail.run(run))
    assert time.monotonic() - began < 0.75
    assert {each.ending for each in outcomes} == {Ending.RESULT}


async def test_waiting_is_queue_time_and_not_wall_time(jail: Jail) -> None:
    """Of one tenant four such calls run at once."""
    run = Run("t", Program("import time\ntime.sleep(0.1)"), limits=Limits(wall=0.6))
    outcomes = await asyncio.gather(*(jail.run(run) for _ in range(32)))
    assert {each.ending for each in outcomes} == {Ending.RESULT}
    assert max(each.queue for each in outcomes) > 0.6
    assert max(each.wall for each in outcomes) < 0.6


async def test_no_free_worker_in_time_is_busy(
    jail: Jail, descendants: Descendants, started: Started, until: Until
) -> None:
    await jail.run(QUICK)
    before = len(descendants())
    busy = [await started(jail) for _ in range(4)]
    outcome = await jail.run(Run("t", Program("return 1"), limits=Limits(queue=0.1)))
    assert outcome.ending is Ending.BUSY
    assert 0.1 <= outcome.queue < 1
    assert outcome.failure is not None
    assert "4 calls of this tenant run, which is its share while long ones run" in outcome.failure.message
    assert (await jail.run(Run("other", Program("return 1"), limits=Limits(queue=5)))).ending is Ending.RESULT
    with pytest.raises(Problem, match="No worker") as caught:
        await jail.check("t", Program("return 1"), Limits(queue=0.05))
    assert (caught.value.status, caught.value.headers) == (503, {"Retry-After": "1"})
    for task in busy:
        task.cancel()
    await asyncio.gather(*busy, return_exceptions=True)
    assert (await jail.run(QUICK)).ending is Ending.RESULT
    await until(lambda: len(descendants()) == before, "the cancelled programs are gone")


@pytest.fixture(scope="module", name="narrow")
async def open_narrow(namespaces: None) -> AsyncIterator[Jail]:
    settings = ProcessSettings(workers=1, slow=4, queue=4, max_level=4, spare=False, prepared=0)
    async with open_jail(FULL_PYTHON, settings) as opened:
        yield opened


async def test_nobody_waits_for_a_program_that_loops(narrow: Jail, started: Started) -> None:
    loops = [await started(narrow) for _ in range(2)]
    outcomes = await asyncio.gather(*(narrow.run(Run(tenant, QUICK.program)) for tenant in "abcd"))
    assert {each.ending for each in outcomes} == {Ending.RESULT}
    assert not any(task.done() for task in loops)
    await cancelled(loops)


async def cancelled(tasks: "list[asyncio.Task[Outcome]]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_others_come_before_what_computes_for_long_and_not_before_what_sleeps(
    narrow: Jail, descendants: Descendants, started: Started, until: Until
) -> None:
    before = descendants()
    computes, sleeps = await started(narrow), None
    (computing,) = set(descendants()) - set(before)
    await until(lambda: os.getpriority(os.PRIO_PROCESS, computing) == LOW, "it has a low priority")
    sleeps = await started(narrow, Run("s", Program("import time\nprint(1)\ntime.sleep(60)"), limits=Limits(wall=60)))
    (sleeping,) = set(descendants()) - set(before) - {computing}
    assert (await narrow.run(QUICK)).ending is Ending.RESULT, "both have made way"
    assert os.getpriority(os.PRIO_PROCESS, sleeping) == BEHIND
    assert os.sched_getscheduler(sleeping) == os.sched_getscheduler(computing) == os.SCHED_BATCH
    await cancelled([computes, sleeps])


async def test_output_comes_from_the_slow_lane_as_it_is_written(narrow: Jail) -> None:
    """All the time others have their turns."""
    came: asyncio.Queue[bytes] = asyncio.Queue()
    source = "import time\nwhile True:\n    print('tick')\n    for _ in range(200000): pass"
    run = Run("t", Program(source), limits=Limits(wall=30), sink=lambda stream, data: came.put_nowait(data))
    task = asyncio.create_task(narrow.run(run))
    for _ in range(5):
        assert b"tick" in await asyncio.wait_for(came.get(), 20)
        assert (await narrow.run(Run("other", QUICK.program))).ending is Ending.RESULT
    await cancelled([task])


async def test_more_than_the_queue_holds_are_turned_away_at_once(narrow: Jail, started: Started) -> None:
    loops = [await started(narrow) for _ in range(2)]
    patient = Run("t", QUICK.program, limits=Limits(queue=60))
    waiting = [asyncio.create_task(narrow.run(patient)) for _ in range(2)]
    await asyncio.sleep(0)
    assert (narrow.load.running, narrow.load.waiting) == (2, 2)
    outcome = await asyncio.wait_for(narrow.run(patient), 5)
    assert outcome.ending is Ending.BUSY
    assert outcome.failure is not None
    assert outcome.failure.message == "No worker is free, and 2 calls of this tenant wait already"
    await cancelled([*waiting, *loops])


async def test_load_is_of_all_calls(namespaces: None, started: Started) -> None:
    async with open_jail(FULL_PYTHON, ProcessSettings(workers=1, max_level=4, spare=False)) as jail:
        empty = jail.load
        assert (empty.places, empty.running, empty.waiting, empty.processes, empty.waited) == (5, 0, 0, 0, 0.0)
        task = await started(jail)
        assert (jail.load.running, jail.load.processes) == (1, 1)
        await cancelled([task])
        await jail.run(Run("t", Program("1/0")))
        await jail.check("t", Program("x ="), Limits())
        await jail.check("t", Program("x = 1"), Limits())
        ended = {ending: count for ending, count in jail.load.ended.items() if count}
    assert ended == {Ending.EXCEPTION: 1, Ending.VIOLATION: 1, Ending.RESULT: 1}
    assert (jail.load.running, jail.load.processes) == (0, 0)
