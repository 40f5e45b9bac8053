"""A program's process stays for its next call, and each call finds the world as the first did."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from pegboard import Ending, Limits

pytestmark = pytest.mark.anyio

Descendants = Callable[[], list[int]]

LEAVE = {
    # what each call returns, and goes on returning; the first line of each is the top level of its program
    "a global": ("count = 0\ndef process_data(d, r, u):\n    global count\n    count += 1\n    return count", 1),
    "a new global": (
        "def process_data(d, r, u):\n    global made\n    try:\n        return made\n"
        "    except NameError:\n        made = 1\n        return 'none'",
        "none",
    ),
    "a built-in replaced": (
        "def process_data(d, r, u):\n    global sorted\n    before = sorted([2, 1])\n"
        "    sorted = lambda x: 'mine'\n    return before",
        [1, 2],
    ),
    "a cache": ("known = {}\ndef process_data(d, r, u):\n    known[len(known)] = 1\n    return len(known)", 1),
    "a default argument": (
        "def f(seen=[]):\n    seen.append(1)\n    return len(seen)\ndef process_data(d, r, u): return f()",
        1,
    ),
    "a class attribute": (
        "class A:\n    count = 0\n    all = []\ndef process_data(d, r, u):\n    A.count += 1\n"
        "    A.all.append(A())\n    setattr(A, 'n' + str(A.count), 1)\n"
        "    return [A.count, len(A.all), hasattr(A, 'n2')]",
        [1, 1, False],
    ),
    "a subclass of the library's": (
        "from collections import Counter\nclass C(Counter):\n    total = 0\ndef process_data(d, r, u):\n"
        "    C.total += 1\n    C('a').n = 1\n    return [C.total, hasattr(Counter, 'n')]",
        [1, False],
    ),
    "an attribute of the library's": (
        "from collections import Counter, defaultdict\nimport json, statistics\ndef process_data(d, r, u):\n"
        "    left = []\n"
        "    for thing in (json, json.loads, Counter, defaultdict, statistics.mean, len, dict, ValueError, u):\n"
        "        left.append(hasattr(thing, 'mine'))\n        try:\n            setattr(thing, 'mine', 1)\n"
        "        except (TypeError, AttributeError):\n            continue\n    return left",
        [False] * 9,
    ),
    "a member of a façade": (
        "import json\ndef process_data(d, r, u):\n    try:\n        json.loads = lambda text: 'mine'\n"
        "    except (TypeError, AttributeError):\n        return json.loads('[1]')",
        [1],
    ),
    "a deleted member of a façade": (
        "import math\ndef process_data(d, r, u):\n    try:\n        del math.floor\n"
        "    except (TypeError, AttributeError):\n        return math.floor(2.5)",
        2,
    ),
    "an argument": ("def process_data(d, r, u):\n    d['seen'].append(1)\n    d[str(len(d))] = 1\n    return d", None),
    "a used-up iterator": ("numbers = iter([1, 2])\ndef process_data(d, r, u): return next(numbers)", 1),
    "a generator": (
        "def g():\n    while True:\n        yield len(seen)\nseen = []\nrunning = g()\n"
        "def process_data(d, r, u):\n    seen.append(running)\n    return next(running)",
        1,
    ),
    "an exception": (
        "class E(Exception):\n    count = 0\nshared = E(1)\ndef process_data(d, r, u):\n    try:\n"
        "        raise shared\n    except E as e:\n        E.count += 1\n        e.args += (2,)\n"
        "        return [E.count, len(e.args)]",
        None,
    ),
    "compiled patterns": (
        "import re\ndef process_data(d, r, u):\n    re.purge()\n"
        "    return [re.sub(str(n), 'x', '123') for n in (1, 2)]",
        ["x23", "1x3"],
    ),
    "a default factory": (
        "from collections import defaultdict\ntree = defaultdict(list)\ndef process_data(d, r, u):\n"
        "    tree['a'].append(1)\n    tree.default_factory = dict\n    return [tree['a'], tree['b']]",
        [[1], {}],
    ),
}


async def test_the_second_call_starts_sooner_and_in_no_new_process(open_jailed: Any, descendants: Descendants) -> None:
    async with open_jailed() as jailed:
        alone = descendants()
        first = await jailed.run("return 1")
        processes = descendants()
        later = [await jailed.run("return 1") for _ in range(20)]
        assert descendants() == processes
        assert len(processes) == len(alone) + 1
    assert min(each.start for each in later) < first.start / 2


async def test_kept_zero_means_a_fresh_process_for_each_call(open_jailed: Any, descendants: Descendants) -> None:
    async with open_jailed(kept=0) as jailed:
        alone = descendants()
        for _ in range(3):
            assert (await jailed.run("return 1")).result == b"1"
            assert descendants() == alone


async def test_settings_say_how_many_stay_and_for_how_many_calls(open_jailed: Any, descendants: Descendants) -> None:
    async with open_jailed(kept=2, calls=3) as jailed:
        alone = set(descendants())
        seen: set[int] = set()
        for _ in range(6):
            await jailed.run("return 1")
            seen |= set(descendants()) - alone
        assert len(seen) == 2
        for number in range(5):
            await jailed.run(f"return {number}")
        await gone(lambda: len(set(descendants()) - alone) <= 2)


async def gone(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110  processes of the kernel's have no event to wait for
            await asyncio.sleep(0.005)
    assert true()


@pytest.mark.parametrize("left", LEAVE)
async def test_nothing_is_left_for_the_next_call(jailed: Any, left: str) -> None:
    source, expected = LEAVE[left]
    outcomes = [await jailed.run(source, {"seen": []}) for _ in range(4)]
    assert {each.ending for each in outcomes} == {Ending.RESULT}, outcomes[0]
    results = [json.loads(each.result) for each in outcomes]
    assert results == [results[0] if expected is None else expected] * 4


@pytest.mark.parametrize("left", LEAVE)
async def test_nothing_is_left_for_the_next_tenant(jailed: Any, left: str) -> None:
    source, _ = LEAVE[left]
    results = {(await jailed.run(source, {"seen": []}, tenant=tenant)).result for tenant in ("one", "two", "one")}
    assert len(results) == 1


GENERATOR = "def g(text):\n    try:\n        yield 1\n    finally:\n        FINALLY\nkeep = []\n"
FINALLY = {
    "of a global": "keep.append(g('late'))\n        next(keep[0])",
    "of a local": "x = g('late')\n        next(x)",
    "in a circle": "x = [g('late')]\n        x.append(x)\n        next(x[0])",
    "in the argument": "data['left'] = g('late')\n        next(data['left'])",
    "in a class": "class A: pass\n        A.left = g('late')\n        next(A.left)",
    "in a generator": "x = (n for n in g('late'))\n        next(x)",
}


@pytest.mark.parametrize("place", FINALLY)
async def test_what_is_abandoned_speaks_in_its_own_call(jailed: Any, place: str) -> None:
    program = (
        GENERATOR.replace("FINALLY", "print(text)")
        + f"def process_data(data, r, u):\n    if data:\n        {FINALLY[place]}\n    print('call')\n    return 1"
    )
    for _ in range(2):
        left = await jailed.run(program, {"a": 1})
        assert sorted(left.stdout.data.split()) == [b"call", b"late"]
        assert (await jailed.run(program)).stdout.data == b"call\n"


async def test_what_the_abandoned_abandons_speaks_in_its_own_call_too(jailed: Any) -> None:
    again = (
        "print(text)\n        if text:\n            x = [g(text[1:])]\n            x.append(x)\n            next(x[0])"
    )
    program = GENERATOR.replace("FINALLY", again) + (
        "def process_data(data, r, u):\n    if data:\n        keep.append(g('abc'))\n"
        "        next(keep[0])\n    return 1"
    )
    for _ in range(2):
        assert (await jailed.run(program, 1)).stdout.data == b"abc\nbc\nc\n\n"
        assert (await jailed.run(program, 0)).stdout.data == b""


@pytest.mark.parametrize("end", ["while True: pass", "again = [g(text)]; again.append(again); next(again[0])"])
async def test_a_finally_without_end_is_ended_in_its_own_call(jailed: Any, end: str) -> None:
    program = GENERATOR.replace("FINALLY", end) + (
        "def process_data(data, r, u):\n    if data:\n        keep.append(g(1))\n        next(keep[0])\n    return 1"
    )
    assert (await jailed.run(program, 0)).result == b"1"
    outcome = await jailed.run(program, 1, limits=Limits(wall=0.2))
    assert (outcome.ending, outcome.failure.limit) == (Ending.LIMIT, "wall")
    assert (await jailed.run(program, 0)).result == b"1"


async def test_a_call_that_recursed_too_deep_leaves_the_whole_depth(jailed: Any) -> None:
    source = (
        "def f(n):\n    try:\n        return 0 if n == 0 else 1 + f(n - 1)\n"
        "    except RecursionError:\n        return f(n)\n"
        "def process_data(d, r, u): return f(d)"
    )
    for _ in range(3):
        outcome = await jailed.run(source, 1000)
        assert (outcome.ending, outcome.failure.limit) == (Ending.LIMIT, "recursion")
        assert (await jailed.run(source, 98)).result == b"98"
        assert (await jailed.run(source, 30, limits=Limits(recursion=20))).failure.limit == "recursion"
        assert (await jailed.run(source, 400, limits=Limits(recursion=500))).result == b"400"


async def test_a_call_that_filled_the_memory_leaves_all_of_it(jailed: Any) -> None:
    source = "def process_data(d, r, u):\n    x = []\n    while len(x) < d: x.append([len(x)] * 10)\n    return len(x)"
    limits = Limits(memory=64 << 20)
    for _ in range(4):
        assert (await jailed.run(source, 200_000, limits=limits)).result == b"200000"
        outcome = await jailed.run(source, 10**9, limits=limits)
        assert (outcome.ending, outcome.failure.limit) == (Ending.LIMIT, "memory")


async def test_unfinished_lines_belong_to_their_call(jailed: Any) -> None:
    source = "def process_data(data, r, u):\n    print(data, end='')\n    if data == 2: 1 / 0\n    return 1"
    outcomes = [await jailed.run(source, number) for number in range(4)]
    assert [each.stdout.data for each in outcomes] == [b"0", b"1", b"2", b"3"]
    assert [each.stderr.data for each in outcomes] == [b""] * 4


async def test_thousands_of_calls_are_as_small_as_hundreds(jailed: Any) -> None:
    source = (
        "from collections import namedtuple\nimport json, re\n"
        "def process_data(data, r, u):\n    class A: pass\n    P = namedtuple('P', 'x y')\n"
        "    a = A()\n    a.me = [a, P(1, 2)]\n    re.compile(str(data))\n"
        "    return json.loads(json.dumps({str(data): 1}))"
    )
    memory = [(await jailed.run(source, number)).memory for number in range(1500)]
    assert memory[-1] <= memory[700] + (1 << 20)
