"""A plugin with models of every sort, as a third party would write it."""

# ruff: noqa: RUF009

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Literal
from uuid import UUID

import attrs

from pegboard import hookimpl
from pegboard_models import Routes, field, model, model_panels, model_routes, models_of
from pegboard_store import Migrations


class State(Enum):
    DRAFT = "draft"
    LIVE = "live"
    GONE = "gone"


@model("shop", "category", table="categories", routes=Routes("/api/v1/categories"))
@attrs.frozen
class Category:
    """A shelf of products."""

    name: str = field(min_length=1, max_length=100, searchable=True)
    slug: str = field(max_length=100, pattern=r"[a-z0-9-]+", unique=True)
    parent_id: int | None = field(default=None, references="category")
    sort_order: int = 0


@model(
    "shop",
    "product",
    table="products",
    soft_delete=True,
    key=("sku",),
    indexes=[("state", "featured"), ("price",)],
    routes=Routes("/api/v1/products", limit=200),
)
@attrs.frozen
class Product:
    """What is sold."""

    name: str = field(min_length=1, max_length=200, searchable=True)
    sku: str = field(min_length=3, max_length=40, converter=lambda text: text.upper(), unique=True)
    price: Decimal = field(min=0, precision=12, scale=2)
    cost: Decimal | None = field(default=None, access="write_only")
    margin: float | None = field(default=None, access="hidden")
    sold: int = field(default=0, access="read_only")
    category_id: int | None = field(default=None, references=Category)
    stock: int = field(default=0, min=0)
    weight: float | None = None
    state: State = State.DRAFT
    size: Literal["s", "m", "l"] | None = None
    featured: bool = False
    released: date | None = None
    seen_at: datetime | None = None
    batch: UUID | None = None
    note: str | None = field(default=None, searchable=True)
    tags: list[str] = field(factory=list)
    attributes: dict[str, Any] = field(factory=dict)


@model(
    "shop", "order", table="orders", owner="buyer", indexes=[("created_at",)],
    routes=Routes("/api/v1/orders", match="required"),
)  # fmt: skip
@attrs.frozen
class Order:
    """What somebody buys."""

    buyer: str = field(max_length=100)
    total: Decimal = field(default=Decimal(0), min=0)


@model("shop", "order_item", table="order_items", audit=False, unique=[("order_id", "product_id")])
@attrs.frozen
class OrderItem:
    """A line of an order."""

    order_id: int = field(references=Order)
    product_id: int = field(references=Product)
    quantity: int = field(min=1)


@model(
    "shop", "country", table="countries", id="uuid", tenant=False, key=("code",),
    routes=Routes("/api/v1/countries", anonymous=("list", "read")),
)  # fmt: skip
@attrs.frozen
class Country:
    """Where to."""

    code: str = field(min_length=2, max_length=2, unique=True)
    name: str = field(max_length=100)


@model(
    "shop", "notice", table="notices",
    routes=Routes("/api/v1/notices", ("list", "read", "count", "create"), anonymous=("list",), public_tenant="public"),
)  # fmt: skip
@attrs.frozen
class Notice:
    """What everybody may read."""

    text: str = field(max_length=1000)


KINDS = (Category, Product, Order, OrderItem, Country, Notice)


@hookimpl
def pegboard_models() -> Any:
    return models_of(*KINDS)


@hookimpl
def pegboard_migrations() -> Migrations:
    return Migrations("shop", "The shop", package="models_shop.migrations")


@hookimpl
def pegboard_routes() -> Any:
    return model_routes(*KINDS)


@hookimpl
def pegboard_panels() -> Any:
    return model_panels(*KINDS)
