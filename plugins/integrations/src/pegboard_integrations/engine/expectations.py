"""What whoever tests an endpoint expects of the answer (document 002, EndpointTestConfig)."""

from collections.abc import Iterator
from typing import Any

import attrs
import orjson

from pegboard import MISSING, setting
from pegboard.json import dumps
from pegboard_jsonpath import compile_path, is_path

from .pages import Page, WalkFailed
from .values import shown


@attrs.frozen
class PathExpectation:
    """A value at a JSONPath."""

    path: str = setting(help="JSONPath in the body", validator=is_path)
    value: Any = setting(None, help="what must be there")


@attrs.frozen
class Expectations:
    """All that is expected."""

    statusCode: int | None = setting(None, help="the status")
    bodyContains: tuple[str, ...] = setting((), help="texts in the body")
    jsonPath: tuple[PathExpectation, ...] = setting((), help="values in the body")


@attrs.frozen
class TestConfig:
    """The body of a test."""

    testParams: dict[str, Any] = setting({}, help="parameters")
    testBody: Any = setting(None, help="data for the body")
    expectations: Expectations | None = setting(None, help="what is expected of the answer")

    __test__ = False


@attrs.frozen
class Expectation:
    """One expectation and how it went. `actual` is what was there instead: a kind, never a long value."""

    name: str
    expected: Any
    actual: Any
    ok: bool


def expectations(config: Expectations | None, outcome: Page | WalkFailed) -> list[Expectation]:
    """Each expectation checked against a page, or against the answer that failed as far as it was kept."""
    return [] if config is None else list(_checked(config, outcome))


def _checked(config: Expectations, outcome: Page | WalkFailed) -> Iterator[Expectation]:
    response = outcome.response
    if config.statusCode is not None:
        status = None if response is None else response.status
        yield Expectation("statusCode", config.statusCode, status, status == config.statusCode)
    body = outcome.body if isinstance(outcome, Page) else MISSING
    excerpt = "" if response is None else response.excerpt
    text = "" if body is MISSING or body is None else dumps(body).decode()
    for wanted in config.bodyContains:
        found = wanted in text or wanted in excerpt
        yield Expectation("bodyContains", wanted, wanted if found else "not in the body", found)
    document = _read(excerpt) if body is MISSING or body is None else body
    for one in config.jsonPath:
        actual = compile_path(one.path).get(document)
        same = actual is not MISSING and _equal(actual, one.value)
        told = "missing" if actual is MISSING else actual if isinstance(actual, int | float | None) else shown(actual)
        yield Expectation(f"jsonPath {one.path}", one.value, one.value if same else told, same)


def _read(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return MISSING


def _equal(actual: Any, expected: Any) -> bool:
    """As JSON: true is not 1, and 1 is 1.0."""
    if isinstance(actual, bool) or isinstance(expected, bool):
        return actual is expected
    return bool(actual == expected)
