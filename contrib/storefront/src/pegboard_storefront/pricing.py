"""What a basket costs: exact, in cents, and by nothing but its items and the prices of the products."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Protocol

import attrs

from pegboard import Problem
from pegboard_models import Saved

from .catalogue import Product

CENT = Decimal("0.01")
TAX = Decimal("0.08")
SHIPPING = Decimal("9.99")
FREE_FROM = Decimal(50)
LARGEST = Decimal(10) ** 16 - CENT
"""What the columns of an order hold."""

Stock = Mapping[int, Saved[Product]]


class Item(Protocol):
    """So many pieces of one product."""

    @property
    def product_id(self) -> int: ...

    @property
    def quantity(self) -> int: ...


@attrs.frozen
class Totals:
    """The sums of an order; `total` is that of the others."""

    subtotal: Decimal
    tax_amount: Decimal
    shipping_amount: Decimal
    total: Decimal


class UnknownProduct(Problem):
    """A product that is not there, or not sold."""

    def __init__(self, product: int) -> None:
        super().__init__(404, "product-not-found", f"Product {product} not found")


class InsufficientStock(Problem):
    """Fewer pieces are left than are asked for."""

    def __init__(self, name: str) -> None:
        super().__init__(409, "insufficient-stock", f"Insufficient stock for product {name}")


class TooExpensive(Problem):
    """An order of more than any column holds."""

    def __init__(self) -> None:
        super().__init__(422, "order-too-large", f"an order is worth at most {LARGEST}: divide it")


def quantities(items: Iterable[Item]) -> Counter[int]:
    """How many pieces of each product: one may be in several lines."""
    wanted: Counter[int] = Counter()
    for item in items:
        wanted[item.product_id] += item.quantity
    return wanted


def check_stock(wanted: Mapping[int, int], stock: Stock) -> None:
    """Raises `UnknownProduct`, `InsufficientStock`."""
    for product, quantity in sorted(wanted.items()):
        row = stock.get(product)
        if row is None or not row.data.is_active:
            raise UnknownProduct(product)
        if row.data.stock_quantity < quantity:
            raise InsufficientStock(row.data.name)


def lines(items: Iterable[Item], stock: Stock) -> list[dict[str, Any]]:
    """The items of an order as they are kept, each with a snapshot of its product."""
    return [_line(item, stock[item.product_id].data) for item in items]


def _line(item: Item, product: Product) -> dict[str, Any]:
    return {
        "product_id": item.product_id,
        "quantity": item.quantity,
        "unit_price": product.price,
        "total_price": product.price * item.quantity,
        "product_snapshot": {"name": product.name, "sku": product.sku, "price": float(product.price)},
    }


def totals(prices: Sequence[Decimal]) -> Totals:
    """The sums of an order whose lines cost so much. Raises `TooExpensive`."""
    subtotal = sum(prices, Decimal(0))
    tax = (subtotal * TAX).quantize(CENT, ROUND_HALF_UP)
    shipping = SHIPPING if subtotal < FREE_FROM else Decimal(0)
    made = Totals(subtotal, tax, shipping, subtotal + tax + shipping)
    if made.total > LARGEST:
        raise TooExpensive()
    return made
