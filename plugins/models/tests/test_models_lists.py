"""Lists over HTTP: pages, filters, orders, and what cannot be asked for."""

from json import dumps
from typing import Any

import pytest

pytestmark = pytest.mark.anyio


def pointers(response: Any) -> list[str]:
    return [error["pointer"] for error in response.json()["errors"]]


async def test_a_list_has_pages_by_skip_and_by_cursor(desk: Any) -> None:
    for number in range(5):
        await desk.post(f"SKU{number}", stock=number % 2)
    first = (await desk.call("GET", "?limit=2&sort=stock:desc&total=true")).json()
    assert ([row["sku"] for row in first["items"]], first["total"]) == (["SKU3", "SKU1"], 5)
    second = (await desk.call("GET", f"?limit=2&sort=stock:desc&cursor={first['next']}")).json()
    assert ([row["sku"] for row in second["items"]], second["total"]) == (["SKU4", "SKU2"], None)
    skipped = (await desk.call("GET", "?limit=9&sort=stock:desc&skip=4")).json()
    assert ([row["sku"] for row in skipped["items"]], skipped["next"]) == (["SKU0"], "")
    for path, pointer in (
        ("?limit=0", "/limit"),
        ("?limit=201", "/limit"),
        ("?skip=-1", "/skip"),
        ("?skip=100001", "/skip"),
        (f"?skip=1&sort=stock:desc&cursor={first['next']}", "/skip"),
        (f"?cursor={first['next']}", "/cursor"),
        ("?cursor=nonsense", "/cursor"),
        ("?cursor=bnVsbA", "/cursor"),
        ("?sort=cost", "/sort"),
        ("?sort=tags", "/sort"),
        ("?sort=margin", "/sort"),
        ("?sort=name:up", "/sort"),
        ("?sort=name,name", "/sort"),
        ("?nonsense=1", "/nonsense"),
        ("?sort=tenant", "/sort"),
        ("?search=%00", "/search"),
        ("?deleted=maybe", "/deleted"),
    ):
        refused = await desk.call("GET", path)
        assert (refused.status_code, pointers(refused)) == (422, [pointer]), path


async def test_a_list_is_filtered_by_parameters_and_by_json(desk: Any) -> None:
    await desk.post("ABC", stock=1, featured=True, name="Green Tea")
    await desk.post("ABD", stock=2, featured=True, size="m")
    await desk.post("ABE", stock=3, price=100)

    async def skus(**params: Any) -> list[str]:
        answer = await desk.call("GET", "", params=params)
        assert answer.status_code == 200, answer.text
        return [row["sku"] for row in answer.json()["items"]]

    assert await skus(featured="true") == ["ABC", "ABD"]
    assert await skus(featured="true", size="m") == ["ABD"]
    assert await skus(filter='{"stock": {"$gte": 2}}') == ["ABD", "ABE"]
    assert await skus(filter='{"stock": {"$gte": 2}}', featured="false") == ["ABE"]
    assert await skus(filter='{"$or": [{"sku": "ABC"}, {"price": {"$gt": 50}}]}') == ["ABC", "ABE"]
    assert await skus(search="GREEN") == ["ABC"]
    assert (await desk.call("GET", "/count", params={"filter": '{"featured": true}'})).json() == {"count": 2}


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ("{", "/filter"),
        ("7", "/filter"),
        ('{"cost": 3}', "/filter/cost"),
        ('{"margin": 3}', "/filter/margin"),
        ('{"tenant": "x"}', "/filter/tenant"),
        ('{"nme": 1}', "/filter/nme"),
        ('{"stock": {"$near": 1}}', "/filter/stock/$near"),
        ('{"stock": {}}', "/filter/stock"),
        ('{"stock": "1"}', "/filter/stock"),
        ('{"stock": 1.5}', "/filter/stock"),
        ('{"stock": 99999999999999999999}', "/filter/stock"),
        ('{"price": {"$gt": 1.005}}', "/filter/price/$gt"),
        ('{"name": {"$gt": null}}', "/filter/name/$gt"),
        ('{"name": {"$in": []}}', "/filter/name/$in"),
        ('{"name": {"$in": [null]}}', "/filter/name/$in"),
        ('{"name": {"$in": ["a", 1]}}', "/filter/name/$in/1"),
        ('{"name": "a\\u0000"}', "/filter/name"),
        ('{"name": {"$like": "a\\\\"}}', "/filter/name/$like"),
        ('{"name": {"$like": "%%%%%%%%%%%"}}', "/filter/name/$like"),
        ('{"name": {"$regex": "(a"}}', "/filter/name/$regex"),
        ('{"name": {"$regex": "(a)\\\\1"}}', "/filter/name/$regex"),
        ('{"stock": {"$regex": "a"}}', "/filter/stock/$regex"),
        ('{"featured": {"$gt": true}}', "/filter/featured/$gt"),
        ('{"tags": ["a"]}', "/filter/tags"),
        ('{"tags": {"$contains": {}}}', "/filter/tags/$contains"),
        ('{"$and": []}', "/filter/$and"),
        ('{"$or": {"a": 1}}', "/filter/$or"),
        ('{"$not": 7}', "/filter/$not"),
        ('{"note": {"$null": 1}}', "/filter/note/$null"),
        ('{"state": "lost"}', "/filter/state"),
        ('{"seen_at": "soon"}', "/filter/seen_at"),
    ],
)
async def test_a_filter_that_cannot_be_says_where(desk: Any, asked: str, place: str) -> None:
    refused = await desk.call("GET", "", params={"filter": asked})
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:pegboard:problem:invalid-filter")
    assert pointers(refused) == [place]


async def test_how_much_a_filter_may_ask_is_bounded(desk: Any) -> None:
    deep: Any = {"stock": 1}
    for _ in range(8):
        deep = {"$not": deep}
    many = {"$or": [{"stock": number} for number in range(101)]}
    scans = {"$or": [{"name": {"$like": "%a%"}}] * 9}
    values = {"$or": [{"stock": {"$in": [1] * 600}}] * 2}
    for asked in (deep, many, scans, values):
        refused = await desk.call("GET", "", params={"filter": dumps(asked)})
        assert (refused.status_code, refused.json()["type"]) == (422, "urn:pegboard:problem:invalid-filter")
    assert (await desk.call("GET", "", params={"filter": dumps(values["$or"][0])})).status_code == 200
