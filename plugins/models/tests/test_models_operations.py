"""The operations on single rows, from Python: what is written is read again, and what must not be is not."""

from datetime import UTC, date, datetime
from decimal import Decimal
from importlib import import_module
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from pegboard import Problem

shop = import_module("models_shop")
Category, Country, Order, OrderItem, Product, State = (
    getattr(shop, name) for name in ("Category", "Country", "Order", "OrderItem", "Product", "State")
)
Plant = import_module("models_garden").Plant

pytestmark = pytest.mark.anyio

FULL: dict[str, Any] = {
    "name": "Tea",
    "sku": "ABC",
    "price": Decimal("12.50"),
    "cost": Decimal("3.10"),
    "margin": 0.5,
    "stock": 2**40,
    "weight": 1.25,
    "state": State.LIVE,
    "size": "m",
    "featured": True,
    "released": date(2026, 2, 28),
    "seen_at": datetime(2026, 2, 28, 12, 30, 1, 5, tzinfo=UTC),
    "batch": uuid4(),
    "note": "ünïcode 🍵 'quoted' \"twice\" \\ % _",
    "tags": ["a", "b"],
    "attributes": {"deep": {"er": [1, 2.5, None, True]}},
}


async def refused(status: int, code: str, work: Any) -> Problem:
    with pytest.raises(Problem) as caught:
        await work
    assert (caught.value.status, caught.value.code) == (status, code), caught.value
    return caught.value


async def test_a_row_is_read_as_it_was_made(desk: Any) -> None:
    made = await desk.create(Product, **FULL)
    async with desk.read() as reader:
        row = await reader.read(Product, made.id)
    assert row == made
    assert row.data == Product(**FULL)
    assert (row.version, row.tenant, row.deleted_at, row.created_at) == (1, desk.tenant, None, row.updated_at)


async def test_an_instance_is_as_good_as_a_mapping(desk: Any) -> None:
    async with desk.begin() as tx:
        made = await tx.create(Product, Product("Tea", "abc", Decimal(1)))
    assert made.data == Product("Tea", "ABC", Decimal(1))


async def test_every_mistake_is_told_at_its_place(desk: Any) -> None:
    bad = {"name": 7, "sku": "ABC", "price": "x", "stock": "1", "colour": "red", "state": "lost"}
    problem = await refused(422, "invalid-input", desk.create(Product, **bad))
    assert {error.pointer for error in problem.errors} == {f"/{name}" for name in bad if name != "sku"}
    problem = await refused(422, "invalid-input", desk.create(Product, name="", sku="AB", price=-1))
    assert {error.pointer for error in problem.errors} == {"/name", "/sku", "/price"}
    problem = await refused(422, "invalid-input", desk.create(Product, name="Tea"))
    assert [error.pointer for error in problem.errors] == ["/sku", "/price"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "a\0b"), ("name", "\ud800"), ("name", None), ("price", "1.005"), ("price", "99999999999"),
        ("price", float("nan")), ("stock", 2**63), ("stock", True), ("weight", float("inf")),
        ("seen_at", "0001-01-01T00:00:00+14:00"), ("attributes", {"a\0": 1}), ("attributes", {"n": 2**64}),
        ("tags", ["\0"]), ("batch", "nonsense"), ("released", "tomorrow"),
    ],
)  # fmt: skip
async def test_what_no_database_keeps_is_refused(desk: Any, field: str, value: Any) -> None:
    problem = await refused(422, "invalid-input", desk.product("ABC", **{field: value}))
    assert problem.errors[0].pointer.startswith(f"/{field}")


async def test_an_update_changes_what_it_names(desk: Any) -> None:
    made = await desk.product("ABC", tags=["a"])
    async with desk.begin() as tx:
        after = await tx.update(Product, made.id, {"price": "5.00", "note": None, "state": "live"})
    assert (after.version, after.data.price, after.data.state, after.data.tags) == (2, Decimal(5), State.LIVE, ["a"])
    async with desk.read() as reader:
        assert await reader.read(Product, made.id) == after


async def test_an_update_that_changes_nothing_writes_nothing(desk: Any) -> None:
    made = await desk.product("ABC")
    async with desk.begin() as tx:
        assert await tx.update(Product, made.id, {"price": Decimal("9.990"), "sku": "abc"}) == made


async def test_an_update_is_checked_as_a_whole_row_is(desk: Any) -> None:
    made = await desk.product("ABC")
    for changes in ({"price": -1}, {"sku": "x"}, {"name": None}, {"id": 7}, {"tenant": "x"}, {"version": 9}):
        async with desk.begin() as tx:
            problem = await refused(422, "invalid-input", tx.update(Product, made.id, changes))
            assert problem.errors[0].pointer == f"/{next(iter(changes))}"


async def test_a_version_that_is_not_there_any_more_is_told(desk: Any) -> None:
    made = await desk.product("ABC")
    async with desk.begin() as tx:
        await tx.update(Product, made.id, {"stock": 1}, match=1)
        problem = await refused(412, "precondition-failed", tx.update(Product, made.id, {"stock": 2}, match=1))
        assert problem.headers == {"ETag": '"2"'}
        await refused(412, "precondition-failed", tx.delete(Product, made.id, match=1))


async def test_a_deleted_row_is_gone_until_it_is_restored(desk: Any) -> None:
    made = await desk.product("ABC")
    async with desk.begin() as tx:
        await tx.delete(Product, made.id)
        await refused(404, "row-not-found", tx.read(Product, made.id))
        await refused(404, "row-not-found", tx.delete(Product, made.id))
        assert (await tx.read(Product, made.id, deleted="only")).deleted_at is not None
    assert await desk.skus() == []
    assert await desk.skus(deleted="include") == ["ABC"]
    async with desk.begin() as tx:
        back = await tx.restore(Product, made.id)
        assert (back.version, back.deleted_at, back.data) == (3, None, made.data)
        await refused(404, "row-not-found", tx.restore(Product, made.id))
    assert await desk.skus() == ["ABC"]


async def test_a_unique_value_of_a_deleted_row_is_free(desk: Any) -> None:
    first = await desk.product("ABC")
    problem = await refused(409, "row-exists", desk.product("abc"))
    assert [error.pointer for error in problem.errors] == ["/sku"]
    async with desk.begin() as tx:
        await tx.delete(Product, first.id)
        await tx.create(Product, {"name": "Tea", "sku": "ABC", "price": 1})
    async with desk.begin() as tx:
        await refused(409, "row-exists", tx.restore(Product, first.id))


async def test_a_purged_row_is_gone_for_good(desk: Any) -> None:
    made = await desk.product("ABC")
    async with desk.begin() as tx:
        await tx.delete(Product, made.id)
        await tx.delete(Product, made.id, purge=True)
        await refused(404, "row-not-found", tx.read(Product, made.id, deleted="include"))


async def test_a_model_without_soft_delete_has_no_deleted_rows(desk: Any) -> None:
    made = await desk.create(Category, name="Tea", slug="tea")
    async with desk.begin() as tx:
        await tx.delete(Category, made.id)
        await refused(404, "row-not-found", tx.restore(Category, made.id))


async def test_an_upsert_makes_or_changes(desk: Any) -> None:
    async with desk.begin() as tx:
        first, made = await tx.upsert(Product, {"sku": "abc", "name": "Tea", "price": 1, "stock": 5})
        assert made
        second, made = await tx.upsert(Product, {"sku": "Abc", "price": 2})
        assert not made
    assert (second.id, second.version, second.data.price, second.data.stock) == (first.id, 2, 2, 5)
    async with desk.begin() as tx:
        third, made = await tx.upsert(Product, Product("Tea", "ABC", Decimal(3)))
        assert (made, third.data.stock) == (False, 0)
        problem = await refused(422, "invalid-input", tx.upsert(Product, {"price": 1}))
        assert [error.pointer for error in problem.errors] == ["/sku"]


async def test_a_reference_is_to_a_row_that_one_may_see(desk: Any) -> None:
    shelf = await desk.create(Category, name="Tea", slug="tea")
    foreign = await desk.other(tenant=f"{desk.tenant}-b").create(Category, name="Tea", slug="tea")
    product = await desk.product("ABC", category_id=shelf.id)
    for wrong in (foreign.id, 2**62):
        problem = await refused(422, "invalid-input", desk.product("ABD", category_id=wrong))
        assert (problem.errors[0].pointer, str(wrong) in problem.errors[0].detail) == ("/category_id", True)
        async with desk.begin() as tx:
            await refused(422, "invalid-input", tx.update(Product, product.id, {"category_id": wrong}))
    async with desk.begin() as tx:
        await refused(409, "row-in-use", tx.delete(Category, shelf.id))


async def test_rows_with_owners_are_their_owners(desk: Any) -> None:
    bob = desk.other(id="bob")
    mine = await desk.create(Order, total=5, buyer="bob")
    assert mine.data.buyer == "ada"
    async with bob.begin() as tx:
        await refused(404, "row-not-found", tx.read(Order, mine.id))
        await refused(404, "row-not-found", tx.update(Order, mine.id, {"total": 1}))
        await refused(404, "row-not-found", tx.delete(Order, mine.id))
        assert (await tx.list(Order)).items == []
        assert await tx.count(Order) == 0
    product = await desk.product("ABC")
    problem = await refused(
        422, "invalid-input", bob.create(OrderItem, order_id=mine.id, product_id=product.id, quantity=1)
    )
    assert problem.errors[0].pointer == "/order_id"
    async with bob.begin(everyone=True) as tx:
        given = await tx.create(Order, {"buyer": "cid"})
        assert given.data.buyer == "cid"
        assert {row.id for row in (await tx.list(Order)).items} == {mine.id, given.id}
    async with desk.begin() as tx:
        assert (await tx.update(Order, mine.id, {"buyer": "bob", "total": 6})).data == Order("ada", Decimal(6))


async def test_another_tenants_rows_are_not_there(desk: Any) -> None:
    made = await desk.product("ABC")
    stranger = desk.other(tenant=f"{desk.tenant}-b")
    async with stranger.begin(everyone=True) as tx:
        for work in (
            tx.read(Product, made.id),
            tx.update(Product, made.id, {"stock": 1}),
            tx.delete(Product, made.id),
            tx.delete(Product, made.id, purge=True),
            tx.restore(Product, made.id),
        ):
            await refused(404, "row-not-found", work)
        assert await tx.read_many(Product, [made.id]) == {}
        assert await tx.lock(Product, [made.id]) == {}
        assert await tx.count(Product, deleted="include") == 0
        same, was_made = await tx.upsert(Product, {"sku": "ABC", "name": "Mine", "price": 1})
        assert (was_made, same.tenant) == (True, stranger.tenant)


async def test_a_model_without_tenants_is_everybodys(desk: Any) -> None:
    async with desk.begin() as tx:
        land, _ = await tx.upsert(Country, {"code": "LK", "name": "Sri Lanka"})
    async with desk.other(tenant="elsewhere").read() as reader:
        assert (await reader.read(Country, land.id)).data.name == "Sri Lanka"


async def test_models_of_two_plugins_do_not_meet(desk: Any) -> None:
    plant = await desk.create(Plant, name="Tea")
    assert desk.models.table(Plant).name == "garden_product"
    async with desk.read() as reader:
        assert (await reader.read(Plant, plant.id)).data == Plant("Tea")
        assert await reader.count(Product) == 0
    assert {model.name for model in desk.models.all()} > {"shop.product", "garden.product"}


async def test_one_row_is_found_by_a_filter(desk: Any) -> None:
    await desk.product("ABC", stock=1)
    second = await desk.product("ABD", stock=2)
    async with desk.read() as reader:
        assert await reader.find(Product, {"stock": {"$gt": 1}}) == second
        assert await reader.find(Product, {"stock": 3}) is None


async def test_sums_are_exact_on_both_databases(desk: Any) -> None:
    for number in range(10):
        await desk.product(f"SKU{number}", price="0.10", stock=3)
    table = desk.models.table(Product)
    own = table.c.tenant == desk.tenant
    async with desk.read() as reader:
        found = await reader.session.execute(
            select(func.sum(table.c.price), func.sum(table.c.price * table.c.stock)).where(own)
        )
    assert found.one() == (Decimal("1.00"), Decimal("3.00"))


async def test_an_error_undoes_the_whole_block(desk: Any) -> None:
    async def twice() -> None:
        async with desk.begin() as tx:
            await tx.create(Product, {"name": "Tea", "sku": "ABC", "price": 1})
            await tx.create(Product, {"name": "Tea", "sku": "ABC", "price": 1})

    await refused(409, "row-exists", twice())
    assert await desk.skus() == []


async def test_a_savepoint_undoes_its_own_block(desk: Any) -> None:
    async with desk.begin() as tx:
        await tx.create(Product, {"name": "Tea", "sku": "ABC", "price": 1})

        async def two() -> None:
            async with tx.savepoint():
                await tx.create(Product, {"name": "Tea", "sku": "ABD", "price": 1})
                await tx.create(Product, {"name": "Tea", "sku": "ABC", "price": 1})

        await refused(409, "row-exists", two())
        await tx.create(Product, {"name": "Tea", "sku": "ABE", "price": 1})
    assert await desk.skus() == ["ABC", "ABE"]


async def test_ids_that_no_row_has_are_not_found(desk: Any) -> None:
    async with desk.read() as reader:
        for wrong in (0, -1, 2**70, "1", "1; DROP TABLE shop_products", True, None, uuid4()):
            await refused(404, "row-not-found", reader.read(Product, wrong))
