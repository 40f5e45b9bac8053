"""Why a walk ends: the stop rules, the bounds, and the guards against APIs that never end."""

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pegboard import PageRequest, PageResponse, Paginator, Stop
from pegboard.json import converter
from pegboard_paginators import CURSOR, LINK, OFFSET, PAGE

Body = Mapping[str, Any]
LIMIT = 3


def walk(
    paginator: Paginator, config: Body, respond: Callable[[PageRequest, int], Body], most: int = 2000
) -> tuple[Stop, int]:
    """Walk an API that answers with these bodies, whose records are `items`: the stop, and how many pages it took."""
    walking = paginator.pages(converter.structure(dict(config), paginator.config), None)
    request = next(walking)
    for number in range(1, most):
        body = respond(request, number)
        records = body.get("items", [])
        try:
            request = walking.send(PageResponse("https://api.test/items", 200, {}, body, records))
        except StopIteration as end:
            return end.value, number
    raise AssertionError(f"the walk does not end; its last request is {request}")


def items(*sizes: int, **more: Any) -> Callable[[PageRequest, int], Body]:
    """An API with pages of these sizes, empty ones after them, and fields beside the records."""
    numbers = count()

    def respond(_: PageRequest, number: int) -> Body:
        size = sizes[number - 1] if number <= len(sizes) else 0
        beside = {name: value(number) if callable(value) else value for name, value in more.items()}
        return {"items": [{"id": next(numbers)} for _ in range(size)], **beside}

    return respond


def ending(*conditions: Body, **more: Any) -> dict[str, Any]:
    return {"maxLimit": LIMIT, "endConditions": list(conditions), **more}


MORE = {"type": "has_more_field", "field": "$.more"}
TOTAL = {"type": "total", "field": "$.total"}
NULL = {"type": "cursor_null", "field": "$.next"}
EMPTY = {"type": "empty_array"}
SHORT = {"type": "count_less_than_limit"}
GONE = "$.next is null in page 2"
ALL = "6 records came, and $.total is 6"
ROW = "101 empty pages in a row came, and the walk ends at 101"
OVER = "6 records came, and the walk ends at 5"


@pytest.mark.parametrize("paginator", [OFFSET, PAGE])
@pytest.mark.parametrize(
    ("config", "respond", "stop", "pages"),
    [
        ({}, items(3, 2), Stop("empty_array", "page 3 has no records"), 3),
        (ending(EMPTY), items(3, 2), Stop("empty_array", "page 3 has no records"), 3),
        (ending(SHORT), items(3, 2), Stop("count_less_than_limit", "page 2 has 2 records, fewer than 3"), 2),
        (ending(SHORT), items(3), Stop("count_less_than_limit", "page 2 has 0 records, fewer than 3"), 2),
        (ending(MORE), items(3, 0, 1, more=lambda n: n < 3), Stop("has_more_field", "$.more is false in page 3"), 3),
        (ending(MORE), items(3, more="False"), Stop("has_more_field", "$.more is false in page 1"), 1),
        (ending(MORE), items(3, more=0), Stop("has_more_field", "$.more is false in page 1"), 1),
        (ending(MORE), items(3, more=None), Stop("has_more_field", "$.more is null in page 1"), 1),
        (ending({**MORE, "missing": "stop"}), items(3), Stop("has_more_field", "$.more is not in page 1"), 1),
        (
            ending(NULL),
            items(3, 3, next=lambda n: [7, None][n - 1]),
            Stop("cursor_null", GONE),
            2,
        ),
        (ending(NULL), items(3, next=""), Stop("cursor_null", "$.next is empty in page 1"), 1),
        (ending(NULL), items(3), Stop("cursor_null", "$.next is not in page 1"), 1),
        (ending(TOTAL), items(3, 3, 1, total=7), Stop("total", "7 records came, and $.total is 7"), 3),
        (ending(TOTAL), items(3, total="3"), Stop("total", "3 records came, and $.total is 3"), 1),
        (
            ending(TOTAL),
            items(3, 3, total=None),
            Stop("total", "page 3 has no records; 6 came, and $.total is unknown"),
            3,
        ),
        (ending(TOTAL), items(3, total=9), Stop("total", "page 2 has no records; 3 came, and $.total is 9"), 2),
        (ending(EMPTY, emptyPages=2), items(3, 0, 0, 2), Stop("empty_array", "page 7 has no records"), 7),
        (
            ending(MORE, TOTAL, SHORT),
            items(3, 3, more=True, total=6),
            Stop("total", ALL),
            2,
        ),
        (ending(EMPTY, maxPages=2), items(*[3] * 9), Stop("max_pages", "2 pages came, and the walk ends at 2"), 2),
        (
            ending(EMPTY, maxRecords=5),
            items(*[3] * 9),
            Stop("max_records", OVER),
            2,
        ),
        (
            ending(MORE),
            items(3, more=True),
            Stop("empty_pages", ROW),
            102,
        ),
        (
            ending(MORE, emptyPages=1),
            items(3, more=True),
            Stop("empty_pages", "2 empty pages in a row came, and the walk ends at 2"),
            3,
        ),
    ],
)
def test_the_first_rule_that_holds_ends_it(
    paginator: Paginator, config: Body, respond: Any, stop: Stop, pages: int
) -> None:
    """`respond` counts its records on: each paginator gets an API of its own size of ids."""
    assert walk(paginator, config, respond) == (stop, pages)


@pytest.mark.parametrize(
    ("condition", "more", "told"),
    [
        (MORE, {}, r'\$.more is not in page 1: correct the path, or set "missing": "stop"'),
        (MORE, {"more": "maybe"}, "of type str in page 1: has_more_field needs true or false"),
        (MORE, {"more": {}}, "of type dict"),
        (TOTAL, {"total": "many"}, "'many' in page 1: total needs a number"),
        (TOTAL, {"total": True}, "total needs a number"),
    ],
)
def test_a_field_that_makes_no_sense_fails_the_walk(condition: Body, more: Body, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        walk(OFFSET, ending(condition), items(3, **more))


@pytest.mark.parametrize("value", [None, "", False])
def test_a_cursor_that_is_none_ends_the_walk(value: Any) -> None:
    stop, pages = walk(CURSOR, {"cursorPath": "$.next"}, items(3, 3, next=lambda n: "b" if n == 1 else value))
    assert (stop, pages) == (Stop("cursor_null", "page 2 has no cursor at $.next"), 2)


def test_a_cursor_walk_goes_on_past_empty_pages() -> None:
    stop, pages = walk(CURSOR, {"cursorPath": "$.next"}, items(3, 0, 0, 3, next=lambda n: n if n < 4 else None))
    assert (stop.rule, pages) == ("cursor_null", 4)


@pytest.mark.parametrize(
    ("cursor", "told"),
    [(True, "gives a boolean"), ({"a": 1}, "gives an object"), ([1], "gives a list")],
)
def test_a_cursor_that_cannot_be_sent_fails_the_walk(cursor: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        walk(CURSOR, {"cursorPath": "$.next"}, items(3, next=cursor))


def test_a_body_takes_a_cursor_of_several_values() -> None:
    seen: list[Any] = []

    def respond(request: PageRequest, number: int) -> Body:
        seen.append(request.body)
        return {"items": [{"sort": [number, "x"]}] if number < 3 else []}

    config = {"cursorPath": "record:$.sort", "cursorParam": "search_after", "paramLocation": "body"}
    stop, _ = walk(CURSOR, config, respond)
    assert seen == [{}, {"search_after": [1, "x"]}, {"search_after": [2, "x"]}]
    assert stop.rule == "cursor_null"


def test_a_last_record_without_the_cursor_fails_the_walk() -> None:
    with pytest.raises(ValueError, match="is not in the last record"):
        walk(CURSOR, {"cursorPath": "record:$.uuid"}, items(3))


@pytest.mark.parametrize("paginator", [OFFSET, PAGE])
def test_an_api_that_ignores_the_parameter_is_found_out_at_its_second_page(paginator: Paginator) -> None:
    stop, pages = walk(paginator, {}, lambda request, number: {"items": [{"id": 1}, {"id": 2}]})
    assert (stop.rule, pages) == ("repeated_page", 2)
    assert "allowRepeats" in stop.detail


def test_records_may_be_alike_where_that_is_allowed() -> None:
    respond = lambda request, number: {"items": [{"v": 0}] * (3 if number < 5 else 0)}  # noqa: E731
    assert walk(PAGE, {"allowRepeats": True}, respond) == (Stop("empty_array", "page 5 has no records"), 5)


@given(st.integers(1, 40), st.integers(0, 40))
def test_cursors_that_go_in_a_circle_end_the_walk(length: int, before: int) -> None:
    def respond(request: PageRequest, number: int) -> Body:
        place = number if number < before else before + (number - before) % length
        return {"items": [{"id": number}], "next": f"c{place}"}

    stop, pages = walk(CURSOR, {"cursorPath": "$.next"}, respond)
    assert stop.rule == "repeated_cursor"
    assert pages <= 3 * (before + length) + 4
    assert length > 8 or pages <= before + length + 2, "a short circle is seen at once"


@given(st.integers(1, 40))
def test_pages_that_go_in_a_circle_end_the_walk(length: int) -> None:
    stop, pages = walk(PAGE, {}, lambda request, number: {"items": [{"id": number % length}]})
    assert stop.rule == "repeated_page"
    assert pages <= 3 * length + 4


def test_the_state_of_a_long_walk_stays_small() -> None:
    sizes: list[int] = []

    def respond(request: PageRequest, number: int) -> Body:
        sizes.append(len(json.dumps(request.state)))
        return {"items": [{"id": number}], "next": f"c{number}" if number < 1500 else None}

    walk(CURSOR, {"cursorPath": "$.next"}, respond)
    assert max(sizes) < 600


def test_links_that_go_in_a_circle_are_told_without_their_query() -> None:
    respond = lambda request, number: {"items": [{"id": number}], "next": "/items?token=secret"}  # noqa: E731
    stop, pages = walk(LINK, {"nextLinkPath": "$.next"}, respond)
    assert (stop.rule, pages) == ("repeated_cursor", 2)
    assert "https://api.test/items" in stop.detail
    assert "secret" not in stop.detail


@pytest.mark.parametrize("state", [{}, {"page": 1}, {"offset": 3, "pages": "1"}, {"offset": 3, "seen": []}])
def test_the_state_of_another_walk_is_refused(state: Body) -> None:
    walking = OFFSET.pages(converter.structure({}, OFFSET.config), state)
    with pytest.raises(ValueError, match='not the state of a walk by "offset"'):
        next(walking)


def test_records_of_types_beyond_json_are_told_apart() -> None:
    def respond(request: PageRequest, number: int) -> Body:
        records: Sequence[Any] = [{"n": 2**70 + number}] if number < 4 else []
        return {"items": records}

    assert walk(PAGE, {}, respond)[1] == 4
