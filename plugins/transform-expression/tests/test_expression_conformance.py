"""The plugin keeps what plugins keep, and the transform what transforms keep, in both languages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import pytest

import pegboard_sandbox_process
import pegboard_transform_expression
from pegboard import MISSING, Services
from pegboard.testing.suites import Example, Failing, PluginSuite, TransformSuite
from pegboard_transform_expression import EXPRESSION

ADA = {"first": "Ada", "last": "Lovelace", "none": None, "n": 7, "tags": ["a", "b"]}


def js(expression: str) -> dict[str, str]:
    return {"expression": expression}


def py(expression: str) -> dict[str, str]:
    return {"expression": expression, "language": "python"}


class InOneApp(TransformSuite):
    """Jails take a while to open: all examples meet in one app."""

    __test__ = False
    opened: ClassVar[Any]

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    async def _in_one_app(cls, anyio_backend: str, open_expressed: Any) -> AsyncIterator[None]:
        async with open_expressed() as expressed:
            cls.opened = expressed.services
            yield

    @asynccontextmanager
    async def services(self) -> AsyncIterator[Services]:
        yield self.opened


class TestPlugin(PluginSuite):
    plugin = pegboard_transform_expression
    name = "transform-expression"
    plugins: ClassVar = {"sandbox-process": pegboard_sandbox_process}


class TestJavaScript(InOneApp):
    __test__ = True
    record = EXPRESSION
    config: ClassVar = js("value")
    bad_configs = (
        {},
        js(""),
        js(" \n"),
        js("value\0"),
        js("'\ud800'"),
        js("1" * 20_000),
        {**js("value"), "language": "ruby"},
        {**js("value"), "timeoutMs": 0},
        {**js("value"), "timeoutMs": 60_000},
    )
    examples = (
        Example("a", "a"),
        Example(None, None),
        Example(MISSING, MISSING),
        Example(7, 7),
        Example(7.0, 7),
        Example(7.5, 7.5),
        Example({"a": [1, None, "ü"]}, {"a": [1, None, "ü"]}),
        Example(" Ada ", "ada", js("value.trim().toLowerCase()")),
        Example("", "Ada Lovelace (7)", js("`${record.first} ${record.last} (${record.n})`"), ADA),
        Example("", MISSING, js("record.no"), ADA),
        Example("", None, js("record.none"), ADA),
        Example(MISSING, "none", js("value ?? 'none'")),
        Example(MISSING, True, js("value === undefined")),
        Example(None, False, js("value === undefined")),
        Example(3, [3, 0], js("[value, 0]")),
        Example(3, {"a": 3, "b": {"c": []}}, js("({a: value, b: {c: []}, d: undefined})")),
        Example(3, 3, js("(() => { let a = 0; for (let i = 0; i < value; i++) a++; return a; })()")),
        Example(2**60 + 1, "1152921504606846977", js("String(value)")),
        Example("", str(2**70), js("String(record.id)"), {"id": 2**70}),
        Example("a\n", 'a\n"', js("value + '\"'  // a comment")),
        Example(-5, 0, js("value * 0")),
    )
    failures = (
        Failing(None, js("value.trim().toLowerCase()")),
        Failing(1, js("NaN")),
        Failing(1, js("[1 / 0]")),
        Failing(1, js("1n")),
        Failing(1, js("new Date(0)")),
        Failing(1, js("Symbol('a')")),
        Failing(1, js("value => value")),
        Failing(1, js("new Map()")),
        Failing(1, js("Promise.resolve(1)")),
        Failing(1, js("'\\ud800'")),
        Failing(1, js("[undefined]")),
        Failing(1, js("nothing")),
        Failing(float("nan")),
        Failing({1, 2}),
        Failing(b"bytes"),
        Failing("\ud800"),
    )


class TestPython(InOneApp):
    __test__ = True
    record = EXPRESSION
    config: ClassVar = py("value")
    examples = (
        Example("a", "a", py("value")),
        Example(None, None, py("value")),
        Example(MISSING, MISSING, py("value")),
        Example(7, 7, py("value")),
        Example(7.0, 7.0, py("value")),
        Example(2**70, 2**70, py("value")),
        Example({"a": [1, None, "ü"]}, {"a": [1, None, "ü"]}, py("value")),
        Example(" Ada ", "ada", py("value.strip().lower()")),
        Example("", "Ada Lovelace (7)", py("f\"{record['first']} {record['last']} ({record['n']})\""), ADA),
        Example("", MISSING, py("record.get('no', MISSING)"), ADA),
        Example(MISSING, "none", py("value or 'none'")),
        Example(MISSING, True, py("value is MISSING")),
        Example(None, False, py("value is MISSING")),
        Example((1, 2), [1, 2], py("tuple(value)")),
        Example("2024-01-31", "31.01.2024", py("datetime.date.fromisoformat(value).strftime('%d.%m.%Y')")),
        Example("b", ["a", "b"], py("sorted({*record['tags'], value})"), ADA),
        Example(3, 4, py("(a := value,\n a + 1)[1]  # a comment")),
        Example(" a", " a", py("  value")),
    )
    failures = (
        Failing(None, py("value.strip().lower()")),
        Failing(1, py("math.nan")),
        Failing(1, py("[math.inf]")),
        Failing(1, py("{1}")),
        Failing(1, py("datetime.date.today()")),
        Failing(1, py("value / 0")),
        Failing(1, py("nothing")),
        Failing(1, py("(x for x in [1])")),
        Failing(1, py("'\\ud800'")),
        Failing(1, py("['\\ud800']")),
        Failing(1, py("10 ** 5000")),
        Failing("\ud800", py("value")),
    )
