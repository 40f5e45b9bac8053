"""Processes that stay: for whom, how long, and what comes out of their calls."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import anyio
import attrs
import pytest

from pegboard import Argument, Ending, Limits, Outcome, Program, Run
from pegboard_sandbox_process import FULL_PYTHON, Jail, ProcessSettings, Warmth, open_jail

pytestmark = pytest.mark.anyio

MEGABYTE = 1 << 20
PID = "import os\nreturn os.getpid()"
ECHO = Program("def echo(value): return value", "echo")
Descendants = Callable[[], list[int]]
OpenWarm = Callable[..., AbstractAsyncContextManager[Jail]]


@pytest.fixture(scope="module")
async def warm(namespaces: None) -> AsyncIterator[Jail]:
    """All of Python in processes that stay: more than any language that may stay lets a program do."""
    async with open_jail(FULL_PYTHON, ProcessSettings(workers=2, max_level=4, spare=False), Warmth()) as jail:
        yield jail


@pytest.fixture(scope="module")
def open_warm(namespaces: None) -> OpenWarm:
    @asynccontextmanager
    async def opener(workers: int = 1, **warmth: float) -> AsyncIterator[Jail]:
        settings = ProcessSettings(workers=workers, max_level=4, spare=False)
        async with open_jail(FULL_PYTHON, settings, Warmth(**warmth)) as jail:  # type: ignore[arg-type]
            yield jail

    return opener


async def pid(jail: Jail, tenant: str = "t", source: str = PID) -> int:
    outcome = await jail.run(Run(tenant, Program(source)))
    assert outcome.ending is Ending.RESULT, outcome
    return int(json.loads(outcome.result))


async def until(true: Callable[[], bool], what: str) -> None:
    with anyio.fail_after(20):
        while not true():  # noqa: ASYNC110  processes of the kernel's have no event to wait for
            await anyio.sleep(0.005)
    assert true(), what


async def test_the_next_call_of_a_program_finds_its_process(warm: Jail) -> None:
    assert len({await pid(warm) for _ in range(5)}) == 1


async def test_nobody_else_finds_it(warm: Jail) -> None:
    source = "import os\ndef one(): return os.getpid()\ndef two(): return os.getpid()\nreturn one()"
    base = Run("t", Program(source))
    others = [
        attrs.evolve(base, tenant="u"),
        attrs.evolve(base, program=Program(source + " ")),
        attrs.evolve(base, program=Program("import os\ndef one(): return os.getpid()", "one")),
        attrs.evolve(base, program=Program(source.replace("return one()", ""), "one")),
        attrs.evolve(base, program=Program(source.replace("return one()", ""), "two")),
        attrs.evolve(base, limits=Limits(memory=512 * MEGABYTE)),
    ]
    found = [(await warm.run(run)).result for run in (base, *others)]
    assert len(set(found)) == len(found)
    assert [(await warm.run(run)).result for run in (base, *others)] == found


async def test_two_calls_at_once_have_two_processes(warm: Jail) -> None:
    source = "import os, time\ntime.sleep(0.05)\nreturn os.getpid()"
    assert len(set(await asyncio.gather(pid(warm, source=source), pid(warm, source=source)))) == 2


async def test_limits_of_a_call_are_its_own(warm: Jail) -> None:
    program = Program("def f(n):\n    print('x' * n)\n    return 'x' * n", "f")

    async def run(size: int, **limits: float) -> Outcome:
        run = Run("t", program, (Argument(str(size).encode()),), Limits(**limits))  # type: ignore[arg-type]
        return await warm.run(run)

    assert (await run(1000, result=500)).failure.limit == "result"  # type: ignore[union-attr]
    assert (await run(1000, output=500)).stdout.truncated
    outcome = await run(1000)
    assert (outcome.ending, outcome.stdout.truncated, len(outcome.result)) == (Ending.RESULT, False, 1002)


async def test_a_limit_of_processor_time_has_a_fresh_process(warm: Jail) -> None:
    limited = Run("t", Program(PID), limits=Limits(cpu=1.0))
    found = {(await warm.run(limited)).result for _ in range(3)} | {str(await pid(warm)).encode()}
    assert len(found) == 4


async def test_a_process_goes_after_so_many_calls(open_warm: OpenWarm) -> None:
    async with open_warm(calls=3) as jail:
        found = [await pid(jail) for _ in range(7)]
    assert [found.index(each) for each in found] == [0, 0, 0, 3, 3, 3, 6]


async def test_a_process_goes_after_so_many_seconds(open_warm: OpenWarm) -> None:
    source = "import os, time\ntime.sleep(0.1)\nreturn os.getpid()"
    async with open_warm(seconds=0.1) as jail:
        assert len({await pid(jail, source=source) for _ in range(3)}) == 3


async def test_a_process_that_needed_much_memory_goes(open_warm: OpenWarm) -> None:
    program = Program("import os\ndef f(size):\n    x = bytearray(size)\n    return os.getpid()", "f")
    async with open_warm(memory=64 * MEGABYTE) as jail:
        sizes = (1, 1, 80 * MEGABYTE, 1, 1)
        found = [(await jail.run(Run("t", program, (Argument(str(size).encode()),)))).result for size in sizes]
    assert [found.index(each) for each in found] == [0, 0, 0, 3, 3]


async def test_the_one_used_longest_ago_makes_room(open_warm: OpenWarm, descendants: Descendants) -> None:
    async with open_warm(most=2) as jail:
        alone = len(descendants())
        a, b = await pid(jail, "a"), await pid(jail, "b")
        assert await pid(jail, "a") == a
        await pid(jail, "c")
        assert await pid(jail, "a") == a
        assert await pid(jail, "b") != b
        await until(lambda: len(descendants()) == alone + 2, "there are two, for many tenants")
        for tenant in range(10):
            await pid(jail, str(tenant))
        await until(lambda: len(descendants()) == alone + 2, "there are two, for many tenants")


async def test_old_ones_end_though_nobody_calls(
    open_warm: OpenWarm, descendants: Descendants, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pegboard_sandbox_process.jail.SWEEP", 0.02)
    async with open_warm(seconds=0.2) as jail:
        alone = descendants()
        await pid(jail)
        assert len(descendants()) == len(alone) + 1
        await until(lambda: descendants() == alone, "it was swept away")


@pytest.mark.parametrize("size", [1, 3000, MEGABYTE])
async def test_output_is_its_own_calls(warm: Jail, size: int) -> None:
    source = (
        "import sys\ndef f(size, number):\n"
        "    print(str(number) * size)\n    sys.stderr.write(str(number) * size)\n"
        "    sys.stdout.write(f'end {number}')"
    )
    for number in range(4):
        run = Run("t", Program(source, "f"), (Argument(str(size).encode()), Argument(str(number).encode())))
        outcome = await warm.run(attrs.evolve(run, limits=Limits(output=2 * MEGABYTE)))
        assert outcome.stdout.data == f"{str(number) * size}\nend {number}".encode()
        assert outcome.stderr.data == str(number).encode() * size


async def test_output_beyond_its_limit_is_cut_and_none_of_it_comes_later(warm: Jail) -> None:
    run = Run("t", Program("def f(text): print(text)", "f"), limits=Limits(output=1000))
    much = await warm.run(attrs.evolve(run, arguments=(Argument(b'"' + b"x" * MEGABYTE + b'"'),)))
    assert (much.stdout.truncated, much.stdout.total) == (True, MEGABYTE + 1)
    little = await warm.run(attrs.evolve(run, arguments=(Argument(b'"y"'),)))
    assert (little.stdout.data, little.stdout.truncated) == (b"y\n", False)


async def test_output_streams_while_the_call_runs(warm: Jail) -> None:
    for number in range(2):
        heard: dict[str, bytes] = {"stdout": b"", "stderr": b""}
        both = asyncio.Event()

        def sink(stream: str, data: bytes, heard: dict[str, bytes] = heard, both: asyncio.Event = both) -> None:
            heard[stream] += data
            if all(heard.values()):
                both.set()

        source = "import sys, time\nprint('out')\nprint('err', file=sys.stderr)\ntime.sleep(0.3)\nprint('end')"
        task = asyncio.create_task(warm.run(Run("t", Program(source), sink=sink)))
        await asyncio.wait_for(both.wait(), 5)
        assert not task.done(), number
        outcome = await task
        assert heard == {"stdout": outcome.stdout.data, "stderr": outcome.stderr.data}
        assert heard == {"stdout": b"out\nend\n", "stderr": b"err\n"}


@pytest.mark.parametrize("source", ["print(1)", "import time\nprint(1)\ntime.sleep(0.02)\nprint(2)"])
async def test_a_sink_that_fails_ends_no_call(warm: Jail, source: str) -> None:
    def sink(stream: str, data: bytes) -> None:
        raise ConnectionError("the listener went away")

    for _ in range(5):
        outcome = await asyncio.wait_for(warm.run(Run("sink", Program(source), sink=sink)), 5)
        assert (outcome.ending, outcome.stdout.data[:2]) == (Ending.RESULT, b"1\n")


async def test_large_arguments_and_results_go_through(warm: Jail) -> None:
    for filling in (b"a", b"b"):
        data = b'"' + filling * (5 * MEGABYTE) + b'"'
        outcome = await warm.run(Run("t", ECHO, (Argument(data),), Limits(result=len(data))))
        assert outcome.result == data
        less = await warm.run(Run("t", ECHO, (Argument(data),), Limits(result=len(data) - 1)))
        assert (less.ending, less.failure and less.failure.limit) == (Ending.LIMIT, "result")


async def test_arguments_that_do_not_fit_into_the_memory_are_its_limit(warm: Jail) -> None:
    limits = Limits(memory=32 * MEGABYTE)
    data = b"[" + b"[]," * (4 * MEGABYTE) + b"1]"
    outcome = await warm.run(Run("t", ECHO, (Argument(data),), limits))
    assert (outcome.ending, outcome.failure and outcome.failure.limit) == (Ending.LIMIT, "memory")
    assert (await warm.run(Run("t", ECHO, (Argument(b"1"),), limits))).result == b"1"


async def test_many_callers_of_two_programs_each_get_their_own_answer(open_warm: OpenWarm) -> None:
    programs = [Program(f"def f(n):\n    print(n)\n    return [{number}, n]", "f") for number in range(2)]
    async with open_warm(workers=3) as jail:

        async def call(number: int) -> Outcome:
            return await jail.run(Run("t", programs[number % 2], (Argument(str(number).encode()),)))

        for _ in range(5):
            outcomes = await asyncio.gather(*map(call, range(32)))
            assert [json.loads(each.result) for each in outcomes] == [[n % 2, n] for n in range(32)]
            assert [each.stdout.data for each in outcomes] == [b"%d\n" % n for n in range(32)]


async def test_the_figures_are_the_calls_own(warm: Jail) -> None:
    busy = Program("def f(n):\n    for _ in range(n): pass", "f")

    async def run(count: int) -> Outcome:
        return await warm.run(Run("figures", busy, (Argument(str(count).encode()),)))

    first, short, long = await run(10), await run(2000), await run(2_000_000)
    assert 0 < short.cpu <= short.wall < 1
    assert 0.01 < long.cpu <= long.wall < 5
    assert long.cpu > short.cpu
    assert (await run(10)).cpu < long.cpu / 2
    assert all(0 <= each.start < 1 and 0 <= each.queue < 1 for each in (first, short, long))
    assert MEGABYTE < first.memory <= long.memory < 200 * MEGABYTE


async def test_the_figures_of_a_call_that_was_ended_are_its_own(warm: Jail) -> None:
    program = Program(
        "import time\ndef f(n):\n    end = time.monotonic() + n\n    while time.monotonic() < end: pass", "f"
    )
    for seconds in (b"0", b"0.4"):
        assert (await warm.run(Run("ended", program, (Argument(seconds),)))).ending is Ending.RESULT
    outcome = await warm.run(Run("ended", program, (Argument(b"60"),), Limits(wall=0.1)))
    assert (outcome.ending, outcome.failure and outcome.failure.limit) == (Ending.LIMIT, "wall")
    assert 0.05 < outcome.wall < 0.49
    assert 0 < outcome.cpu < 0.39
    assert outcome.start < 0.1
