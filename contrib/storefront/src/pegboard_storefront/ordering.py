"""What is bought: orders with their items, and which statuses follow one another."""

# ruff: noqa: RUF009

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import attrs

from pegboard_models import Routes, field, model

from .catalogue import Product


class Status(Enum):
    PENDING = "pending"
    CONFIRMED = "confirmed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class Payment(Enum):
    PENDING = "pending"
    PAID = "paid"
    FAILED = "failed"
    REFUNDED = "refunded"


FOLLOWS: Mapping[Status, frozenset[Status]] = {
    Status.PENDING: frozenset({Status.CONFIRMED, Status.CANCELLED}),
    Status.CONFIRMED: frozenset({Status.SHIPPED, Status.CANCELLED}),
    Status.SHIPPED: frozenset({Status.DELIVERED}),
    Status.DELIVERED: frozenset(),
    Status.CANCELLED: frozenset(),
}
"""What may become of an order; one that is on its way is not cancelled any more."""


@model(
    "storefront",
    "order",
    table="orders",
    owner="buyer",
    indexes=[("user_id", "created_at"), ("status",), ("payment_status",), ("created_at",)],
    routes=Routes("/api/v1/storefront/orders", ("list", "read", "count", "export")),
)
@attrs.frozen
class Order:
    """An order. `buyer` is the user's id, by which rows are guarded; `user_id` is his number, which callers see."""

    buyer: str = field(max_length=100, access="hidden")
    user_id: int = field(min=1)
    order_number: str = field(max_length=20, unique=True)
    subtotal: Decimal = field(min=0, precision=18, scale=2)
    total: Decimal = field(min=0, precision=18, scale=2)
    payment_method: str = field(min_length=1, max_length=100)
    status: Status = Status.PENDING
    tax_amount: Decimal = field(default=Decimal(0), min=0, precision=18, scale=2)
    shipping_amount: Decimal = field(default=Decimal(0), min=0, precision=18, scale=2)
    currency: str = field(default="USD", min_length=3, max_length=3)
    payment_status: Payment = Payment.PENDING
    shipping_address: dict[str, str] = field(factory=dict)
    billing_address: dict[str, str] = field(factory=dict)
    notes: str | None = field(default=None, max_length=2000)
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None


@model("storefront", "order_item", table="order_items", audit=False)
@attrs.frozen
class OrderItem:
    """A line of an order, with what the product was at that time."""

    order_id: int = field(references=Order)
    product_id: int = field(references=Product)
    quantity: int = field(min=1)
    unit_price: Decimal = field(min=0, precision=12, scale=2)
    total_price: Decimal = field(min=0, precision=18, scale=2)
    product_snapshot: dict[str, Any] = field(factory=dict)
