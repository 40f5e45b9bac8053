"""What is no expression is found when it is saved, at its place in the user's own text, and none of it runs."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pegboard_transform_expression import ExpressionRefused
from pegboard_transform_expression.javascript import NotAnExpression
from pegboard_transform_expression.javascript import check as check_javascript

pytestmark = pytest.mark.anyio

CLOSING = (
    "1);globalThis.x=1;(2",
    "1],[2",
    "1]}),globalThis.x=1,(function(){return [1",
    "1)}),globalThis.x=1,(function(){return (1",
    "});(()=>{",
    "*/1/*",
    "1\n)//",
    "`)//",
)
NONE = (
    "// value",
    "value;",
    "return value",
    "const a = 1",
    "a b",
    "a,",
    "...value",
    "{",
    "if (value) 1",
    "yield 1",
)


@pytest.mark.parametrize("expression", CLOSING + NONE)
async def test_javascript_that_is_no_expression_is_refused(expressed: Any, expression: str) -> None:
    [violation] = await expressed.wrong(expression)
    assert violation.code == "SYNTAX"
    assert 1 <= violation.line <= expression.count("\n") + 1
    with pytest.raises(ExpressionRefused, match=r"/fieldMappings/0/transform/config/expression: line [12], column"):
        await expressed.one(expression)


@pytest.mark.parametrize(
    "expression",
    ["1) or (2", "1\n) #", "x for x in value", "yield", "(yield)", "await x", "a = 1", "a; b", "return 1", "*value",
     "#", "1 \\", "lambda: (yield)\n1", '"""', "value\n\n    )\n\ndef expression(*_):\n    return (1"],
)  # fmt: skip
async def test_python_that_is_no_expression_is_refused(expressed: Any, expression: str) -> None:
    violations = await expressed.wrong(expression, "python")
    assert [violation.code for violation in violations] == ["SYNTAX"]
    with pytest.raises(ExpressionRefused):
        await expressed.one(expression, language="python")


async def test_the_place_is_that_in_the_users_text(expressed: Any) -> None:
    [found] = await expressed.wrong("value.trim()\n  .slice(1 2)")
    assert (found.line, found.column) == (2, 12)
    [found] = await expressed.wrong("(value +\n  * 2)", "python")
    assert (found.line, found.column) == (2, 3)
    [found] = await expressed.wrong("[value,\n value.__class__]", "python")
    assert (found.code, found.line, found.column) == ("FORBIDDEN_NAME", 2, 2)


@pytest.mark.parametrize(
    ("expression", "hint"),
    [
        ("value;", "leave out the semicolon"),
        ("return value", "leave out return"),
        ("let a = 1", "write one expression"),
    ],
)
async def test_the_way_out_is_told(expressed: Any, expression: str, hint: str) -> None:
    [found] = await expressed.wrong(expression)
    assert hint in found.hint


async def test_what_is_one_expression_is_taken(expressed: Any) -> None:
    for expression in ("{a: 1}", "value, record", "1 // one", "value\n\n", "a => a", "`${value}`", "/[)]/.test(')')"):
        assert await expressed.wrong(expression) == []
    for expression in ("value", "value if value else None", "lambda a: a", "[x for x in value]", "1 # one", "')'"):
        assert await expressed.wrong(expression, "python") == []


PIECES = st.sampled_from(
    ["(", ")", "[", "]", "{", "}", ";", ",", "`", "${", "'", '"', "/", "/*", "*/", "//", "\n", "=>", "1", "a", "hit()"]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, min_size=1, max_size=9).map("".join))
def test_no_text_that_is_taken_closes_a_bracket(text: str) -> None:
    """What is taken is one expression in brackets of a third kind, too: those that neither test used."""
    import _quickjs

    try:
        check_javascript(text)
    except NotAnExpression:
        return
    with pytest.raises(_quickjs.JSException) as thrown:
        _quickjs.Context().eval(f'"use strict";throw "parsed";`${{\n{text}\n}}`')
    assert str(thrown.value).startswith("parsed")


async def test_an_error_names_its_place(expressed: Any) -> None:
    failure = await expressed.one("[value,\n  nothing]")
    assert (failure.line, failure.column) == (2, 3)
    assert str(failure).startswith("expression: ReferenceError: nothing is not defined (line 2, column 3 of")


@pytest.mark.parametrize("language", ["javascript", "python"])
async def test_a_page_without_records_is_a_look_at_the_expression(expressed: Any, language: str) -> None:
    assert await expressed.page("value", [], language=language) == []
    with pytest.raises(ExpressionRefused, match=r"/transform/config/expression: line 1, column"):
        await expressed.page("value +", [], language=language)
