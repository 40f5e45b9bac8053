"""Whatever is asked, both databases answer as Python does: filters, orders, and walks along a cursor."""

import re
import secrets
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pegboard_models import Query
from pegboard_models.patterns import portable_regex

shop = import_module("models_shop")

pytestmark = pytest.mark.anyio

LAW = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
TEXTS = st.text("aAbBzéÉ🍵%_\\'\"\n .0", max_size=5)
NOW = datetime(2026, 5, 1, tzinfo=UTC)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "name": st.text("aAbBé%_\\'\n.", min_size=1, max_size=4),
    "note": st.none() | TEXTS,
    "stock": st.integers(0, 5) | st.just(2**62),
    "weight": st.none() | st.sampled_from([-1.5, 0.0, 0.1, 2.5, 1e300]),
    "price": st.sampled_from([Decimal(text) for text in ("0", "0.10", "0.30", "9.99", "10", "1234567890.12")]),
    "state": st.sampled_from(list(shop.State)),
    "size": st.sampled_from([None, "s", "m", "l"]),
    "featured": st.booleans(),
    "released": st.none() | st.dates(date(2026, 1, 1), date(2026, 1, 4)),
    "seen_at": st.none() | st.integers(0, 3).map(lambda hours: NOW + timedelta(hours=hours, microseconds=hours)),
    "batch": st.sampled_from([None, UUID(int=1), UUID(int=2**127)]),
    "tags": st.lists(st.sampled_from(["a", "b", "é", "1"]), max_size=3),
}
ORDERED = [name for name in VALUES if name not in ("tags", "featured")]
SORTED = [*ORDERED, "featured"]
ROWS = st.lists(st.fixed_dictionaries(VALUES), min_size=1, max_size=8)
ATOMS = [
    "a",
    "b",
    "B",
    "é",
    "🍵",
    ".",
    r"\.",
    r"\w",
    r"\W",
    r"\d",
    r"\s",
    r"\S",
    "[ab]",
    "[^a]",
    r"[a-z\d_%]",
    "%",
    "'",
    r"\\",
    r"\n",
]


def repeated(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    marks = st.sampled_from(["", "", "*", "+", "?", "{2}", "{0,1}", "{1,}"])
    return st.builds(lambda one, mark: f"({one}){mark}", inner, marks)


REGEXES = st.recursive(
    st.builds(lambda one, mark: one + mark, st.sampled_from(ATOMS), st.sampled_from(["", "", "*", "+", "?", "{1,2}"])),
    lambda inner: st.one_of(
        repeated(inner),
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=1, max_size=3).map("|".join),
        inner.map("^{}".format),
        inner.map("{}$".format),
    ),
    max_leaves=6,
)


def comparing(name: str) -> st.SearchStrategy[Any]:
    """A condition on one field, with values that rows may have."""
    value = VALUES[name].filter(lambda one: one is not None)
    pairs = [st.tuples(st.sampled_from(["$eq", "$ne"]), value), st.tuples(st.just("$null"), st.booleans())]
    pairs += [st.tuples(st.just("$exists"), st.booleans()), st.tuples(st.sampled_from(["$eq", "$ne"]), st.none())]
    pairs += [st.tuples(st.sampled_from(["$in", "$nin"]), st.lists(value, min_size=1, max_size=3))]
    if name in ORDERED:
        pairs += [st.tuples(st.sampled_from(["$gt", "$gte", "$lt", "$lte"]), value)] * 3
    if name in ("name", "note"):
        pairs += [st.tuples(st.just("$contains"), TEXTS), st.tuples(st.just("$like"), likes())]
        pairs += [st.tuples(st.just("$regex"), REGEXES)] * 2
    return st.one_of(pairs).map(lambda pair: {name: {pair[0]: pair[1]}})


def likes() -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(["a", "B", "é", "É", "%", "_", "\\%", "\\_", "\\\\", "."]), max_size=5).map("".join)


LEAVES = st.one_of(
    [comparing(name) for name in VALUES if name != "tags"]
    + [st.sampled_from(["a", "é", "1", "c"]).map(lambda tag: {"tags": {"$contains": tag}})]
)
FILTERS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["$and", "$or"]), st.lists(inner, min_size=1, max_size=3)).map(
            lambda p: {p[0]: p[1]}
        ),
        inner.map(lambda one: {"$not": one}),
    ),
    max_leaves=5,
)


def holds(asked: Any, row: dict[str, Any]) -> bool:
    """What a filter means."""
    return all(entry(name, value, row) for name, value in asked.items())


def entry(name: str, value: Any, row: dict[str, Any]) -> bool:
    if name == "$not":
        return not holds(value, row)
    if name in ("$and", "$or"):
        return (all if name == "$and" else any)([holds(one, row) for one in value])
    return all(compared(row[name], operator, one) for operator, one in value.items())


def compared(has: Any, operator: str, value: Any) -> bool:
    if operator in ("$null", "$exists"):
        return (has is None) == (value == (operator == "$null"))
    if operator == "$nin":
        return has not in value
    if operator == "$ne":
        return bool(has != value)
    if has is None:
        return operator == "$eq" and value is None
    has, value = (getattr(one, "value", one) for one in (has, value))
    return bool(PYTHON[operator](has, value))


PYTHON: dict[str, Any] = {
    "$eq": lambda has, value: has == value,
    "$in": lambda has, value: has in [getattr(one, "value", one) for one in value],
    "$gt": lambda has, value: has > value,
    "$gte": lambda has, value: has >= value,
    "$lt": lambda has, value: has < value,
    "$lte": lambda has, value: has <= value,
    "$contains": lambda has, value: value in has,
    "$like": lambda has, value: like(value).fullmatch(folded(has)) is not None,
    "$regex": lambda has, value: re.search(portable_regex(value).replace("$", r"\Z"), has) is not None,
}


def folded(text: str) -> str:
    """ASCII letters of either case are the same, no others."""
    return "".join(char.lower() if char.isascii() else char for char in text)


def like(pattern: str) -> "re.Pattern[str]":
    parts = re.findall(r"\\.|.", folded(pattern), re.DOTALL)
    return re.compile("".join({"%": ".*", "_": "."}.get(one) or re.escape(one[-1]) for one in parts), re.DOTALL)


async def filled(desk: Any, rows: list[dict[str, Any]]) -> Any:
    """A desk of a new tenant with these rows, and their ids."""
    own = desk.other(tenant=f"law-{secrets.token_hex(6)}")
    items = [row | {"sku": f"SKU{number}"} for number, row in enumerate(rows)]
    async with own.begin() as tx:
        made = await tx.create_many(shop.Product, items)
    assert not made.failed
    return own, [one.id for one in made.results]


@LAW
@given(ROWS, FILTERS)
async def test_a_filter_means_what_it_says(desk: Any, rows: list[dict[str, Any]], asked: Any) -> None:
    own, ids = await filled(desk, rows)
    async with own.read() as reader:
        found = await reader.list(shop.Product, Query(filter=asked))
        counted = await reader.count(shop.Product, asked)
    wanted = [row_id for row_id, row in zip(ids, rows, strict=True) if holds(asked, row)]
    assert [row.id for row in found.items] == wanted
    assert counted == len(wanted)


@LAW
@given(
    ROWS,
    st.lists(
        st.tuples(st.sampled_from(SORTED), st.sampled_from(["", ":asc", ":desc"])),
        max_size=3,
        unique_by=lambda p: p[0],
    ),
    st.integers(1, 4),
)
async def test_a_walk_along_the_cursor_has_every_row_once_and_in_order(
    desk: Any, rows: list[dict[str, Any]], keys: list[tuple[str, str]], size: int
) -> None:
    own, ids = await filled(desk, rows)
    walked: list[Any] = []
    query = Query(sort=",".join(name + direction for name, direction in keys), limit=size)
    async with own.read() as reader:
        while True:
            page = await reader.list(shop.Product, query)
            walked += [row.id for row in page.items]
            assert len(page.items) <= size
            if not page.next:
                break
            query = Query(sort=query.sort, limit=size, cursor=page.next)
    expected = list(zip(ids, rows, strict=True))
    last_down = bool(keys) and keys[-1][1] == ":desc"
    expected.sort(key=lambda pair: pair[0], reverse=last_down)
    for name, direction in reversed(keys):
        there = [pair for pair in expected if pair[1][name] is not None]
        there.sort(key=lambda pair: getattr(pair[1][name], "value", pair[1][name]), reverse=direction == ":desc")
        expected = there + [pair for pair in expected if pair[1][name] is None]
    assert walked == [row_id for row_id, _ in expected]


@LAW
@given(ROWS, TEXTS.filter(bool))
async def test_a_search_finds_a_text_as_it_is(desk: Any, rows: list[dict[str, Any]], text: str) -> None:
    own, ids = await filled(desk, rows)
    async with own.read() as reader:
        found = await reader.list(shop.Product, Query(search=text))
    wanted = [
        row_id
        for row_id, row in zip(ids, rows, strict=True)
        if any(folded(text) in folded(row[name] or "") for name in ("name", "note"))
    ]
    assert [row.id for row in found.items] == wanted
