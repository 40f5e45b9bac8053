"""What is sold: the tables of document 003, each with its indexes, unique keys and defaults."""

# ruff: noqa: RUF009

from decimal import Decimal
from typing import Any

import attrs

from pegboard_models import Routes, field, model


@model(
    "storefront",
    "category",
    table="categories",
    indexes=[("is_active", "sort_order")],
    routes=Routes("/api/v1/storefront/categories"),
)
@attrs.frozen
class Category:
    """A product category."""

    name: str = field(min_length=1, max_length=200, searchable=True)
    description: str = field(max_length=10_000)
    slug: str = field(min_length=1, max_length=200, pattern=r"[a-z0-9]+(-[a-z0-9]+)*", unique=True)
    parent_id: int | None = field(default=None, references="category")
    is_active: bool = True
    sort_order: int = field(default=0, min=-1_000_000, max=1_000_000)
    metadata: dict[str, Any] = field(factory=dict)


@model(
    "storefront",
    "product",
    table="products",
    soft_delete=True,
    key=("sku",),
    indexes=[("is_active", "featured", "created_at"), ("price",), ("stock_quantity",)],
    routes=Routes("/api/v1/storefront/products"),
)
@attrs.frozen
class Product:
    """What is sold. `cost` is what the shop itself pays: callers give it, and never see it."""

    name: str = field(min_length=1, max_length=200, searchable=True)
    description: str = field(max_length=10_000, searchable=True)
    sku: str = field(min_length=3, max_length=64, converter=str.upper, unique=True, searchable=True)
    price: Decimal = field(min=0, precision=12, scale=2)
    category_id: int = field(references=Category)
    cost: Decimal | None = field(default=None, min=0, precision=12, scale=2, access="write_only")
    stock_quantity: int = field(default=0, min=0, max=1_000_000_000)
    weight: float | None = field(default=None, min=0)
    dimensions: dict[str, float] = field(factory=dict, max_length=20)
    attributes: dict[str, Any] = field(factory=dict, max_length=100)
    tags: list[str] = field(factory=list, max_length=100)
    images: list[str] = field(factory=list, max_length=100)
    is_active: bool = True
    featured: bool = False
