"""Every limit ends a program with its name and the number that was set; what cannot be held is refused."""

import json
import time
from pathlib import Path
from typing import Any

import attrs
import pytest

from pegboard import Argument, Ending, Limits, Problem, Program, Run

pytestmark = pytest.mark.anyio

MEGABYTE = 1024 * 1024
SHORT = Limits(wall=0.5, memory=256 * MEGABYTE)

BOMBS = {
    # (source, the limits that may end it)
    "loop": ("while True: pass", {"wall"}),
    "loop that catches": ("while True:\n    try:\n        while True: pass\n    except BaseException: pass", {"wall"}),
    "infinite map": ("import itertools\nreturn list(map(str, itertools.count()))", {"wall", "memory"}),
    "huge power, in native code": ("return 10 ** 100000000", {"wall", "memory"}),
    "huge shift": ("return 1 << (10 ** 10)", {"memory"}),
    "factorial": ("import math\nreturn math.factorial(10 ** 7)", {"wall", "memory"}),
    "key stretching": ("import hashlib\nreturn hashlib.pbkdf2_hmac('sha512', b'a', b'b', 10 ** 9)", {"wall"}),
    "search, in native code": ("return 'a' * 10 ** 7 in 'b' * 10 ** 8", {"wall", "memory", ""}),
    "sleep": ("import time\ntime.sleep(100)", {"wall"}),
    "sleep of an await": ("import asyncio\nasyncio.run(asyncio.sleep(100))", {"wall"}),
    "many short sleeps": ("import time\nwhile True: time.sleep(0.001)", {"wall"}),
    "sleep caught": ("import time\nwhile True:\n    try: time.sleep(9)\n    except BaseException: pass", {"wall"}),
    "list": ("x = []\nwhile True: x.append('a' * 100000)", {"memory", "wall"}),
    "text": ("return len('a' * 10 ** 12)", {"memory"}),
    "doubling": ("x = [1]\nwhile True: x = x * 2", {"memory", "wall"}),
    "range": ("return len(list(range(10 ** 10)))", {"memory", "wall"}),
    "padding": ("return len(f'{1:>{10 ** 11}}')", {"memory", "wall"}),
    "recursion": ("def f(n): return f(n + 1)\nreturn f(0)", {"recursion"}),
    "recursion of a lambda": ("f = lambda x: sorted([x], key=f)\nreturn f(1)", {"recursion"}),
    "recursion of a repr": ("class A:\n    def __repr__(self): return repr(self)\nreturn repr(A())", {"recursion"}),
    "result": ("return 'x' * 5 * 10 ** 6", {"result"}),
    "result of many parts": ("return [0] * 10 ** 6", {"result"}),
    "result that holds itself": ("x = []\nx.append(x)\nreturn x", {"not-serializable"}),
    "result that shares": ("x = [0]\nfor i in range(40): x = [x, x]\nreturn x", {"result", "memory", "wall"}),
    "result that is deep": ("x = []\nfor i in range(500): x = [x]\nreturn x", {"not-serializable"}),
    "integer of many digits": ("return 10 ** 5000", {"not-serializable"}),
}  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS)
async def test_a_bomb_ends_with_the_limit_that_it_hit(bomb: str, desk: Any) -> None:
    source, expected = BOMBS[bomb]
    started = time.monotonic()
    outcome = await desk.run(source, limits=SHORT)
    taken = time.monotonic() - started - outcome.start
    if outcome.ending is Ending.RESULT:
        assert "" in expected
    else:
        assert (outcome.ending, outcome.failure.limit in expected) == (Ending.LIMIT, True), outcome
        limit = outcome.failure.limit
        assert outcome.failure.allowed == (None if limit == "not-serializable" else getattr(SHORT, limit))
    assert taken < 2.5, f"half a second was allowed, {taken:.1f} it took"
    assert await desk.value("return 1") == 1


async def test_the_words_name_the_limit_and_the_number(desk: Any) -> None:
    outcome = await desk.run("while True: pass", limits=attrs.evolve(SHORT, wall=0.1))
    assert outcome.failure.message == "The program ran longer than 0.1 seconds"
    outcome = await desk.run("return {1}")
    assert outcome.failure.message == "The result is not JSON (Object of type set is not JSON serializable)"
    assert (outcome.failure.limit, outcome.failure.allowed) == ("not-serializable", None)


async def test_processor_time_has_a_limit_of_its_own(desk: Any) -> None:
    outcome = await desk.run("while True: pass", limits=attrs.evolve(SHORT, wall=5.0, cpu=0.2))
    assert (outcome.failure.limit, outcome.failure.allowed) == ("cpu", 0.2)
    assert outcome.wall < 2
    slept = await desk.run("import time\ntime.sleep(0.4)\nreturn 1", limits=attrs.evolve(SHORT, wall=5.0, cpu=0.2))
    assert slept.ending is Ending.RESULT


async def test_time_spent_asleep_and_at_work_adds_up(desk: Any) -> None:
    source = (
        "import time\nstart = time.monotonic()\nwhile time.monotonic() - start < 0.4: pass\ntime.sleep(0.4)\nreturn 1"
    )
    outcome = await desk.run(source, limits=attrs.evolve(SHORT, wall=0.5))
    assert outcome.failure is not None
    assert outcome.failure.limit == "wall"


async def test_frames_are_counted_exactly(desk: Any) -> None:
    down = "def down(n):\n    return 0 if n == 0 else 1 + down(n - 1)\n"
    limits = Limits(recursion=50)
    program = Program(f"{down}def main(n):\n    return down(n)\n", "main")
    fits = await desk.sandbox.run(Run("tenant", program, (Argument(b"48"),), limits))
    assert fits.result == b"48"
    deeper = await desk.sandbox.run(Run("tenant", program, (Argument(b"49"),), limits))
    assert (deeper.failure.limit, deeper.failure.allowed) == ("recursion", 50)
    body = await desk.body(f"{down}return down(49)", limits=limits)
    assert body.result == b"49"


async def test_results_are_counted_in_bytes(desk: Any) -> None:
    limits = Limits(result=100)
    assert (await desk.run("return 'ü' * 49", limits=limits)).ending is Ending.RESULT
    outcome = await desk.run("return 'ü' * 50", limits=limits)
    assert (outcome.failure.limit, outcome.failure.allowed) == ("result", 100)


async def test_output_beyond_its_limit_keeps_head_and_tail(desk: Any) -> None:
    source = "import sys\nprint('a' * 30 + 'b' * 30)\nprint('c' * 5, file=sys.stderr, end='')\nreturn 1"
    outcome = await desk.run(source, limits=Limits(output=20))
    assert outcome.stdout.data == b"a" * 10 + b"\n[... 41 bytes cut ...]\n" + b"b" * 9 + b"\n"
    assert (outcome.stdout.truncated, outcome.stdout.total) == (True, 61)
    assert (outcome.stderr.data, outcome.stderr.truncated) == (b"c" * 5, False)


async def test_endless_output_ends_with_the_time(desk: Any) -> None:
    outcome = await desk.run("while True: print('x' * 1000)", limits=attrs.evolve(SHORT, output=1000))
    assert outcome.failure.limit == "wall"
    assert outcome.stdout.total > 100000
    assert len(outcome.stdout.data) < 1100


async def test_a_sink_gets_what_fits_as_it_comes(desk: Any) -> None:
    came: list[tuple[str, bytes]] = []
    source = "import sys\nprint('a' * 10)\nprint('e', file=sys.stderr)\nprint('b' * 100)\nreturn 1"
    outcome = await desk.run(source, limits=Limits(output=50), sink=lambda stream, data: came.append((stream, data)))
    assert b"".join(data for stream, data in came if stream == "stdout") == b"a" * 10 + b"\n" + b"b" * 39
    assert b"".join(data for stream, data in came if stream == "stderr") == b"e\n"
    assert outcome.stdout.total == 112


async def test_a_sink_that_fails_harms_nobody(desk: Any) -> None:
    def broken(stream: str, data: bytes) -> None:
        raise RuntimeError("the sink is broken")

    outcome = await desk.run("print('x')\nreturn 1", sink=broken)
    assert (outcome.result, outcome.stdout.data) == (b"1", b"x\n")


async def test_a_huge_message_neither_stops_nor_fills_the_server(desk: Any) -> None:
    """The interpreter hands over what it raises in one piece; the server has only its beginning."""
    before, busy = peak(), time.process_time()
    outcome = await desk.run("raise ValueError('x' * 10 ** 8)", limits=Limits(wall=30.0))
    busy = time.process_time() - busy
    assert (outcome.ending, outcome.failure.type) == (Ending.EXCEPTION, "ValueError")
    assert outcome.failure.message == "x" * 2000
    assert peak() - before < 20 * MEGABYTE
    assert busy < 0.05


def peak() -> int:
    """The most memory that this process has had."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


async def test_an_argument_as_large_as_the_memory_is_a_limit(desk: Any) -> None:
    large = json.dumps("x" * 20 * MEGABYTE).encode()
    program = Program("def main(x): return len(x)", "main")
    small = Limits(memory=8 * MEGABYTE)
    outcome = await desk.sandbox.run(Run("tenant", program, (Argument(large),), small))
    assert (outcome.ending, outcome.failure.limit, outcome.failure.allowed) == (Ending.LIMIT, "memory", small.memory)
    fits = await desk.sandbox.run(Run("tenant", program, (Argument(large),)))
    assert fits.result == str(20 * MEGABYTE).encode()


@pytest.mark.parametrize(
    "limits",
    [
        Limits(wall=0), Limits(wall=4000), Limits(cpu=0), Limits(cpu=4000), Limits(memory=0),
        Limits(memory=5 * 1024 * MEGABYTE), Limits(result=0), Limits(result=65 * MEGABYTE), Limits(output=0),
        Limits(output=65 * MEGABYTE), Limits(recursion=0), Limits(recursion=1001), Limits(nesting=0),
        Limits(nesting=101),
    ],
)  # fmt: skip
async def test_a_limit_that_cannot_be_held_is_refused(limits: Limits, desk: Any) -> None:
    for call in (desk.run("return 1", limits=limits), desk.sandbox.check("tenant", Program("return 1"), limits)):
        with pytest.raises(Problem) as caught:
            await call
        assert (caught.value.status, caught.value.code) == (422, "limit-not-held")


async def test_the_deepest_that_is_allowed_is_held(desk: Any) -> None:
    deep = Limits(recursion=1000, memory=1024 * MEGABYTE)
    outcome = await desk.run("def f(n): return sorted([n], key=lambda x: f(x + 1))\nreturn f(0)", limits=deep)
    assert outcome.failure.limit == "recursion"
    nested = await desk.run("x = []\nfor i in range(990): x = [x]\nreturn x", limits=deep)
    assert nested.ending is Ending.RESULT


@pytest.mark.parametrize("given", [{"stdin": b"x"}, {"files": {"a.txt": b"x"}}], ids=["stdin", "files"])
async def test_what_it_lacks_is_refused(given: Any, desk: Any) -> None:
    with pytest.raises(Problem) as caught:
        await desk.run("return 1", **given)
    assert (caught.value.status, caught.value.code) == (422, "capability-missing")
