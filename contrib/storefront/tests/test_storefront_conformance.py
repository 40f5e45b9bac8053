"""The storefront keeps what every plugin keeps; its migrations make its tables; its seed is sown once."""

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

import pegboard_accounts
import pegboard_idempotency
import pegboard_models
import pegboard_store
import pegboard_storefront
from pegboard import RouteSpec
from pegboard.testing import Forking, forking
from pegboard.testing.suites import PanelSuite
from pegboard_models import Transaction
from pegboard_models.testing import ModelSuite, metadata_of
from pegboard_store import Store
from pegboard_store.testing import check_migrations
from pegboard_storefront import Category, Order, OrderItem, Product
from pegboard_storefront.routes import ROUTES

pytestmark = pytest.mark.anyio

NEEDED = {
    "accounts": pegboard_accounts,
    "idempotency": pegboard_idempotency,
    "models": pegboard_models,
    "store": pegboard_store,
}
OPEN = {route.name for route in ROUTES if route.anonymous}


class TestStorefront(ModelSuite):
    plugin = pegboard_storefront
    name = "storefront"
    plugins = NEEDED
    settings = {"plugins": {"storefront": {"allowed_origins": []}, "accounts": {"prefix": "/accounts"}}}  # noqa: RUF012
    anonymous = frozenset(OPEN | {name.replace("shop.", "shop.v1.", 1) for name in OPEN})
    kinds = (Category, Product, Order, OrderItem)

    async def example(self, tx: Transaction, kind: type) -> Mapping[str, Any]:
        word = secrets.token_hex(4)
        if kind is Category:
            return {"name": "Tea", "slug": word, "description": ""}
        if kind is Order:
            sums = {"subtotal": "1", "total": "10.98"}
            return {"user_id": 1, "order_number": word, "payment_method": "card", **sums}
        if kind is Product:
            category = await tx.create(Category, await self.example(tx, Category))
            return {"name": "Pot", "description": "", "sku": word, "price": "9.99", "category_id": category.id}
        order = await tx.create(Order, await self.example(tx, Order))
        product = await tx.create(Product, await self.example(tx, Product))
        price = {"unit_price": "9.99", "total_price": "9.99"}
        return {"order_id": order.id, "product_id": product.id, "quantity": 1, **price}

    async def test_a_guarded_route_lets_nobody_in(self) -> None:
        """The contract wants 403 where there is no credential."""
        async with self.started() as (api, board):
            for route in self.own(board):
                if isinstance(route, RouteSpec) and not route.anonymous:
                    answer = await api.request(route.methods[0], self.filled(route.path))
                    assert answer.status_code == (403 if route.name.startswith("shop.") else 401), route.name


class TestStorefrontPanels(PanelSuite):
    plugin = pegboard_storefront
    name = "storefront"
    plugins = NEEDED


async def test_the_migrations_make_the_tables(database_url: str) -> None:
    line = pegboard_storefront.pegboard_migrations()
    await check_migrations(database_url, line, metadata_of(Category, Product, Order, OrderItem))


def test_the_tables_have_the_indexes_of_the_document() -> None:
    tables = metadata_of(Category, Product, Order, OrderItem).tables
    wanted = {
        "categories": ["slug!", "parent_id", "is_active sort_order"],
        "products": ["sku!", "category_id", "is_active featured", "price", "stock_quantity"],
        "orders": ["order_number!", "user_id created_at", "status", "payment_status"],
        "order_items": ["order_id", "product_id"],
    }
    for name, indexes in wanted.items():
        found = tables[f"storefront_{name}"].indexes
        made = [" ".join([*(column.name for column in index.columns)][1:]) + "!" * index.unique for index in found]
        for index in indexes:
            assert any(one.startswith(index) for one in made), f"{name}: no index {index} among {made}"


async def test_both_addresses_have_all_routes_where_accounts_are_elsewhere(shop: Any) -> None:
    known = {(route.path, *route.methods) for route, _ in shop.http.app.state.board.routes}
    assert {("/api/v1" + route.path, *route.methods) for route in ROUTES} <= known
    assert {(route.path, *route.methods) for route in ROUTES} <= known


async def test_a_shop_whose_tables_are_behind_is_live_and_not_ready(shop: Any) -> None:
    version = pegboard_storefront.pegboard_migrations().version_table
    async with shop.services.get(Store).begin() as session:
        await session.execute(text(f'DELETE FROM "{version}"'))
    answer = await shop.http.get("/health/ready")
    assert (answer.status_code, answer.json()) == (503, {"error": "The shop is not ready", "status_code": 503})
    assert (await shop.http.get("/health/live")).json()["status"] == "healthy"


async def test_accounts_keep_their_own_addresses(open_shop: Any) -> None:
    async with open_shop(accounts={"prefix": "/api/v1"}) as shop:
        ann = await shop.register()
        assert (await shop.http.get("/api/v1/auth/me")).json()["type"] == "urn:pegboard:problem:unauthorized"
        assert (await ann.call("GET", "/api/v1/orders")).json() == []


@pytest.fixture(scope="module")
async def origin() -> Any:
    async with forking() as made:
        yield made


async def test_the_seed_is_sown_once(origin: Forking, tmp_path: Path, database_url: str) -> None:
    environ = {"DATABASE_URL": database_url, "PEGBOARD_STORE__MIGRATE": "start", "PEGBOARD_LOG__LEVEL": "error"}
    first = await origin.run("storefront", "seed", cwd=tmp_path, environ=environ)
    assert first.code == 0, first.stderr
    assert first.stdout.splitlines()[0] == "3 categories, 6 products, 2 users made"
    assert len(first.stdout.splitlines()) == 3
    again = await origin.run("storefront", "seed", cwd=tmp_path, environ=environ)
    assert again.stdout.splitlines() == ["0 categories, 0 products, 0 users made"]
