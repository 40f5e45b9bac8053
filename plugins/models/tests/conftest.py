"""A shop and a garden, as third parties write them, and a desk: one tenant's view of them; on both databases."""

import secrets
import sys
from collections.abc import AsyncIterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest

import pegboard_audit
import pegboard_models
import pegboard_store
from pegboard import Principal, create_app
from pegboard.testing import callers, client
from pegboard.testing.callers import caller
from pegboard.testing.fixtures import anyio_backend, make_client  # noqa: F401
from pegboard_models import Models
from pegboard_store import Store
from pegboard_store.testing import (  # noqa: F401
    _postgresql_database,
    database_url,
    postgresql_url,
    store_section,
)

sys.path.insert(0, str(Path(__file__).parent / "packages"))  # no distribution provides them
models_shop, models_garden = import_module("models_shop"), import_module("models_garden")

PLUGINS = {
    "audit": pegboard_audit,
    "callers": callers,
    "garden": models_garden,
    "models": pegboard_models,
    "shop": models_shop,
    "store": pegboard_store,
}


@attrs.frozen
class Desk:
    """Requests of one tenant, who holds all scopes unless told otherwise; the services behind them."""

    client: Any
    services: Any
    tenant: str
    id: str = "ada"

    @property
    def models(self) -> Models:
        made: Models = self.services.get(Models)
        return made

    @property
    def store(self) -> Store:
        made: Store = self.services.get(Store)
        return made

    @property
    def principal(self) -> Principal:
        return Principal(self.id, self.tenant)

    def other(self, **changes: str) -> "Desk":
        return attrs.evolve(self, **changes)

    def begin(self, **options: Any) -> Any:
        return self.models.begin(self.principal, **options)

    def read(self, **options: Any) -> Any:
        return self.models.read(self.principal, **options)

    async def create(self, kind: type, **values: Any) -> Any:
        async with self.begin() as tx:
            return await tx.create(kind, values)

    async def product(self, sku: str, **values: Any) -> Any:
        return await self.create(models_shop.Product, **{"name": "Tea", "sku": sku, "price": "9.99"} | values)

    async def skus(self, **query: Any) -> list[str]:
        """Those of the products that a list has."""
        async with self.read() as reader:
            found = await reader.list(models_shop.Product, pegboard_models.Query(**query))
        return [row.data.sku for row in found.items]

    async def call(
        self, method: str, path: str, scopes: str = "*", headers: Mapping[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        """One request; `path` is below the products unless it is absolute."""
        known = caller(*scopes.split(), tenant=self.tenant, id=self.id) | dict(headers or {})
        url = path if path.startswith("/api") else f"/api/v1/products{path}"
        response: httpx.Response = await self.client.request(method, url, headers=known, **more)
        return response

    async def post(self, sku: str, **values: Any) -> Any:
        made = await self.call("POST", "", json={"name": "Tea", "sku": sku, "price": 9.99} | values)
        assert made.status_code == 201, made.text
        return made.json()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
async def app_of(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Any]:
    folder: Path = tmp_path_factory.mktemp("models")
    url = f"sqlite:///{folder}/test.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("_postgresql_database")
    settings = {"data": str(folder), "strict": True, "plugins": {"store": store_section(url)}}
    app = create_app(settings=settings, plugins=PLUGINS, environ={}, installed=False)
    async with client(app, timeout=30) as made:
        yield made, app.state.board.services


@pytest.fixture
def desk(app_of: Any) -> Desk:
    """A desk of a new tenant."""
    return Desk(*app_of, f"tenant-{secrets.token_hex(4)}")
