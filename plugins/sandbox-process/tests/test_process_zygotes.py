"""Zygotes die, hang and are replaced: each call has a named end, and the next one works."""

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from pegboard import Ending, Limits, Outcome, Program, Run
from pegboard_sandbox_process import FULL_PYTHON, ProcessSettings, open_jail

pytestmark = pytest.mark.anyio

QUICK = Run("t", Program("return 1"))
Descendants = Callable[[], list[int]]
Until = Callable[[Callable[[], bool], str], Coroutine[Any, Any, None]]
Started = Callable[..., Coroutine[Any, Any, "asyncio.Task[Outcome]"]]


def zygote_of(launcher: int) -> int:
    with open(f"/proc/{launcher}/task/{launcher}/children") as file:
        return int(file.read())


def zygote_like(pid: int) -> bool:
    """Is it a launcher, the one process of ours that has a child before any call?"""
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return bool(file.read())


def status_of(pid: int) -> dict[str, str]:
    with open(f"/proc/{pid}/status") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file)


async def test_killed_zygote_loses_the_call_and_not_the_next(
    namespaces: None, descendants: Descendants, started: Started
) -> None:
    before = descendants()
    async with open_jail(FULL_PYTHON, ProcessSettings(max_level=4)) as jail:
        (launcher,) = [pid for pid in descendants() if pid not in before and zygote_like(pid)]
        task = await started(jail)
        os.kill(zygote_of(launcher), signal.SIGKILL)
        assert (await asyncio.wait_for(task, 5)).ending is Ending.LOST
        outcome = await jail.run(QUICK)
        assert (outcome.ending, outcome.result) == (Ending.RESULT, b"1")
    assert not set(descendants()) - set(before)


async def test_a_stopped_zygote_is_replaced(namespaces: None, descendants: Descendants) -> None:
    """One that answers nothing any more cannot hold a call beyond its time."""
    before = descendants()
    async with open_jail(FULL_PYTHON, ProcessSettings(max_level=4)) as jail:
        (launcher,) = [pid for pid in descendants() if pid not in before and zygote_like(pid)]
        os.kill(zygote_of(launcher), signal.SIGSTOP)
        outcome = await asyncio.wait_for(jail.run(Run("t", Program("return 1"), limits=Limits(wall=0.2))), 5)
        assert outcome.ending is Ending.LOST
        assert (await jail.run(QUICK)).ending is Ending.RESULT
    assert not set(descendants()) - set(before)


async def test_killed_launcher_takes_everything_with_it(
    namespaces: None, descendants: Descendants, started: Started, until: Until
) -> None:
    before = descendants()
    async with open_jail(FULL_PYTHON, ProcessSettings(max_level=4)) as jail:
        (launcher,) = [pid for pid in descendants() if pid not in before and zygote_like(pid)]
        zygote = zygote_of(launcher)
        task = await started(jail)
        os.kill(launcher, signal.SIGKILL)
        assert (await asyncio.wait_for(task, 5)).ending is Ending.LOST
        await until(lambda: not os.path.exists(f"/proc/{zygote}"), "the zygote died with its launcher")
        assert (await jail.run(QUICK)).ending is Ending.RESULT
    assert not set(descendants()) - set(before)


async def test_killed_zygote_leaves_no_daemon(
    open_layers, descendants: Descendants, started: Started, until: Until
) -> None:  # type: ignore[no-untyped-def]
    """Without a pid namespace the launcher adopts and kills them."""
    before = descendants()
    source = "import os, time\nif not os.fork():\n    os.setsid()\n    time.sleep(60)\nprint('x')\ntime.sleep(60)"
    async with open_layers() as jail:
        (launcher,) = [pid for pid in descendants() if pid not in before and zygote_like(pid)]
        task = await started(jail, Run("t", Program(source), limits=Limits(wall=30)))
        os.kill(zygote_of(launcher), signal.SIGKILL)
        assert (await asyncio.wait_for(task, 5)).ending is Ending.LOST
        await until(lambda: set(descendants()) - set(before) <= {launcher}, "no daemon is left")
    assert not set(descendants()) - set(before)


async def test_the_zygote_holds_nothing(namespaces: None, descendants: Descendants) -> None:
    before = descendants()
    async with open_jail(FULL_PYTHON, ProcessSettings(max_level=4)) as jail:
        (launcher,) = [pid for pid in descendants() if pid not in before and zygote_like(pid)]
        zygote = zygote_of(launcher)
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
