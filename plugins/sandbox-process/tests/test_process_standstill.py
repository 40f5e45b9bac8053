"""A machine that stands still for a while, as virtual ones do, is no reason to give a jail up."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from pegboard import Ending, Outcome, Program, Run
from pegboard_sandbox_process import FULL_PYTHON, ProcessSettings, open_jail, spawn

pytestmark = pytest.mark.anyio

Started = Callable[..., Coroutine[Any, Any, "asyncio.Task[Outcome]"]]


async def test_a_zygote_that_stood_still_with_the_server_goes_on(
    namespaces: None, family: Any, started: Started
) -> None:
    """All time-outs are over when both go on, and neither could have done anything about it."""
    async with open_jail(FULL_PYTHON, ProcessSettings(workers=2, max_level=4, spare=False, prepared=0)) as jail:
        leaving, staying = await started(jail), await started(jail)
        (zygote,) = family.zygotes()
        os.kill(zygote, signal.SIGSTOP)
        asyncio.get_running_loop().call_later(0.01, os.kill, zygote, signal.SIGCONT)
        leaving.cancel()
        await asyncio.sleep(0)
        time.sleep(spawn.HEAR_TIME * 1.5)  # noqa: ASYNC251  the whole process stands still
        outcome = await asyncio.wait_for(jail.run(Run("t", Program("return 1"))), 10)
        assert (outcome.ending, outcome.result) == (Ending.RESULT, b"1")
        assert family.zygotes() == [zygote]
        assert not staying.done()
        staying.cancel()
        await asyncio.gather(leaving, staying, return_exceptions=True)
