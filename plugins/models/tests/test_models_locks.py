"""Who changes the same rows at once: nothing is lost, nobody waits in a circle."""

from importlib import import_module
from typing import Any

import anyio
import pytest

from pegboard import Problem

shop = import_module("models_shop")
Product = shop.Product

pytestmark = pytest.mark.anyio


async def buy(desk: Any, ids: list[int], quantity: int) -> bool:
    """What a shop does: lock, look, change."""
    async with desk.begin() as tx:
        rows = await tx.lock(Product, ids)
        if any(row.data.stock < quantity for row in rows.values()):
            return False
        for row in rows.values():
            await tx.update(Product, row.id, {"stock": row.data.stock - quantity})
    return True


async def test_fifty_buyers_of_ten_pieces_make_ten_sales(desk: Any) -> None:
    product = await desk.product("ABC", stock=10)
    sales: list[bool] = []

    async def buyer() -> None:
        sales.append(await buy(desk, [product.id], 1))

    async with anyio.create_task_group() as group:
        for _ in range(50):
            group.start_soon(buyer)
    assert sales.count(True) == 10
    async with desk.read() as reader:
        row = await reader.read(Product, product.id)
    assert (row.data.stock, row.version) == (0, 11)


async def test_crossed_orders_do_not_wait_for_each_other(desk: Any) -> None:
    ids = [(await desk.product(sku, stock=100)).id for sku in ("AAA", "BBB", "CCC")]
    with anyio.fail_after(30):
        async with anyio.create_task_group() as group:
            for number in range(40):
                group.start_soon(buy, desk, ids if number % 2 else ids[::-1], 1)
    async with desk.read() as reader:
        rows = await reader.read_many(Product, ids)
    assert [row.data.stock for row in rows.values()] == [60, 60, 60]


async def test_many_who_upsert_one_key_make_one_row(desk: Any) -> None:
    made: list[bool] = []

    async def upsert(number: int) -> None:
        async with desk.begin() as tx:
            _, new = await tx.upsert(Product, {"name": "Tea", "sku": "ABC", "price": 1, "stock": number})
            made.append(new)

    async with anyio.create_task_group() as group:
        for number in range(20):
            group.start_soon(upsert, number)
    assert (made.count(True), await desk.skus()) == (1, ["ABC"])


async def test_of_many_who_make_one_unique_row_one_does(desk: Any) -> None:
    codes: list[str] = []

    async def create() -> None:
        try:
            await desk.product("ABC")
            codes.append("made")
        except Problem as problem:
            codes.append(problem.code)

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(create)
    assert sorted(codes) == ["made"] + ["row-exists"] * 19


async def test_crossed_batches_by_key_do_not_wait_for_each_other(desk: Any) -> None:
    items = [{"name": "Tea", "sku": f"S-{number:02d}", "price": 1} for number in range(20)]
    await desk.product("S-07")

    async def upsert(number: int) -> None:
        async with desk.begin() as tx:
            batch = [item | {"stock": number} for item in (items if number % 2 else items[::-1])]
            result = await tx.upsert_many(Product, batch)
            assert not result.failed

    with anyio.fail_after(30):
        async with anyio.create_task_group() as group:
            for number in range(12):
                group.start_soon(upsert, number)
    assert sorted(await desk.skus()) == sorted(f"S-{number:02d}" for number in range(20))
