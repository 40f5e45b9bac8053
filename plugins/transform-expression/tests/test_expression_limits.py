"""Each attack hits a limit that is named, and takes no other record along."""

from typing import Any

import pytest

from pegboard import Ending, Failure, Isolation, Outcome, Problem
from pegboard_transform_expression import ExpressionFailed
from pegboard_transform_expression.failures import failed

pytestmark = pytest.mark.anyio

ATTACKS = {
    "an endless loop": ("for (;;);", "cpu"),
    "one that catches": ("for (;;) { try { for (;;); } catch {} finally { continue } }", "cpu"),
    "a regular expression": ("return /(a+)+$/.test('a'.repeat(40) + 'b')", "cpu"),
    "a sort": ("[1, 2].sort(() => { for (;;); })", "cpu"),
    "a getter in the result": ("return { get a() { for (;;); } }", "cpu"),
    "a proxy as the result": ("return new Proxy([], { get() { for (;;); } })", "cpu"),
    "thrown, and endless to describe": ("throw { toString() { for (;;); } }", "cpu"),
    "a long text": ("return 'x'.repeat(2 ** 29).length", "memory"),
    "many objects": ("const a = []; for (;;) a.push(Array(1e5).fill(0))", "memory"),
    "memory, caught": ("const a = []; for (;;) try { a.push('x'.repeat(1e7) + a.length) } catch { return a.b.c }", ""),
    "recursion": ("const f = () => f() + 1; return f()", "recursion"),
    "a deep list": ("let a = []; for (let i = 0; i < 1e4; i++) a = [a]; return a", ""),
    "a list in itself": ("const a = []; a.push(a); return a", ""),
    "a large text": ("return 'x'.repeat(2e6)", "result"),
    "a bomb of references": ("let a = 'x'.repeat(1000); for (let i = 0; i < 60; i++) a = [a, a]; return a", "result"),
    "a wide list": ("return Array(1e7)", ""),
    "a large number": ("return 2n ** (2n ** 40n)", ""),
}


def called(body: str) -> str:
    return f"index === 1 ? (() => {{ {body} }})() : value"


@pytest.mark.parametrize(("body", "limit"), ATTACKS.values(), ids=ATTACKS.keys())
async def test_an_attack_fails_alone(expressed: Any, body: str, limit: str) -> None:
    results = await expressed.page(called(body), ["a", "b", "c"], timeoutMs=50)
    assert (results[0], results[2]) == ("a", "c")
    assert isinstance(results[1], ExpressionFailed), results[1]
    assert results[1].limit == limit, results[1]


async def test_a_slow_page_is_not_taken_for_a_slow_record(expressed: Any) -> None:
    slow = "(() => { let n = 0; for (let i = 0; i < 3e5; i++) n += i % 7; return n > 0 })()"
    assert await expressed.page(slow, [1] * 20, timeoutMs=60) == [True] * 20


async def test_an_interrupted_record_leaves_nothing_to_itself(expressed: Any) -> None:
    """The others' time was used up under it: it begins anew, with its record as it was."""
    counting = "(() => { record.n += 1; let n = 0; for (let i = 0; i < 3e5; i++) n += i % 7; return record.n })()"
    assert await expressed.page(counting, [1] * 12, [{"n": 0} for _ in range(12)], timeoutMs=60) == [1] * 12


async def test_a_page_has_its_time(open_expressed: Any) -> None:
    async with open_expressed(page=0.2) as expressed:
        results = await expressed.page("value < 1 ? value : (() => { for (;;); })()", [0, *[1] * 50], timeoutMs=100)
    assert results[0] == 0
    assert {result.limit for result in results[1:]} == {"cpu"}
    assert "the page took longer than 0.2 seconds" in str(results[-1])


async def test_what_the_engine_cannot_interrupt_the_jail_ends(open_expressed: Any) -> None:
    """A list of four milliards of holes is joined in C, without a look at the clock."""
    async with open_expressed(page=0.1) as expressed:
        results = await expressed.page("index ? value : Array(2 ** 32 - 1).join('').length", [1, 2])
        assert results[0].limit == "wall"
        assert results[1] == 2
        assert await expressed.one("value", 3) == 3


async def test_the_results_of_a_page_have_their_limit(expressed: Any) -> None:
    for language, expression in (("javascript", "'x'.repeat(9e5)"), ("python", "'x' * 900_000")):
        results = await expressed.page(expression, [1] * 12, language=language)
        assert len(results[0]) == 900_000
        assert results[-1].limit == "result"


@pytest.mark.parametrize(
    ("attack", "limit"),
    [
        ("[x for x in itertools.count()]", ("wall", "memory")),
        ("sum(1 for x in itertools.count())", ("wall",)),
        ("'x' * 10**10", ("memory",)),
        ("(lambda f: f(f))(lambda f: f(f))", ("recursion",)),
        ("'x' * 2_000_000", ("result",)),
    ],
)
async def test_an_attack_in_python_fails_alone(expressed: Any, attack: str, limit: tuple[str, ...]) -> None:
    expression = f"({attack}) if index == 1 else value"
    results = await expressed.page(expression, ["a", "b", "c"], language="python", timeoutMs=50)
    assert (results[0], results[2]) == ("a", "c")
    assert results[1].limit in limit, results[1]


@pytest.mark.parametrize("ending", [Ending.BUSY, Ending.LOST])
def test_no_free_process_is_not_the_records_fault(ending: Ending) -> None:
    with pytest.raises(Problem) as raised:
        failed(Outcome(ending, Isolation.L4, failure=Failure("no worker was free")), "/x")
    assert (raised.value.status, raised.value.code) == (503, f"sandbox-{ending}")
