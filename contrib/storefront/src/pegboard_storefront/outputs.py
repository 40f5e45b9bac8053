"""What callers are shown. What is not named here leaves the app nowhere: `cost` and hashes of passwords among it."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

import attrs

from pegboard_accounts import Account, CreatedKey, Key, SignedIn
from pegboard_models import Saved

from .catalogue import Category, Product
from .ordering import Order, OrderItem

T = TypeVar("T")
Shown = dict[str, Any]


@attrs.frozen
class Told:
    message: str


@attrs.frozen
class Health:
    status: str
    timestamp: datetime


@attrs.frozen
class UserResponse:
    """A user; `id` is his number."""

    id: int
    email: str
    username: str
    first_name: str
    last_name: str
    role: str
    is_active: bool
    is_verified: bool
    created_at: datetime

    @classmethod
    def of(cls, user: Account) -> "UserResponse":
        more = {name: getattr(user, name) for name in USER if name != "id"}
        return cls(id=user.number, **more)


@attrs.frozen
class Tokens:
    """A session that was opened or carried on; its tokens are shown only here. `expires_in` is in seconds."""

    user: UserResponse
    access_token: str = attrs.field(repr=False)
    refresh_token: str = attrs.field(repr=False)
    expires_in: int
    token_type: str = "bearer"

    @classmethod
    def of(cls, signed: SignedIn) -> "Tokens":
        return cls(UserResponse.of(signed.user), signed.access_token, signed.refresh_token, signed.expires_in)


@attrs.frozen
class KeyResponse:
    """A key as one may look at it: everything but the secret."""

    id: str
    name: str
    permissions: tuple[str, ...]
    is_active: bool
    expires_at: datetime | None
    last_used: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, key: Key) -> "KeyResponse":
        active = key.revoked_at is None
        return cls(key.id, key.name, key.scopes, active, key.expires_at, key.last_used_at, key.created_at)


@attrs.frozen
class NewKey:
    """A key with its text, which is shown this once."""

    api_key: KeyResponse
    key: str = attrs.field(repr=False)

    @classmethod
    def of(cls, made: CreatedKey) -> "NewKey":
        return cls(KeyResponse.of(made.record), made.key)


@attrs.frozen
class CategoryResponse:
    id: int
    name: str
    description: str
    slug: str
    parent_id: int | None
    is_active: bool
    sort_order: int
    metadata: dict[str, Any]


@attrs.frozen
class ProductResponse:
    id: int
    name: str
    description: str
    sku: str
    price: Decimal
    category_id: int
    stock_quantity: int
    weight: float | None
    dimensions: dict[str, float]
    attributes: dict[str, Any]
    tags: list[str]
    images: list[str]
    is_active: bool
    featured: bool
    created_at: datetime


@attrs.frozen
class ItemResponse:
    id: int
    product_id: int
    quantity: int
    unit_price: Decimal
    total_price: Decimal
    product_snapshot: dict[str, Any]


@attrs.frozen
class OrderResponse:
    id: int
    user_id: int
    order_number: str
    status: str
    subtotal: Decimal
    tax_amount: Decimal
    shipping_amount: Decimal
    total: Decimal
    currency: str
    payment_status: str
    created_at: datetime
    items: list[ItemResponse]


@attrs.frozen
class DaySales:
    orders: int
    revenue: Decimal


@attrs.frozen
class ProductSales:
    product_id: int
    quantity: int
    revenue: Decimal


@attrs.frozen
class Sales:
    """What was sold in so many days, cancelled orders left out. `daily_sales` is by days of UTC."""

    period_days: int
    total_revenue: Decimal
    total_orders: int
    average_order_value: Decimal
    daily_sales: dict[str, DaySales]
    top_products: list[ProductSales]


def _names(shown: type, *others: str) -> tuple[str, ...]:
    return tuple(field.name for field in attrs.fields(shown) if field.name not in ("id", "created_at", *others))


USER = tuple(field.name for field in attrs.fields(UserResponse))
CATEGORY, PRODUCT = _names(CategoryResponse), _names(ProductResponse, "price")
ITEM = _names(ItemResponse, "unit_price", "total_price")
MONEY = ("subtotal", "tax_amount", "shipping_amount", "total")


def shown_category(row: Saved[Category]) -> Shown:
    """As `CategoryResponse` describes it."""
    return {"id": row.id} | {name: getattr(row.data, name) for name in CATEGORY}


def shown_product(row: Saved[Product]) -> Shown:
    """As `ProductResponse` describes it: a plain dictionary, since lists of products are what a shop is asked for."""
    data = row.data
    made = {"id": row.id} | {name: getattr(data, name) for name in PRODUCT}
    return made | {"price": float(data.price), "created_at": row.created_at}


def shown_order(row: Saved[Order], items: Iterable[Saved[OrderItem]]) -> Shown:
    """As `OrderResponse` describes it."""
    data = row.data
    made: Shown = {"id": row.id, "user_id": data.user_id, "order_number": data.order_number}
    made |= {name: float(getattr(data, name)) for name in MONEY}
    made |= {"status": data.status.value, "payment_status": data.payment_status.value, "currency": data.currency}
    return made | {"created_at": row.created_at, "items": [shown_item(item) for item in items]}


def shown_item(row: Saved[OrderItem]) -> Shown:
    """As `ItemResponse` describes it."""
    data = row.data
    made = {"id": row.id} | {name: getattr(data, name) for name in ITEM}
    return made | {"unit_price": float(data.unit_price), "total_price": float(data.total_price)}
