"""Who waits, who is next, and whose process it is."""

import asyncio
from typing import Any

import pytest

from pegboard import Ending, Limits, Problem, Program
from pegboard.testing.census import children

pytestmark = pytest.mark.anyio


async def test_a_caller_who_leaves_the_queue_leaves_no_gap(open_desk: Any, began: Any, until: Any) -> None:
    async with open_desk() as desk:
        first = await began(desk).wait()
        waiting = [asyncio.create_task(desk.run("return 1")) for _ in range(3)]
        await until(lambda: desk.sandbox.load.waiting == 3)
        waiting[0].cancel()
        first.task.cancel()
        ended = await asyncio.gather(*waiting[1:])
        assert [outcome.result for outcome in ended] == [b"1", b"1"]
        assert (desk.sandbox.load.waiting, desk.sandbox.load.running) == (0, 0)


async def test_who_waits_too_long_is_told_busy_and_has_not_run(open_desk: Any, began: Any) -> None:
    async with open_desk() as desk:
        first = await began(desk).wait()
        outcome = await desk.run("print('ran')\nreturn 1", limits=Limits(queue=0.1))
        assert (outcome.ending, outcome.wall, outcome.stdout.data) == (Ending.BUSY, 0.0, b"")
        assert "0.1 seconds" in outcome.failure.message
        with pytest.raises(Problem) as caught:
            await desk.sandbox.check("tenant", Program("return 1"), Limits(queue=0.1))
        assert (caught.value.status, caught.value.code) == (503, "sandbox-busy")
        first.task.cancel()


async def test_more_than_the_queue_holds_are_busy_at_once(open_desk: Any, began: Any, until: Any) -> None:
    async with open_desk(queue=4) as desk:
        first = await began(desk).wait()
        ours = [asyncio.create_task(desk.run("return 1")) for _ in range(2)]
        theirs = [asyncio.create_task(desk.run("return 1", tenant=f"t{n}")) for n in range(2)]
        await until(lambda: desk.sandbox.load.waiting == 4)
        refused = await desk.run("return 1", tenant="late")
        assert refused.ending is Ending.BUSY
        assert "4 calls wait already" in refused.failure.message
        first.task.cancel()
        assert {outcome.ending for outcome in await asyncio.gather(*ours, *theirs)} == {Ending.RESULT}


async def test_a_tenant_may_fill_half_of_the_queue(open_desk: Any, began: Any, until: Any) -> None:
    async with open_desk(queue=4) as desk:
        first = await began(desk).wait()
        ours = [asyncio.create_task(desk.run("return 1")) for _ in range(2)]
        await until(lambda: desk.sandbox.load.waiting == 2)
        refused = await desk.run("return 1")
        assert (refused.ending, "of this tenant" in refused.failure.message) == (Ending.BUSY, True)
        first.task.cancel()
        assert {outcome.ending for outcome in await asyncio.gather(*ours)} == {Ending.RESULT}


async def test_tenants_are_served_in_turn(open_desk: Any, began: Any, until: Any) -> None:
    async with open_desk() as desk:
        first = await began(desk).wait()
        order: list[str] = []

        async def call(tenant: str) -> None:
            await desk.run("return 1", tenant=tenant)
            order.append(tenant)

        tasks = [asyncio.create_task(call("many")) for _ in range(4)]
        await until(lambda: desk.sandbox.load.waiting == 4)
        tasks.append(asyncio.create_task(call("one")))
        await until(lambda: desk.sandbox.load.waiting == 5)
        first.task.cancel()
        await asyncio.gather(*tasks)
        assert order == ["many", "one", "many", "many", "many"]


async def test_what_ended_is_counted(open_desk: Any) -> None:
    async with open_desk() as desk:
        await desk.run("return 1")
        await desk.run("1 / 0")
        await desk.run("import os")
        await desk.run("while True: pass", limits=Limits(wall=0.1))
        await desk.sandbox.check("tenant", Program("return 1"), Limits())
        load = desk.sandbox.load
        assert (load.places, load.running, load.waiting, load.processes) == (1, 0, 0, 1)
        ended = {ending: count for ending, count in load.ended.items() if count}
        assert ended == {Ending.RESULT: 2, Ending.EXCEPTION: 1, Ending.VIOLATION: 1, Ending.LIMIT: 1}
        assert load.waited >= 0


async def test_a_process_serves_one_tenant(open_desk: Any, supervisors: Any) -> None:
    before = set(supervisors())
    async with open_desk() as desk:
        seen = []
        for tenant in ("a", "a", "b", "b", "a"):
            await desk.value("return 1", tenant=tenant)
            (supervisor,) = set(supervisors()) - before
            seen.append(*children(supervisor))
        assert seen[0] == seen[1] != seen[2] == seen[3] != seen[4]
        assert len(set(seen)) == 3


async def test_a_tenant_finds_its_own_process_again(open_desk: Any, supervisors: Any) -> None:
    before = set(supervisors())
    async with open_desk(workers=2) as desk:
        await asyncio.gather(desk.value("return 1", tenant="a"), desk.value("return 1", tenant="b"))
        processes = {pid for supervisor in set(supervisors()) - before for pid in children(supervisor)}
        for tenant in "abab":
            await desk.value("return 1", tenant=tenant)
        assert {pid for supervisor in set(supervisors()) - before for pid in children(supervisor)} == processes


async def test_an_interpreter_is_replaced_after_so_many_calls(open_desk: Any, supervisors: Any) -> None:
    before = set(supervisors())
    async with open_desk(calls=3) as desk:
        seen = set()
        for _ in range(8):
            await desk.value("return 1")
            (supervisor,) = set(supervisors()) - before
            seen.update(children(supervisor))
        assert len(seen) > 1


async def test_nothing_of_a_call_is_there_in_the_next(desk: Any) -> None:
    source = (
        "import random\nseen = []\n"
        "def process_data(d, r, u):\n    seen.append(1)\n    return len(seen), random.random()"
    )
    leave = "global left\nleft = 'x'\nimport random\nrandom.seed(1)\nimport collections\nreturn 1"
    results = []
    for _ in range(3):
        await desk.value(leave)
        outcome = await desk.run("return left")
        assert outcome.failure.type == "NameError"
        results.append(await desk.value(source))
    assert [count for count, _ in results] == [1, 1, 1]
    assert len({number for _, number in results}) == 3
