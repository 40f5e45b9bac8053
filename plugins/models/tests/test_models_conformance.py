"""This plugin keeps what every plugin keeps; so do plugins with models; and migrations make what models have."""

import secrets
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import pytest

import pegboard_models
import pegboard_openapi
import pegboard_store
from pegboard import create_app
from pegboard.testing import client
from pegboard.testing.suites import PanelSuite, PluginSuite
from pegboard_models import Transaction
from pegboard_models.testing import ModelSuite, metadata_of
from pegboard_store.testing import check_migrations

pytestmark = pytest.mark.anyio

shop, garden = import_module("models_shop"), import_module("models_garden")
PLUGINS = {"models": pegboard_models, "store": pegboard_store}


class TestModels(PluginSuite):
    plugin = pegboard_models
    name = "models"
    plugins = {"store": pegboard_store}  # noqa: RUF012


class TestShop(ModelSuite):
    plugin = shop
    name = "shop"
    plugins = PLUGINS
    kinds = shop.KINDS
    anonymous = frozenset({"shop.countries.list", "shop.countries.read", "shop.notices.list"})

    async def example(self, tx: Transaction, kind: type) -> Mapping[str, Any]:
        word = secrets.token_hex(4)
        if kind is shop.OrderItem:
            order = await tx.create(shop.Order, {})
            product = await tx.create(shop.Product, {"name": "Tea", "sku": word, "price": 1})
            return {"order_id": order.id, "product_id": product.id, "quantity": 2}
        return {
            shop.Category: {"name": "Tea", "slug": word},
            shop.Product: {"name": "Tea", "sku": word, "price": "9.99"},
            shop.Order: {"total": 5},
            shop.Country: {"code": word[:2], "name": "Somewhere"},
            shop.Notice: {"text": "Closed on Sundays"},
        }[kind]


class TestShopPanels(PanelSuite):
    plugin = shop
    name = "shop"
    plugins = PLUGINS


@pytest.mark.parametrize(("plugin", "kinds"), [(shop, shop.KINDS), (garden, (garden.Plant,))])
async def test_the_migrations_make_the_tables(database_url: str, plugin: object, kinds: tuple[type, ...]) -> None:
    await check_migrations(database_url, plugin.pegboard_migrations(), metadata_of(*kinds))


async def test_routes_are_described(tmp_path: object) -> None:
    plugins = {**PLUGINS, "shop": shop, "openapi": pegboard_openapi}
    app = create_app(settings={"data": str(tmp_path)}, plugins=plugins, environ={}, installed=False)
    async with client(app) as api:
        document = (await api.get("/openapi.json")).json()
    components, paths = document["components"]["schemas"], document["paths"]
    draft, patch = components["ProductDraft"], components["ProductPatch"]
    assert draft["required"] == ["name", "sku", "price"]
    assert draft["properties"]["price"]["minimum"] == 0
    assert draft["properties"]["name"]["maxLength"] == 200
    assert "required" not in patch
    assert draft["properties"].keys() == patch["properties"].keys()
    assert not {"id", "tenant", "version", "margin", "sold"} & draft["properties"].keys()
    assert not {"tenant", "margin", "cost"} & components["Product"]["properties"].keys()
    asked = {parameter["name"] for parameter in paths["/api/v1/products"]["get"]["parameters"]}
    assert {"filter", "sort", "cursor", "category_id", "featured"} <= asked
    assert not {"cost", "margin", "tags"} & asked
