"""Every example of document 000, as it is written there, over HTTP."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

from pegboard.testing import answer

pytestmark = pytest.mark.anyio

COPY = Path(__file__).with_name("document_000.txt")
DOCUMENT = Path(__file__).parents[4] / "shared/seeds/000-custom-endpoints.md"

FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = re.compile(r"^(?=# [✅❌])", re.MULTILINE)


def examples(document: Path) -> list[str]:
    """The sources that define ``process_data``: whole blocks, their good and bad halves, or the strings in them."""
    parts = (part for block in FENCE.findall(document.read_text()) for part in MARK.split(block))
    return [source for part in parts if "def process_data" in part for source in _logic(part)]


def _logic(part: str) -> Iterator[str]:
    try:
        tree = compile(part, "example", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except SyntaxError:
        yield part
        return
    strings = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    starts = ("def process_data", "import os")
    yield from [text for text in strings if text.lstrip().startswith(starts)] or [part]


SOURCES = examples(COPY)


@attrs.frozen
class Case:
    """What an example makes of upstream data and a query: a status, and a result or members of an error body."""

    data: Any
    result: Any
    query: str = ""
    status: int = 200


def ago(**parts: float) -> str:
    """As the example compares it: UTC without saying so."""
    return (datetime.now(UTC) - timedelta(**parts)).replace(tzinfo=None).isoformat()


def undefined(name: str) -> dict[str, Any]:
    detail = f"Code execution error: name '{name}' is not defined"
    return {"error_code": "EXECUTION_ERROR", "error_type": "NameError", "detail": detail}


MISSING = {
    "detail": "Code execution error: 'missing_key'",
    "error_code": "EXECUTION_ERROR",
    "error_type": "KeyError",
    "line": 3,
}
FORBIDDEN = {
    "detail": "Code validation failed: Forbidden module 'os' detected",
    "error_code": "FORBIDDEN_MODULE",
    "forbidden_modules": ["os"],
}
TIMEOUT = {"detail": "Code execution exceeded time limit (5 seconds)", "error_code": "TIMEOUT_ERROR"}
SALES = [
    {"date": "2024-01-05", "amount": 100},
    {"date": "2024-01-09", "amount": 50.5},
    {"date": "2024-02-01", "amount": 1},
]
ITEMS = [{"name": n, "priority": n % 5, "status": ("open", "closed")[n % 2]} for n in range(14)]
OPEN = sorted((item for item in ITEMS if item["status"] == "open"), key=lambda item: item["priority"], reverse=True)
MINE = [{"id": n, "value": n, "assigned_users": ["u1", "u2"]} for n in range(7)]

CASES: tuple[tuple[Case, ...], ...] = (
    (Case({"revenue": 1234567.891}, {"revenue_formatted": "$1,234,567.89"}), Case({}, {"revenue_formatted": "$0.00"})),
    (Case({}, undefined("processed_data"), status=422),),
    (Case({"sales": SALES}, {"total_sales": 151.5}), Case({}, {"total_sales": 0})),
    (Case({"a": 1}, {"filtered": True}, "?filter=a"), Case({"a": 1}, {"filtered": False}, "?filter=b")),
    (Case({"a": 1}, {"data": {"a": 1}, "personalized_message": "Hello, ada!"}),),
    (Case([1, {"a": None}], [1, {"a": None}]),),
    (
        Case({"sales": SALES}, {"labels": ["2024-01", "2024-02"], "data": [150.5, 1.0], "total": 151.5}),
        Case({}, {"labels": [], "data": [], "total": 0}),
    ),
    (
        Case({"items": OPEN}, {"items": OPEN, "total": 7, "sorted_by": "priority"}, "?status=open"),
        Case({"items": ITEMS}, {"items": OPEN, "total": 7, "sorted_by": "priority"}, "?status=open&sort=priority"),
        Case({"items": ITEMS}, {"items": ITEMS[:3:-1], "total": 14, "sorted_by": "name"}, "?sort=name"),
    ),
    (
        Case(
            {"data": [{"value": v} for v in (2, 4, 9)]},
            {"mean": 5, "median": 4, "stdev": 3.605551275463989, "min": 2, "max": 9, "count": 3},
        ),
        Case({"data": [{"value": 2}]}, {"mean": 2, "median": 2, "stdev": 0, "min": 2, "max": 2, "count": 1}),
        Case({"data": []}, {"error": "No data available"}),
    ),
    (
        Case(
            {"events": [{"timestamp": ago(hours=1)}, {"timestamp": ago(hours=23)}, {"timestamp": ago(days=2)}] * 2},
            {"total_events": 6, "recent_events": 4, "recent_percentage": pytest.approx(66.6667, abs=0.001)},
        ),
        Case({"events": []}, {"total_events": 0, "recent_events": 0, "recent_percentage": 0}),
    ),
    (
        Case(
            {"items": [*MINE, {"assigned_users": ["u3"]}, {}]},
            {"user_id": "u1", "username": "ada", "assigned_items": 7, "total_value": 21, "items": MINE[:5]},
        ),
    ),
    (Case({}, FORBIDDEN, status=422),),
    (Case({}, MISSING, status=422), Case({"missing_key": "there"}, "there")),
    (Case({}, TIMEOUT, status=504),),
    (Case({"values": [1, 2, 3.5]}, {"total": 6.5}), Case({}, {"total": 0})),
    (Case({}, {"error_code": "INVALID_CODE"}, status=422),),
    (Case({"items": [1, 2]}, {"count": 2}), Case({}, {"error": "No data available"})),
    (
        Case({"items": [1, 2]}, {"count": 2}),
        Case({}, {"detail": "Code execution error: 'items'", "error_type": "KeyError", "line": 3}, status=422),
    ),
    (
        Case({"sales": SALES}, {"total": 151.5}),
        Case([1], {"error": "Invalid data format"}),
        Case({}, {"error": "Missing sales data"}),
    ),
    (Case({}, undefined("error_condition"), status=422),),
    (Case({}, undefined("error_condition"), status=422),),
    (Case({"sales": [{"amount": 100}, {"amount": 200}]}, {"total": 300}),),
)


def test_each_example_has_its_cases() -> None:
    assert len(SOURCES) == len(CASES) == 22


def test_the_copy_is_what_the_document_says() -> None:
    if not DOCUMENT.exists():
        pytest.skip("the document itself is not here; its examples are tested from the copy")
    assert examples(DOCUMENT) == SOURCES


@pytest.mark.parametrize("number", range(len(CASES)))
async def test_an_example_runs_as_it_is_written(desk: Any, number: int) -> None:
    for case in CASES[number]:
        draft = desk.draft() | {
            "endpoint": desk.url(answer(json=case.data)),
            "endpoint_data": {"logic": SOURCES[number]},
        }
        got = await desk.call("POST", json=draft)
        if got.status_code == 201:
            got = await desk.call("GET", got.json()["execute_url"] + case.query)
        assert got.status_code == case.status, got.text
        if case.status == 200:
            assert got.json() == case.result
        else:
            assert got.json() | case.result == got.json()


@pytest.mark.parametrize("number", [0, 6, 8, 21])
async def test_an_example_runs_the_same_in_all_of_python(desk: Any, number: int) -> None:
    case = CASES[number][0]
    logic = {"logic": SOURCES[number], "sandbox": "process"}
    draft = desk.draft() | {"endpoint": desk.url(answer(json=case.data)), "endpoint_data": logic}
    widget = (await desk.call("POST", json=draft)).json()
    assert (await desk.execute(widget)).json() == case.result


async def test_the_widget_of_the_overview_is_saved_as_it_is_written(desk: Any) -> None:
    """The body that `post` and `save` of the document's client send."""
    data = {
        "params": {"period": "weekly"},
        "headers": {"Authorization": "Bearer token"},
        "refresh_interval": 300,
        "logic": SOURCES[0],
    }
    url = desk.url(answer(json={"revenue": 5}))
    draft = {"name": "Sales Dashboard", "project_id": "proj_123", "endpoint": url, "endpoint_data": data}
    widget = (await desk.call("POST", json=draft)).json()
    assert (await desk.execute(widget)).json() == {"revenue_formatted": "$5.00"}
    (asked,) = desk.asked(widget)
    assert (asked.query, asked.headers["authorization"]) == ({"period": "weekly"}, "Bearer token")
