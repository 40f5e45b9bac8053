"""Programs that nobody wrote: the same value as in Python, or the same exception, or a word at save time."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pegboard import Ending, Limits, Program

pytestmark = pytest.mark.anyio

RUNS = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

integers = st.integers(-50, 50).map(repr) | st.just("n")
words = st.sampled_from(["'a'", "'b c'", "''", "'Ü'", "s"])


def numeric(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = st.sampled_from(["+", "-", "*", "//", "%", "/", "&", "|", "^", "<", "==", ">="])
    return (
        st.tuples(inner, operators, inner).map("({0[0]} {0[1]} {0[2]})".format)
        | st.tuples(inner, inner, inner).map("({0[0]} if {0[1]} else {0[2]})".format)
        | st.tuples(st.sampled_from(["abs", "-", "not ", "int", "bool"]), inner).map("({0[0]}({0[1]}))".format)
        | st.tuples(st.sampled_from(["min", "max"]), inner, inner).map("{0[0]}({0[1]}, {0[2]})".format)
    )


def textual(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    methods = st.sampled_from(["upper", "lower", "strip", "title", "split"])
    return (
        st.tuples(inner, inner).map("({0[0]} + {0[1]})".format)
        | st.tuples(inner, st.integers(-3, 3)).map("({0[0]} * {0[1]})".format)
        | st.tuples(inner, st.integers(-3, 3), st.integers(-3, 3)).map("{0[0]}[{0[1]}:{0[2]}]".format)
        | inner.map("str(len({}))".format)
        | st.tuples(inner, methods).map("str({0[0]}.{0[1]}())".format)
        | st.tuples(inner, inner).map("str({0[0]} in {0[1]})".format)
    )


numbers = st.recursive(integers, numeric, max_leaves=6)
texts = st.recursive(words, textual, max_leaves=5)
expressions = (
    numbers
    | texts
    | st.lists(numbers, max_size=3).map(lambda parts: f"sorted([{', '.join(parts)}])")
    | st.lists(numbers, max_size=3).map(lambda parts: f"[x * 2 for x in [{', '.join(parts)}] if x > n]")
    | st.lists(st.tuples(texts, numbers), max_size=3).map(
        lambda pairs: "{" + ", ".join(f"{name}: {value}" for name, value in pairs) + "}"
    )
)


def python(expression: str, n: int, s: str) -> tuple[str, Any]:
    try:
        return "value", json.loads(json.dumps(eval(expression, {"n": n, "s": s})))
    except Exception as error:
        return "exception", type(error).__name__


@RUNS
@given(expression=expressions, n=st.integers(-9, 9), s=st.text("abc Ü", max_size=4))
async def test_an_expression_is_worth_what_it_is_worth_in_python(expression: str, n: int, s: str, desk: Any) -> None:
    kind, expected = python(expression, n, s)
    outcome = await desk.run(f"n, s = data\nreturn {expression}", [n, s])
    if kind == "exception":
        assert (outcome.ending, outcome.failure.type) == (Ending.EXCEPTION, expected), expression
    else:
        assert outcome.ending is Ending.RESULT, (expression, outcome.failure, outcome.violations)
        assert json.loads(outcome.result) == expected, expression


@RUNS
@given(source=st.text(max_size=200) | st.text("()[]{}:=+-\n\t '\"#\\abdefilnrtwy_.,0", max_size=80))
async def test_any_text_is_checked_or_refused_and_never_disturbs_the_next(source: str, desk: Any) -> None:
    for entry in ("main", None):
        found = await desk.sandbox.check("tenant", Program(source, entry), Limits())
        lines = source.count("\n") + source.count("\r") + source.count("\f") + 2
        assert all(1 <= one.line <= lines and one.column >= 1 for one in found), found
    assert await desk.value("return 1") == 1


@RUNS
@given(source=st.text("()[]{}:=+-\n\t '\"#\\abdefilnrtwy_.,0", max_size=60))
async def test_what_a_check_lets_pass_the_interpreter_takes(source: str, desk: Any) -> None:
    if await desk.sandbox.check("tenant", Program(source), Limits()):
        return
    outcome = await desk.body(source)
    assert outcome.ending in (Ending.RESULT, Ending.EXCEPTION, Ending.LIMIT), outcome
