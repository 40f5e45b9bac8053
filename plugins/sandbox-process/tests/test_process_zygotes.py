"""Zygotes die, hang, wear out and are replaced: each call has a named end, and the next one works."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from pegboard import Ending, Limits, Outcome, Program, Run
from pegboard_sandbox_process import FULL_PYTHON, Jail, ProcessSettings, open_jail

pytestmark = pytest.mark.anyio

QUICK = Run("t", Program("return 1"))
Descendants = Callable[..., list[int]]
Until = Callable[[Callable[[], bool], str], Coroutine[Any, Any, None]]
Started = Callable[..., Coroutine[Any, Any, "asyncio.Task[Outcome]"]]
WITH_SPARE = ProcessSettings(workers=2, max_level=4)
ALONE = ProcessSettings(workers=2, max_level=4, spare=False)


async def two(jail: Jail, family: Any, until: Until) -> list[int]:
    """The zygotes, as soon as there is a spare that could take over."""
    await until(lambda: jail._zygotes._spare is not None and len(family.zygotes()) == 2, "there is a spare")
    zygotes: list[int] = family.zygotes()
    return zygotes


async def timed(jail: Jail, run: Run = QUICK) -> float:
    began = time.monotonic()
    outcome = await asyncio.wait_for(jail.run(run), 20)
    assert outcome.ending is Ending.RESULT, outcome
    return time.monotonic() - began


@pytest.mark.parametrize("victim", ["zygote", "launcher"])
async def test_when_it_is_killed_the_spare_takes_over_at_once(
    family: Any, started: Started, until: Until, victim: str
) -> None:
    async with open_jail(FULL_PYTHON, WITH_SPARE) as jail:
        serving, spare = await two(jail, family, until)
        task = await started(jail)
        os.kill(serving if victim == "zygote" else family.launchers()[0], signal.SIGKILL)
        assert (await asyncio.wait_for(task, 5)).ending is Ending.LOST
        assert spare in family.zygotes(), "nothing was started for the next call"
        assert await timed(jail) < 0.25
        await two(jail, family, until)


async def test_a_call_that_comes_before_anybody_knows_is_lost_or_answered(family: Any, until: Until) -> None:
    async with open_jail(FULL_PYTHON, WITH_SPARE) as jail:
        serving, _ = await two(jail, family, until)
        os.kill(serving, signal.SIGKILL)
        outcomes = await asyncio.wait_for(asyncio.gather(*(jail.run(QUICK) for _ in range(4))), 20)
        assert {each.ending for each in outcomes} <= {Ending.LOST, Ending.RESULT}
        await timed(jail)


async def test_a_killed_spare_is_replaced_and_no_call_notices(family: Any, started: Started, until: Until) -> None:
    async with open_jail(FULL_PYTHON, WITH_SPARE) as jail:
        serving, spare = await two(jail, family, until)
        task = await started(jail)
        os.kill(spare, signal.SIGKILL)
        await until(lambda: spare not in family.zygotes(), "it is dead")
        assert serving in await two(jail, family, until)
        assert not task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_without_a_spare_the_next_call_waits_for_a_new_one(family: Any, started: Started) -> None:
    async with open_jail(FULL_PYTHON, ALONE) as jail:
        (zygote,) = family.zygotes()
        task = await started(jail)
        os.kill(zygote, signal.SIGKILL)
        assert (await asyncio.wait_for(task, 5)).ending is Ending.LOST
        await timed(jail)
        assert len(family.zygotes()) == 1


async def test_a_stopped_zygote_is_replaced(family: Any, until: Until) -> None:
    """One that answers nothing any more cannot hold a call beyond its time."""
    async with open_jail(FULL_PYTHON, WITH_SPARE) as jail:
        serving, _ = await two(jail, family, until)
        os.kill(serving, signal.SIGSTOP)
        outcome = await asyncio.wait_for(jail.run(Run("t", Program("return 1"), limits=Limits(wall=0.2))), 5)
        assert outcome.ending is Ending.LOST
        assert await timed(jail) < 0.25
        await until(lambda: serving not in family.zygotes(), "it was killed")


async def test_closing_while_a_spare_starts_leaves_nothing(family: Any, until: Until) -> None:
    async with open_jail(FULL_PYTHON, WITH_SPARE):
        await until(lambda: len(family.launchers()) == 2, "a spare is being started")


async def test_closing_leaves_no_spare(family: Any, until: Until) -> None:
    async with open_jail(FULL_PYTHON, WITH_SPARE) as jail:
        await two(jail, family, until)
        await timed(jail)


def status_of(pid: int) -> dict[str, str]:
    with open(f"/proc/{pid}/status") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file)


async def test_killed_zygote_leaves_no_daemon(
    family: Any, open_layers, descendants: Descendants, started: Started, until: Until
) -> None:  # type: ignore[no-untyped-def]
    """Without a pid namespace the launcher adopts and kills them."""
    source = "import os, time\nif not os.fork():\n    os.setsid()\n    time.sleep(60)\nprint('x')\ntime.sleep(60)"
    async with open_layers() as jail:
        (zygote,) = family.zygotes()
        task = await started(jail, Run("t", Program(source), limits=Limits(wall=30)))
        theirs = descendants(zygote)
        assert len(theirs) == 2, "the program and its daemon"
        os.kill(zygote, signal.SIGKILL)
        assert (await asyncio.wait_for(task, 5)).ending is Ending.LOST
        await until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in theirs), "no daemon is left")


async def test_the_zygote_holds_nothing(family: Any) -> None:
    async with open_jail(FULL_PYTHON, ALONE) as jail:
        (zygote,) = family.zygotes()
        status = status_of(zygote)
        spaces = ("user", "mnt", "pid", "ipc", "uts", "net")
        shared = [
            each for each in spaces if os.readlink(f"/proc/{zygote}/ns/{each}") == os.readlink(f"/proc/self/ns/{each}")
        ]
        assert (await jail.run(QUICK)).ending is Ending.RESULT
    assert shared == []
    assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    user = 65534 if os.getuid() == 0 else os.getuid()
    assert status["Uid"].split() == [str(user)] * 4
    assert os.getuid() != 0 or status["Groups"].split() == []
