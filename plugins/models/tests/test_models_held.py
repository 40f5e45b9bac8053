"""Rows that a transaction holds: changed without being read again, referred to without being looked for."""

from contextlib import suppress
from importlib import import_module
from typing import Any

import pytest

from pegboard import Problem

shop = import_module("models_shop")
Order, OrderItem, Product = shop.Order, shop.OrderItem, shop.Product

pytestmark = pytest.mark.anyio


async def test_rows_that_are_locked_are_changed_together(desk: Any) -> None:
    one, two = [await desk.product(sku, stock=5) for sku in ("AAA", "BBB")]
    async with desk.begin() as tx:
        held = await tx.lock(Product, [one.id, two.id])
        changed = await tx.update_held(Product, [(held[one.id], {"stock": 4}), (held[two.id], {"note": "last"})])
    assert [(row.data.stock, row.data.note, row.version) for row in changed] == [(4, None, 2), (5, "last", 2)]
    async with desk.read() as reader:
        assert await reader.read_many(Product, [one.id, two.id]) == {row.id: row for row in changed}


async def test_what_changes_nothing_is_not_written(desk: Any) -> None:
    product = await desk.product("AAA", stock=5)
    async with desk.begin() as tx:
        held = await tx.lock(Product, [product.id])
        assert await tx.update_held(Product, [(held[product.id], {"stock": 5})]) == [product]
        assert (await tx.read(Product, product.id)).version == 1


async def test_a_row_that_is_not_held_is_refused(desk: Any) -> None:
    product = await desk.product("AAA")
    async with desk.begin() as tx:
        with pytest.raises(LookupError, match="lock them first"):
            await tx.update_held(Product, [(product, {"stock": 1})])
    async with desk.begin() as tx:
        with suppress(ZeroDivisionError):
            async with tx.savepoint():
                await tx.lock(Product, [product.id])
                raise ZeroDivisionError
        with pytest.raises(LookupError):
            await tx.update_held(Product, [(product, {"stock": 1})])


async def test_rows_are_made_in_order_or_not_at_all(desk: Any) -> None:
    product = await desk.product("AAA")
    async with desk.begin() as tx:
        order = await tx.create(Order, {})
        other = await tx.create(Order, {})
        items = [{"order_id": one.id, "product_id": product.id, "quantity": 1} for one in (other, order)]
        made = await tx.create_all(OrderItem, items)
        assert [row.data.order_id for row in made] == [other.id, order.id]
        assert await tx.create_all(OrderItem, []) == []
        with pytest.raises(Problem) as refused:
            await tx.create_all(OrderItem, [{**items[0], "product_id": product.id}, {**items[1], "quantity": 0}])
    assert (refused.value.status, refused.value.errors[0].pointer) == (422, "/quantity")
    async with desk.read() as reader:
        assert await reader.count(OrderItem) == 2


async def test_a_row_that_was_deleted_is_held_and_not_referred_to(desk: Any) -> None:
    product = await desk.product("AAA")
    async with desk.begin() as tx:
        order = await tx.create(Order, {})
        await tx.lock(Product, [product.id])
        await tx.delete(Product, product.id)
        with pytest.raises(Problem) as refused:
            await tx.create(OrderItem, {"order_id": order.id, "product_id": product.id, "quantity": 1})
    assert refused.value.errors[0].pointer == "/product_id"
    async with desk.begin() as tx:
        gone = await tx.lock(Product, [product.id], deleted="include")
        [changed] = await tx.update_held(Product, [(gone[product.id], {"stock": 9})])
        with pytest.raises(Problem):
            await tx.create(OrderItem, {"order_id": order.id, "product_id": product.id, "quantity": 1})
    assert (changed.data.stock, changed.deleted_at is None) == (9, False)


async def test_what_a_savepoint_undid_is_not_referred_to(desk: Any) -> None:
    product = await desk.product("AAA")
    async with desk.begin() as tx:
        with suppress(ZeroDivisionError):
            async with tx.savepoint():
                order = await tx.create(Order, {})
                raise ZeroDivisionError
        with pytest.raises(Problem) as refused:
            await tx.create(OrderItem, {"order_id": order.id, "product_id": product.id, "quantity": 1})
    assert refused.value.errors[0].pointer == "/order_id"
