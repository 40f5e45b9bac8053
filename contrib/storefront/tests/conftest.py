"""A shop over each database, and what its customers and its admin do again and again."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest

import pegboard_accounts
import pegboard_idempotency
import pegboard_models
import pegboard_openapi
import pegboard_ratelimit
import pegboard_store
import pegboard_storefront
from pegboard import Principal, create_app
from pegboard.testing import client
from pegboard.testing.fixtures import anyio_backend  # noqa: F401
from pegboard_accounts import Accounts
from pegboard_models import Models
from pegboard_store.testing import (  # noqa: F401
    database_url,
    postgresql_url,
    store_section,
)
from pegboard_storefront import Category, Product

PLUGINS = {
    "accounts": pegboard_accounts,
    "idempotency": pegboard_idempotency,
    "models": pegboard_models,
    "openapi": pegboard_openapi,
    "ratelimit": pegboard_ratelimit,
    "store": pegboard_store,
    "storefront": pegboard_storefront,
}
PASSWORD = "testpassword123"
ADDRESS = {"street": "123 Main St", "city": "Test City", "state": "TS", "postal_code": "12345", "country": "US"}
OPERATOR = Principal("operator", "default", scopes=frozenset({"*"}))


@attrs.frozen
class Customer:
    """Somebody who has registered: requests with a token."""

    http: httpx.AsyncClient
    user: dict[str, Any]
    tokens: dict[str, Any]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}

    async def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {**self.headers, **more.pop("headers", {})}
        return await self.http.request(method, path, headers=headers, **more)

    async def order(self, *items: tuple[int, int], **more: Any) -> httpx.Response:
        return await self.call("POST", "/orders", json=draft(*items), **more)


def draft(*items: tuple[int, int], **more: Any) -> dict[str, Any]:
    """An order of products, each with the number of pieces."""
    wanted = [{"product_id": product, "quantity": quantity} for product, quantity in items]
    return {"items": wanted, "shipping_address": ADDRESS, "payment_method": "credit_card", **more}


@attrs.frozen
class Shop:
    """An app that serves a shop."""

    http: Any

    @property
    def services(self) -> Any:
        return self.http.app.state.board.services

    async def register(self, name: str = "testuser", **more: Any) -> Customer:
        given = {"email": f"{name}@example.com", "username": name, "password": PASSWORD}
        answer = await self.http.post(
            "/auth/register", json={**given, "first_name": "Test", "last_name": "User", **more}
        )
        assert answer.status_code == 200, answer.text
        made = answer.json()
        return Customer(self.http, made["user"], made)

    async def admin(self, name: str = "root") -> Customer:
        customer = await self.register(name)
        accounts: Accounts = self.services.get(Accounts)
        account = await accounts.find_user("default", customer.user["id"])
        await accounts.set_role("default", account.id, "admin", by=OPERATOR)
        return customer

    async def category(self, slug: str = "tea", **more: Any) -> int:
        values = {"name": slug.title(), "slug": slug, "description": "", **more}
        async with self.services.get(Models).begin(OPERATOR) as tx:
            found = await tx.find(Category, {"slug": slug})
            return (found or await tx.create(Category, values)).id  # type: ignore[no-any-return]

    async def product(self, sku: str = "TEST-001", **more: Any) -> int:
        """A product that costs 29.99 and of which there are 100."""
        values = {"name": "Test Product", "description": "A test product", "price": "29.99", "stock_quantity": 100}
        values["category_id"] = more.pop("category_id", None) or await self.category()
        async with self.services.get(Models).begin(OPERATOR) as tx:
            return (await tx.create(Product, {**values, "sku": sku, **more})).id  # type: ignore[no-any-return]

    async def stock(self, product: int) -> int:
        async with self.services.get(Models).read(OPERATOR) as reader:
            return (await reader.read(Product, product, deleted="include")).data.stock_quantity  # type: ignore[no-any-return]


def make_app(url: str, folder: Path, accounts: Any = None, ratelimit: Any = None, **storefront: Any) -> Any:
    sections = {
        "accounts": {"prefix": "/accounts", "hash_cost": "owasp", **(accounts or {})},
        "ratelimit": ratelimit or {},
        "store": store_section(url),
        "storefront": {"rate_requests": 100_000, "sign_ins": 100_000, **storefront},
    }
    settings = {"data": str(folder), "strict": True, "plugins": sections}
    return create_app(settings=settings, plugins=PLUGINS, environ={}, installed=False)


Opened = Callable[..., AbstractAsyncContextManager[Shop]]


@pytest.fixture
def open_shop(database_url: str, tmp_path: Path) -> Opened:  # noqa: F811
    """Opens a shop with settings of its own, over a fresh database."""

    @asynccontextmanager
    async def opened(base: str = "", **settings: Any) -> AsyncIterator[Shop]:
        async with client(make_app(database_url, tmp_path, **settings), base_url=f"http://shop.test{base}") as http:
            yield Shop(http)

    return opened


@pytest.fixture
async def shop(open_shop: Opened) -> AsyncIterator[Shop]:
    async with open_shop() as opened:
        yield opened
