"""What a run brings along: its wall, its sink; and what it may not bring."""

import asyncio
from typing import Any

import pytest

from pegboard import Limits, Problem, Program, Run

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("kept", [0, 4])
async def test_a_sleep_is_no_longer_than_the_runs_own_wall(open_jailed: Any, kept: int) -> None:
    source = "import time\ntime.sleep(data)\nreturn 'slept'"
    async with open_jailed(kept=kept) as jailed:
        for wall, seconds, slept in ((2.0, 0.01, True), (0.2, 0.3, False), (2.0, 0.3, True), (6.0, 7.0, False)):
            outcome = await jailed.run(source, seconds, limits=Limits(wall=wall))
            if slept:
                assert outcome.result == b'"slept"', outcome
            else:
                assert (outcome.failure.type, outcome.failure.line) == ("ValueError", 3)
                assert f"({wall:g} seconds)" in outcome.failure.message


@pytest.mark.parametrize("kept", [0, 4])
async def test_output_comes_while_it_runs(open_jailed: Any, kept: int) -> None:
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    source = "print('so far')\nwhile data:\n    pass"
    async with open_jailed(kept=kept) as jailed:
        await jailed.run(source, 0)  # the next call may find its process warm
        limits = Limits(wall=30.0)
        call = asyncio.create_task(jailed.run(source, 1, limits=limits, sink=lambda _, data: heard.put_nowait(data)))
        assert await asyncio.wait_for(heard.get(), 20) == b"so far\n"
        assert not call.done()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call


@pytest.mark.parametrize("given", [{"stdin": b"x"}, {"files": {"a": b""}}])
async def test_standard_input_and_files_are_refused(jailed: Any, given: dict[str, Any]) -> None:
    with pytest.raises(Problem) as problem:
        await jailed.sandbox.run(Run("tenant", Program("return 1"), **given))
    assert (problem.value.status, problem.value.code) == (422, "capability-missing")
    assert next(iter(given)) in str(problem.value.detail)
