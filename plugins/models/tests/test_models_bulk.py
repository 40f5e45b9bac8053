"""Many rows at once: each item has a result of its own, or all of them count, or none."""

from importlib import import_module
from typing import Any

import pytest

from pegboard import Problem
from pegboard_models import Change

shop = import_module("models_shop")
Product = shop.Product

pytestmark = pytest.mark.anyio


def item(sku: str, **more: Any) -> dict[str, Any]:
    return {"name": "Tea", "sku": sku, "price": 1} | more


def told(result: Any) -> list[Any]:
    """A word for each item: its status, or the code of its problem."""
    return [one.problem.code if one.problem else one.status for one in result.results]


async def test_what_is_good_is_made_and_what_is_not_says_why(desk: Any) -> None:
    await desk.product("TAKEN")
    items = [item("AAA"), item("TAKEN"), item("x"), item("BBB", category_id=2**60), item("aaa"), item("CCC")]
    async with desk.begin() as tx:
        result = await tx.create_many(Product, items)
    assert told(result) == ["created", "row-exists", "invalid-input", "invalid-input", "row-exists", "created"]
    assert [one.index for one in result.results] == list(range(6))
    assert await desk.skus() == ["TAKEN", "AAA", "CCC"]


async def test_a_thousand_rows_are_made_in_their_order(desk: Any) -> None:
    async with desk.begin() as tx:
        result = await tx.create_many(Product, [item(f"S{number:04d}") for number in range(1000)])
    ids = [one.id for one in result.results]
    assert (told(result), ids) == (["created"] * 1000, sorted(ids))
    async with desk.read() as reader:
        rows = await reader.read_many(Product, ids)
    assert [rows[one].data.sku for one in ids] == [f"S{number:04d}" for number in range(1000)]


async def test_rows_are_changed_by_their_ids(desk: Any) -> None:
    first, second = await desk.product("AAA"), await desk.product("BBB")
    changes = [
        Change(second.id, {"stock": 1}),
        Change(first.id, {"sku": "BBB"}),
        Change(first.id, {"stock": 2}, match=9),
        Change(first.id, {"stock": 3}, match=1),
        Change(first.id, {"stock": 3}),
        Change(2**60, {"stock": 1}),
        Change(first.id, {"price": -1}),
    ]
    async with desk.begin() as tx:
        result = await tx.update_many(Product, changes)
    wanted = ["updated", "row-exists", "precondition-failed", "updated", "unchanged", "row-not-found", "invalid-input"]
    assert told(result) == wanted
    async with desk.read() as reader:
        rows = await reader.read_many(Product, [first.id, second.id])
    assert [(rows[one].data.stock, rows[one].version) for one in (first.id, second.id)] == [(3, 2), (1, 2)]


async def test_a_row_may_be_changed_twice_in_a_batch(desk: Any) -> None:
    made = await desk.product("AAA")
    changes = [Change(made.id, {"stock": 1}), Change(made.id, {"price": 2}, match=2)]
    async with desk.begin() as tx:
        result = await tx.update_many(Product, changes)
    assert [(one.status, one.version) for one in result.results] == [("updated", 2), ("updated", 3)]
    async with desk.read() as reader:
        row = await reader.read(Product, made.id)
    assert (row.version, row.data.stock, row.data.price) == (3, 1, 2)


async def test_rows_are_deleted_by_their_ids(desk: Any) -> None:
    ids = [(await desk.product(sku)).id for sku in ("AAA", "BBB", "CCC")]
    async with desk.begin() as tx:
        result = await tx.delete_many(Product, [ids[2], ids[0], 2**60, ids[0]])
    assert told(result) == ["deleted", "deleted", "row-not-found", "row-not-found"]
    assert await desk.skus() == ["BBB"]
    assert await desk.skus(deleted="only") == ["AAA", "CCC"]


async def test_one_that_others_refer_to_stops_no_other(desk: Any) -> None:
    shelves = [await desk.create(shop.Category, name="x", slug=slug) for slug in ("a", "b")]
    await desk.product("AAA", category_id=shelves[0].id)
    async with desk.begin() as tx:
        assert told(await tx.delete_many(shop.Category, [one.id for one in shelves])) == ["row-in-use", "deleted"]


async def test_rows_are_made_or_changed_by_their_key(desk: Any) -> None:
    made = await desk.product("AAA", stock=7)
    items = [item("aaa", price=5), item("BBB"), {"sku": "BBB", "price": 2}, {"price": 1}, {"sku": "CCC"}]
    async with desk.begin() as tx:
        result = await tx.upsert_many(Product, items)
    assert told(result) == ["updated", "created", "updated", "invalid-input", "invalid-input"]
    async with desk.read() as reader:
        row = await reader.read(Product, made.id)
    assert (row.data.price, row.data.stock, row.version) == (5, 7, 2)
    assert await desk.skus() == ["AAA", "BBB"]


@pytest.mark.parametrize("operation", ["create", "update", "delete", "upsert"])
async def test_all_or_nothing_means_nothing(desk: Any, operation: str) -> None:
    made = await desk.product("AAA")
    items: Any = {
        "create": [item("BBB"), item("AAA")],
        "update": [Change(made.id, {"stock": 5}), Change(2**60, {"stock": 5})],
        "delete": [made.id, 2**60],
        "upsert": [{"sku": "AAA", "stock": 5}, item("x")],
    }[operation]

    async def work() -> None:
        async with desk.begin() as tx:
            await getattr(tx, f"{operation}_many")(Product, items, atomic=True)

    with pytest.raises(Problem) as caught:
        await work()
    assert (caught.value.status, caught.value.code) == (422, "bulk-refused")
    assert {error.pointer.split("/")[2] for error in caught.value.errors} == {"1"}
    async with desk.read() as reader:
        assert await reader.read(Product, made.id) == made
    assert await desk.skus(deleted="include") == ["AAA"]


async def test_no_items_are_no_results(desk: Any) -> None:
    async with desk.begin() as tx:
        for operation in (tx.create_many, tx.update_many, tx.delete_many, tx.upsert_many):
            assert (await operation(Product, [])).results == []


async def test_a_batch_over_http_tells_of_each_item(desk: Any) -> None:
    made = await desk.post("AAA")
    answer = await desk.call("POST", "/bulk/create", json={"items": [item("BBB"), item("AAA"), {"price": "x"}]})
    done = answer.json()
    assert (answer.status_code, done["succeeded"], done["failed"]) == (200, 1, 2)
    assert [one["status"] for one in done["results"]] == ["created", "failed", "failed"]
    assert done["results"][1]["error"]["type"] == "urn:pegboard:problem:row-exists"
    changes = [
        {"id": made["id"], "version": 1, "changes": {"stock": 2}},
        {"id": made["id"], "version": 1, "changes": {}},
    ]
    done = (await desk.call("POST", "/bulk/update", json={"items": changes})).json()
    assert [one["status"] for one in done["results"]] == ["updated", "failed"]
    done = (await desk.call("POST", "/bulk/upsert", json={"items": [{"sku": "AAA", "stock": 3}]})).json()
    assert done["results"] == [{"index": 0, "status": "updated", "id": made["id"], "version": 3, "error": None}]
    done = (await desk.call("POST", "/bulk/delete", json={"items": [made["id"]]})).json()
    assert done["results"][0]["status"] == "deleted"
    refused = await desk.call("POST", "/bulk/create", json={"items": [item("CCC"), item("x")], "atomic": True})
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:pegboard:problem:bulk-refused")
    assert await desk.skus() == ["BBB"]


async def test_a_batch_over_http_has_a_thousand_items_at_most(desk: Any) -> None:
    for body in ({"items": []}, {"items": [item("x")] * 1001}, {"items": 7}, {}, {"items": [7]}):
        answer = await desk.call("POST", "/bulk/create", json=body)
        assert answer.status_code == 422, answer.text
