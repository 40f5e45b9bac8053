"""Zygotes that have done enough give way, for all that they fork shares one seed of hashes."""

import asyncio
import itertools
import os
import signal
import time
from collections.abc import Callable, Coroutine
from typing import Any

import attrs
import pytest

from pegboard import Ending, Isolation, Outcome, Program, Run
from pegboard_sandbox_process import FULL_PYTHON, Jail, ProcessSettings, Warmth, open_jail
from pegboard_sandbox_process.launch import StartFailed, start
from pegboard_sandbox_process.levels import LAYERS
from pegboard_sandbox_process.spawn import Zygote
from pegboard_sandbox_process.zygotes import Life, Zygotes

pytestmark = pytest.mark.anyio

QUICK = Run("t", Program("return 1"))
HASH = Run("t", Program("return hash('a')"))
Until = Callable[[Callable[[], bool], str], Coroutine[Any, Any, None]]
Started = Callable[..., Coroutine[Any, Any, "asyncio.Task[Outcome]"]]
WITH_SPARE = ProcessSettings(workers=2, max_level=4)


async def two(jail: Jail, family: Any, until: Until) -> list[int]:
    """The zygotes, as soon as there is a spare that could take over."""
    await until(lambda: jail._zygotes._spare is not None and len(family.zygotes()) == 2, "there is a spare")
    zygotes: list[int] = family.zygotes()
    return zygotes


async def test_each_zygote_has_another_seed_of_hashes(family: Any, until: Until) -> None:
    """All that it forks share one: who learns it could make dictionaries slow for as long as it serves."""
    async with open_jail(FULL_PYTHON, WITH_SPARE) as jail:
        first, again = await jail.run(HASH), await jail.run(HASH)
        os.kill((await two(jail, family, until))[0], signal.SIGKILL)
        await until(lambda: len(family.zygotes()) == 1 or len(family.launchers()) == 3, "it is dead")
        await jail.run(QUICK)
        second = await jail.run(HASH)
    assert first.result == again.result != second.result


async def test_after_its_calls_a_zygote_gives_way_and_finishes_what_it_has_begun(
    family: Any, started: Started, until: Until
) -> None:
    settings = ProcessSettings(workers=2, max_level=4, zygote_calls=3)
    async with open_jail(FULL_PYTHON, settings) as jail:
        worn, spare = await two(jail, family, until)
        task = await started(jail)
        hashes = [(await jail.run(HASH)).result for _ in range(3)]
        assert hashes[0] == hashes[1] != hashes[2], "the fourth call was another zygote's"
        assert {worn, spare} <= set(family.zygotes())
        assert not task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await until(lambda: worn not in family.zygotes(), "it has ended with its last call")
        assert len(await two(jail, family, until)) == 2


@pytest.mark.parametrize("spare", [True, False])
async def test_a_zygote_grows_old(family: Any, until: Until, spare: bool) -> None:
    settings = ProcessSettings(workers=2, max_level=4, zygote_seconds=0.4, spare=spare)
    async with open_jail(FULL_PYTHON, settings) as jail:
        (first,) = family.zygotes()
        hashes = set()
        while first in family.zygotes():
            hashes.add((await jail.run(HASH)).result)
        hashes.add((await jail.run(HASH)).result)
    assert len(hashes) > 1


async def test_warm_workers_go_with_their_zygote(family: Any, until: Until) -> None:
    settings = ProcessSettings(workers=2, max_level=4, zygote_calls=2)
    where = [Run("t", Program(f"return [{number}, hash('a')]")) for number in range(2)]
    async with open_jail(FULL_PYTHON, settings, Warmth()) as jail:
        worn, _ = await two(jail, family, until)
        before = [(await jail.run(run)).result for run in where]
        assert [(await jail.run(run)).result for run in where] != before
        await until(lambda: worn not in family.zygotes(), "idle workers do not hold the zygote that is worn out")
        assert (await jail.run(where[0])).ending is Ending.RESULT


async def test_a_start_that_fails_is_tried_again_and_not_in_a_tight_loop(family: Any, until: Until) -> None:
    begun: list[float] = []
    broken = attrs.evolve(FULL_PYTHON, imports=("no_such_module",))

    async def begin() -> Zygote:
        begun.append(time.monotonic())
        works = len(begun) == 1 or len(begun) > 6
        return await start(FULL_PYTHON if works else broken, LAYERS[Isolation.L4])

    zygotes = Zygotes("test", Life(spare=False), begin, lambda: None)
    await zygotes.open()
    first = await zygotes.wait()
    first.kill()
    with pytest.raises(StartFailed, match="import: ModuleNotFoundError: No module named 'no_such_module'"):
        await zygotes.wait()
    await until(lambda: zygotes.ready is not None, "it starts in the end")
    assert zygotes.ready is not first
    pauses = [after - before for before, after in itertools.pairwise(begun)]
    assert len(begun) == 7
    assert pauses[-1] > pauses[-2] > 0.2, "each failure makes the pause longer"
    await zygotes.aclose()
    with pytest.raises(StartFailed, match="the sandbox is closed"):
        await zygotes.wait()
