"""A records service, and a desk: one tenant's view of an app; both once on SQLite and once on PostgreSQL."""

import secrets
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest

import pegboard_records
import pegboard_store
from pegboard import create_app
from pegboard.testing import callers, client
from pegboard.testing.callers import caller
from pegboard.testing.fixtures import anyio_backend, make_client  # noqa: F401
from pegboard_records import Records, ShardTypeDraft
from pegboard_store import Store
from pegboard_store.testing import (  # noqa: F401
    _postgresql_database,
    database_url,
    postgresql_url,
    store_section,
)

PLUGINS = {"callers": callers, "records": pegboard_records, "store": pegboard_store}
CONTACT = {
    "id": "c_contact",
    "displayName": "Contact",
    "fields": [
        {"name": "name", "label": "Name", "type": "text", "required": True},
        {"name": "email", "type": "email"},
        {"name": "age", "type": "integer", "min": 0},
        {"name": "score", "type": "number"},
        {"name": "active", "type": "boolean"},
        {"name": "tags", "type": "array", "items": "text"},
        {"name": "mixed", "type": "array"},
        {"name": "extra", "type": "json"},
    ],
}


@attrs.frozen
class Desk:
    """Requests of one tenant, who holds all scopes unless told otherwise; the services behind them."""

    client: Any
    services: Any
    tenant: str

    @property
    def records(self) -> Records:
        made: Records = self.services.get(Records)
        return made

    @property
    def store(self) -> Store:
        made: Store = self.services.get(Store)
        return made

    async def call(
        self, method: str, path: str, scopes: str = "*", headers: Mapping[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        """One request; `path` is below the shards unless it is absolute."""
        known = caller(*scopes.split(), tenant=self.tenant, id="ada") | dict(headers or {})
        url = path if path.startswith("/api") else f"/api/v1/shards{path}"
        response: httpx.Response = await self.client.request(method, url, headers=known, **more)
        return response

    async def type(self, document: Mapping[str, Any] | None = None, **more: Any) -> Any:
        """A saved shard type, a contact's unless told otherwise."""
        made = await self.call("POST", "/api/v1/shard-types", json={**(document or CONTACT), **more})
        assert made.status_code == 201, made.text
        return made.json()

    async def shard(self, external_id: str | None = None, **data: Any) -> Any:
        """A saved contact."""
        body = {"type": "c_contact", "externalId": external_id, "data": {"name": "Ada"} | data}
        made = await self.call("POST", "", json=body)
        assert made.status_code == 201, made.text
        return made.json()

    async def listed(self, **params: Any) -> list[str]:
        """The external ids that a list has."""
        found = await self.call("GET", "", params=params)
        assert found.status_code == 200, found.text
        return [shard["externalId"] for shard in found.json()["shards"]]

    async def loose(self, type_id: str = "c_thing") -> str:
        """The id of a saved type without any field."""
        await self.records.types.create(self.tenant, ShardTypeDraft(type_id))
        return type_id


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
async def app_of(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Any]:
    folder: Path = tmp_path_factory.mktemp("records")
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
