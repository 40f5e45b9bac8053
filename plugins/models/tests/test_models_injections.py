"""What is known to break out of SQL stays a value: no answer of it is an error of ours, nothing it asks for is done.

`injections.txt` has payloads as the well-known lists have them (authentication bypass, union, stacked, blind, timed,
errors, encodings, other databases), and those that aim at this plugin's own syntax.
"""

import base64
import time
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest
import re2

from pegboard_models.patterns import check_like, portable_regex

shop = import_module("models_shop")

pytestmark = pytest.mark.anyio

PAYLOADS = (Path(__file__).parent / "injections.txt").read_text().splitlines()
TEXT_OPERATORS = ("$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$like", "$regex", "$contains")
OTHER_FIELDS = ("id", "price", "stock", "weight", "state", "size", "released", "seen_at", "batch", "created_at")
SLOW = 5.0
"""Seconds: those that want the database to sleep want ten."""


def test_there_are_payloads_enough() -> None:
    assert len(PAYLOADS) > 250
    assert len(set(PAYLOADS)) == len(PAYLOADS)


@pytest.fixture
async def shelf(desk: Any) -> Any:
    """Three products, and one of somebody else's that nobody here may see."""
    for number in range(3):
        await desk.product(f"SKU{number}", note=None if number else "o'clock")
    await desk.other(tenant=f"{desk.tenant}-b").product("SECRET")
    return desk


async def answered(desk: Any, path: str = "", **params: Any) -> list[str] | None:
    """The skus of a list, or None where it is refused as the caller's mistake."""
    started = time.monotonic()
    answer = await desk.call("GET", path, params=params)
    assert answer.status_code in (200, 422), (params, answer.text)
    assert time.monotonic() - started < SLOW, params
    return [row["sku"] for row in answer.json()["items"]] if answer.status_code == 200 else None


async def untouched(desk: Any) -> None:
    assert await answered(desk) == ["SKU0", "SKU1", "SKU2"]
    assert await desk.other(tenant=f"{desk.tenant}-b").skus() == ["SECRET"]


async def test_a_value_of_every_operator_is_a_value(shelf: Any) -> None:
    for payload in PAYLOADS:
        for operator in TEXT_OPERATORS:
            found = await answered(shelf, filter=orjson.dumps({"name": {operator: payload}}).decode())
            assert found == expected(operator, payload), (operator, payload)
        for operator, wanted in (("$in", []), ("$nin", ["SKU0", "SKU1", "SKU2"])):
            asked = orjson.dumps({"name": {operator: [payload]}}).decode()
            assert await answered(shelf, filter=asked) == wanted, (operator, payload)
    await untouched(shelf)


def expected(operator: str, payload: str) -> list[str] | None:
    """Every name is "Tea"; None where the pattern is refused."""
    if operator in ("$like", "$regex"):
        try:
            pattern = check_like(payload) if operator == "$like" else portable_regex(payload)
        except ValueError:
            return None
        return ["SKU0", "SKU1", "SKU2"] if matches(operator, payload, pattern) else []
    holds = {
        "$eq": payload == "Tea",
        "$ne": payload != "Tea",
        "$gt": payload < "Tea",
        "$gte": payload <= "Tea",
        "$lt": payload > "Tea",
        "$lte": payload >= "Tea",
        "$contains": payload in "Tea",
    }
    return ["SKU0", "SKU1", "SKU2"] if holds[operator] else []


def matches(operator: str, payload: str, pattern: Any) -> bool:
    if operator == "$regex":
        return re2.search(pattern, "Tea") is not None
    return set(payload) <= {"%", "_"} and payload.count("_") <= 3 and ("%" in payload or payload.count("_") == 3)


async def test_fields_that_are_no_texts_take_none(shelf: Any) -> None:
    for payload in PAYLOADS:
        for field in OTHER_FIELDS:
            assert not await answered(shelf, filter=orjson.dumps({field: payload}).decode()), (field, payload)
        found = await answered(shelf, filter=orjson.dumps({"tags": {"$contains": payload}}).decode())
        assert found == [], payload
    await untouched(shelf)


async def test_names_and_operators_are_none_of_the_callers(shelf: Any) -> None:
    for payload in PAYLOADS:
        for asked in ({payload: 1}, {"name": {payload: 1}}, {"$and": [{payload: {"$eq": 1}}]}, {"$not": {payload: 1}}):
            if payload not in ("id", '"id"') and not (payload in ("$gt", "$ne") and "name" in asked):
                assert await answered(shelf, filter=orjson.dumps(asked).decode()) is None, asked
        await answered(shelf, filter=payload)
    await untouched(shelf)


async def test_orders_searches_and_cursors_take_no_sql(shelf: Any) -> None:
    for payload in PAYLOADS:
        if payload not in ("id", ""):
            assert await answered(shelf, sort=payload) is None, payload
        assert await answered(shelf, sort=f"name:{payload}") is None, payload
        found = await answered(shelf, search=payload)
        assert set(found or []) <= {"SKU0", "SKU1", "SKU2"}
        assert len(found or []) in (0, 1, 3), payload
        assert await answered(shelf, cursor=payload) is None, payload
        for values in ([payload], [payload, payload], ["Tea", payload], payload, [None, 1]):
            assert not await answered(shelf, sort="name", cursor=cursor("name:asc,id:asc", values)), payload
        assert await answered(shelf, sort="name", cursor=cursor(payload, ["Tea", 1])) is None, payload
        beyond = await answered(shelf, sort="name", cursor=cursor("name:asc,id:asc", [payload, 1]))
        assert beyond == (["SKU0", "SKU1", "SKU2"] if payload < "Tea" else []), payload
    await untouched(shelf)


def cursor(order: str, values: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([order, values])).decode().rstrip("=")


async def test_parameters_and_addresses_take_no_sql(shelf: Any) -> None:
    for payload in PAYLOADS:
        for name in ("skip", "limit", "deleted", "total", "category_id", "state", "featured", "price"):
            answer = await shelf.call("GET", "", params={name: payload})
            assert answer.status_code in (200, 422), (name, payload, answer.text)
        for method in ("GET", "DELETE", "PATCH"):
            more = {"json": {"stock": 1}} if method == "PATCH" else {}
            answer = await shelf.call(method, f"/{quote(payload, safe='')}", **more)
            # an address with a slash at its end is one without it
            assert answer.status_code in (404, 405, 422, 307), (method, payload, answer.text)
        answer = await shelf.call("GET", "/1", headers={"If-Match": payload.encode("ascii", "replace").decode()})
        assert answer.status_code == 404
    await untouched(shelf)


async def test_what_is_written_is_read_as_it_was(desk: Any) -> None:
    items = [{"name": "Tea", "sku": f"S-{n}", "price": 1, "note": one, "attributes": {one: one}, "tags": [one]}
             for n, one in enumerate(PAYLOADS)]  # fmt: skip
    done = (await desk.call("POST", "/bulk/create", json={"items": items})).json()
    assert done["failed"] == 0
    async with desk.read() as reader:
        rows = [row for part in [part async for part in reader.walk(shop.Product)] for row in part]
    assert [(r.data.note, r.data.attributes, r.data.tags) for r in rows] == [(p, {p: p}, [p]) for p in PAYLOADS]
    for payload in PAYLOADS[::7]:
        assert await desk.skus(filter={"note": payload}) == [f"S-{PAYLOADS.index(payload)}"]
        assert await desk.skus(filter={"tags": {"$contains": payload}}) == [f"S-{PAYLOADS.index(payload)}"]
        assert f"S-{PAYLOADS.index(payload)}" in await desk.skus(search=payload, limit=1000)
