"""``/categories`` and ``/products``: the catalogue, for everybody to look at and for admins to change."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

import attrs

from pegboard import Call, Problem
from pegboard_models import Models, Query, given

from .callers import path_id, viewer
from .catalogue import Category, Product
from .inputs import CategoryQuery, ProductQuery
from .outputs import Shown, Told, shown_category, shown_product
from .pricing import CENT

NEWEST = "featured:desc,created_at:desc"
MOST_CATEGORIES = 1000
DEAREST = 10**10 - CENT
"""What the column of a price holds."""


class ProductNotFound(Problem):
    def __init__(self) -> None:
        super().__init__(404, "product-not-found", "Product not found")


async def list_categories(call: Call[None, CategoryQuery]) -> list[Shown]:
    asked = {name: value for name, value in attrs.asdict(call.query).items() if value is not None}
    async with _models(call).read(viewer(call)) as reader:
        found = await reader.list(Category, Query(asked, sort="sort_order,name", limit=MOST_CATEGORIES))
    return [shown_category(row) for row in found.items]


async def create_category(call: Call[Any, None]) -> Shown:
    async with _models(call).begin(call.caller, request=call.request) as tx:
        return shown_category(await tx.create(Category, given(call.body)))


async def list_products(call: Call[None, ProductQuery]) -> list[Shown]:
    async with _models(call).read(viewer(call)) as reader:
        found = await reader.list(Product, wanted(call.query))
    return [shown_product(row) for row in found.items]


def wanted(asked: ProductQuery) -> Query:
    """What a list of products is of."""
    equal = {"category_id": asked.category_id, "featured": asked.featured, "is_active": asked.is_active}
    filters: dict[str, Any] = {name: value for name, value in equal.items() if value is not None}
    bounds = {"$gte": _cents(asked.min_price, ROUND_CEILING), "$lte": _cents(asked.max_price, ROUND_FLOOR)}
    price = {name: value for name, value in bounds.items() if value is not None}
    filters |= {"price": price} if price else {}
    return Query(filters, asked.search, NEWEST, asked.limit, asked.skip)


def _cents(bound: Decimal | None, rounding: str) -> Decimal | None:
    """The same bound for prices, which are whole cents, and none beyond the dearest."""
    return None if bound is None else min(max(bound, -DEAREST), DEAREST).quantize(CENT, rounding)


async def read_product(call: Call[None, None]) -> Shown:
    product = path_id(call)
    async with _models(call).read(viewer(call)) as reader:
        found = await reader.read_many(Product, [product])
    if not found:
        raise ProductNotFound()
    return shown_product(found[product])


async def create_product(call: Call[Any, None]) -> Shown:
    async with _models(call).begin(call.caller, request=call.request) as tx:
        return shown_product(await tx.create(Product, given(call.body)))


async def update_product(call: Call[Any, None]) -> Shown:
    product = path_id(call)
    async with _models(call).begin(call.caller, request=call.request) as tx:
        if not await tx.lock(Product, [product]):
            raise ProductNotFound()
        return shown_product(await tx.update(Product, product, given(call.body)))


async def delete_product(call: Call[None, None]) -> Told:
    product = path_id(call)
    async with _models(call).begin(call.caller, request=call.request) as tx:
        if not await tx.lock(Product, [product]):
            raise ProductNotFound()
        await tx.delete(Product, product)
    return Told("Product deleted successfully")


def _models(call: Call[Any, Any]) -> Models:
    return call.services.get(Models)
