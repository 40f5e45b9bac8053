"""Nobody waits for somebody else's loop: sixteen callers at once, some of whose programs never end.

How much later an answer comes is measured by the bench. Here it counts what has ended while the loops still run.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from pegboard import Ending, Limits, Outcome, Program, Run, Sandbox
from sandboxes.kinds import JAILED, KINDS, opened

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(90)]

PATIENCE = 40.0
"""Seconds within which all short calls must have ended, on a busy machine. The loops run for longer."""

LOOP = Program("n = 0\nwhile True:\n    n = n + 1")
SHORT = [Program(f"n = {number}\nreturn [n, n * n]") for number in range(16)]
LIMITS = Limits(wall=PATIENCE * 2, queue=PATIENCE * 2)


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module", params=KINDS)
async def sandbox(request: pytest.FixtureRequest, anyio_backend: str) -> AsyncIterator[Sandbox]:
    async with opened(request.param, process={"workers": 2}) as sandboxes:
        yield sandboxes[request.param]


@pytest.fixture(scope="module", params=JAILED)
async def jailed(request: pytest.FixtureRequest, anyio_backend: str) -> AsyncIterator[Sandbox]:
    """Those with a lane for long calls."""
    async with opened(request.param, process={"workers": 2}) as sandboxes:
        yield sandboxes[request.param]


@asynccontextmanager
async def looping(sandbox: Sandbox, *tenants: str) -> AsyncIterator[None]:
    """One loop of each tenant named, all of which are still under way at the end."""
    loops = [asyncio.create_task(sandbox.run(Run(tenant, LOOP, limits=LIMITS))) for tenant in tenants]
    try:
        async with asyncio.timeout(PATIENCE):
            yield
        assert not any(loop.done() for loop in loops), [loop.result() for loop in loops if loop.done()]
    finally:
        for loop in loops:
            loop.cancel()
        await asyncio.wait(loops)


async def calls(sandbox: Sandbox, tenant: str, number: int, count: int = 3) -> None:
    """One caller's calls, one after another; each must give its own result."""
    for _ in range(count):
        outcome = await sandbox.run(Run(tenant, SHORT[number], limits=LIMITS))
        assert (outcome.ending, outcome.result) == (Ending.RESULT, b"[%d,%d]" % (number, number * number)), outcome


@pytest.mark.parametrize("tenant", ["other", "same"])
async def test_fifteen_callers_beside_one_that_loops(sandbox: Sandbox, tenant: str) -> None:
    async with looping(sandbox, tenant):
        await asyncio.gather(*(calls(sandbox, "same", number) for number in range(15)))


async def test_fifteen_tenants_beside_one_that_loops(sandbox: Sandbox) -> None:
    async with looping(sandbox, "looper"):
        await asyncio.gather(*(calls(sandbox, f"tenant {number}", number) for number in range(15)))


async def test_as_many_callers_loop_as_do_not(jailed: Sandbox) -> None:
    async with looping(jailed, *["looper"] * 8):
        await asyncio.gather(*(calls(jailed, f"tenant {number % 3}", number) for number in range(8)))


async def test_the_loops_of_several_tenants(jailed: Sandbox) -> None:
    async with looping(jailed, "a", "a", "b", "b", "c", "c"):
        await asyncio.gather(*(calls(jailed, f"tenant {number % 3}", number) for number in range(8)))


async def test_a_check_waits_for_no_loop(jailed: Sandbox) -> None:
    async with looping(jailed, *["looper"] * 4):
        for number in range(5):
            assert not await jailed.check("other", Program(f"return {number}"), LIMITS)


async def test_a_crowd_of_one_tenant_does_not_push_another_back(sandbox: Sandbox) -> None:
    """The one call of another tenant is answered when few of two hundred that came before it are."""
    ended: list[str] = []
    work = Program("n = 0\nfor i in range(20000):\n    n = n + i\nreturn n")

    async def call(tenant: str) -> Outcome:
        outcome = await sandbox.run(Run(tenant, work, limits=LIMITS))
        ended.append(tenant)
        return outcome

    async with asyncio.timeout(PATIENCE):
        crowd = [asyncio.create_task(call("crowd")) for _ in range(200)]
        await asyncio.wait(crowd, return_when=asyncio.FIRST_COMPLETED)
        assert (await call("other")).ending is Ending.RESULT
        before = ended.index("other")
        outcomes = await asyncio.gather(*crowd)
    assert {outcome.ending for outcome in outcomes} == {Ending.RESULT}
    assert before < 100, f"{before} calls of the crowd were answered first"


async def test_callers_that_leave_the_queue_make_room(jailed: Sandbox) -> None:
    async with looping(jailed, *["looper"] * 4):
        leaving = [asyncio.create_task(jailed.run(Run("looper", SHORT[0], limits=LIMITS))) for _ in range(50)]
        await asyncio.sleep(0)
        for task in leaving:
            task.cancel()
        await asyncio.wait(leaving)
        await calls(jailed, "other", 1)


async def test_after_all_loops_the_looper_is_served_again(jailed: Sandbox) -> None:
    async with looping(jailed, *["looper"] * 8):
        await calls(jailed, "other", 1)
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(calls(jailed, "looper", number) for number in range(8)))
