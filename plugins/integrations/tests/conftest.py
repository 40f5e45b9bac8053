"""An app under test, and a desk: one tenant's view of it, with an API that does what the test says."""

import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import anyio
import attrs
import httpx
import pytest

import pegboard_auth_oauth2
import pegboard_auth_static
import pegboard_egress
import pegboard_integrations
import pegboard_jobs
import pegboard_paginators
import pegboard_records
import pegboard_store
import pegboard_transforms
import pegboard_vault
import pegboard_webhooks
from pegboard import create_app
from pegboard.testing import Forking, Received, Upstream, answer, callers, client, forking, upstream
from pegboard.testing.callers import caller
from pegboard.testing.fixtures import anyio_backend  # noqa: F401
from pegboard_store.testing import (  # noqa: F401
    _postgresql_database,
    database_url,
    postgresql_url,
    store_section,
)

PLUGINS = {
    "auth-oauth2": pegboard_auth_oauth2,
    "auth-static": pegboard_auth_static,
    "callers": callers,
    "egress": pegboard_egress,
    "integrations": pegboard_integrations,
    "jobs": pegboard_jobs,
    "paginators": pegboard_paginators,
    "records": pegboard_records,
    "store": pegboard_store,
    "transforms": pegboard_transforms,
    "vault": pegboard_vault,
    "webhooks": pegboard_webhooks,
}
PREFIX = "/api/v1/custom-integrations"
KEY = "s3cret-key-of-the-api"
PATIENCE = 20.0
PRELOAD = ("aiosqlite", "alembic.runtime.migration", "asyncpg")
LEASE = 0.6
NEEDLESS = {
    *("accounts", "audit", "endpoints", "metrics", "openapi", "transform-expression"),
    *("sandbox-process", "sandbox-restricted", "sandbox-monty"),
}
"""Plugins that these servers are quicker without, wherever they are installed."""


@attrs.frozen
class Desk:
    """Requests of one tenant, who holds all scopes unless told otherwise."""

    client: Any
    upstream: Upstream
    tenant: str
    root: str

    def elsewhere(self, other: "Desk") -> "Desk":
        """The same tenant and API, at the app of another desk."""
        return attrs.evolve(self, client=other.client)

    def of(self, tenant: str) -> "Desk":
        return attrs.evolve(self, tenant=tenant)

    async def call(self, method: str, path: str = "", scopes: str = "*", **more: Any) -> httpx.Response:
        """One request; `path` is below the integrations unless it is absolute."""
        url = path if path.startswith("/") else f"{PREFIX}{'/' if path and path[0] != '?' else ''}{path}"
        headers = caller(*scopes.split(), tenant=self.tenant, id="u1", username="ada") | more.pop("headers", {})
        response: httpx.Response = await self.client.request(method, url, headers=headers, **more)
        return response

    def definition(self, **more: Any) -> dict[str, Any]:
        """A definition of an API with pages of contacts, as `serve_contacts` has it."""
        return {
            "name": f"crm-{secrets.token_hex(3)}",
            "displayName": "CRM",
            "integrationType": "rest_api",
            "baseUrl": f"{self.upstream.url}/{self.root}",
            "auth": {"type": "api_key", "keyName": "X-API-Key", "keyLocation": "header", "keyValue": KEY},
            "endpoints": [contacts()],
            **more,
        }

    async def save(self, **more: Any) -> dict[str, Any]:
        created = await self.call("POST", json=self.definition(**more))
        assert created.status_code == 201, created.text
        made: dict[str, Any] = created.json()
        return made

    async def active(self, **more: Any) -> dict[str, Any]:
        """A saved integration that is active, with its shard type."""
        await self.shard_type()
        made = await self.save(**more)
        patched = await self.call("PATCH", made["id"], json={"status": "active"})
        assert patched.status_code == 200, patched.text
        found: dict[str, Any] = patched.json()
        return found

    async def shard_type(self, id: str = "c_contact", **more: Any) -> None:
        fields = [{"name": "name", "type": "text"}, {"name": "email", "type": "text"}]
        body = {"id": id, "displayName": id, "fields": fields, **more}
        made = await self.call("POST", "/api/v1/shard-types", json=body)
        assert made.status_code in (201, 409), made.text

    async def sync(self, integration: Mapping[str, Any], endpoint: str = "contacts", **more: Any) -> dict[str, Any]:
        """A run, started and waited for; with its trace and failures."""
        started = await self.call("POST", f"{integration['id']}/sync", json={"endpointId": endpoint, **more})
        assert started.status_code == 202, started.text
        return await self.ended(integration, started.json()["id"])

    async def ended(self, integration: Mapping[str, Any], run: str) -> dict[str, Any]:
        with anyio.fail_after(PATIENCE):
            while True:
                found: dict[str, Any] = (await self.call("GET", f"{integration['id']}/runs/{run}")).json()
                if found["run"]["finishedAt"] is not None:
                    return found
                await anyio.sleep(0.02)

    async def run(self, integration: Mapping[str, Any], run: str) -> dict[str, Any]:
        """A run as it is now."""
        found: dict[str, Any] = (await self.call("GET", f"{integration['id']}/runs/{run}")).json()["run"]
        return found

    async def came_to(self, integration: Mapping[str, Any], run: str, pages: int) -> None:
        """Wait until so many pages of a run are written."""
        with anyio.fail_after(PATIENCE):
            while True:
                if (await self.run(integration, run))["pages"] >= pages:
                    return
                await anyio.sleep(0.01)

    async def shards(self, type: str = "c_contact") -> list[dict[str, Any]]:
        listed = await self.call("GET", f"/api/v1/shards?type={type}&limit=1000&sort=externalId")
        assert listed.status_code == 200, listed.text
        found: list[dict[str, Any]] = listed.json()["shards"]
        return found

    def contacts(self, **more: Any) -> dict[str, Any]:
        return contacts(**more)

    def contact(self, number: int) -> dict[str, Any]:
        return contact(number)

    def page(self, received: Received, count: int, size: int) -> dict[str, Any]:
        return contacts_page(received, count, size)

    def serve_contacts(self, count: int, size: int = 10, path: str = "contacts", **more: Any) -> None:
        """``/contacts?page=N`` of the desk's API: contacts 1 to `count`."""
        self.upstream.on(
            f"/{self.root}/{path}", lambda received: answer(json=contacts_page(received, count, size), **more)
        )


def contacts(**more: Any) -> dict[str, Any]:
    """The endpoint of `serve_contacts`."""
    return {
        "id": "contacts",
        "name": "getContacts",
        "method": "GET",
        "path": "/contacts",
        "pagination": {
            "type": "page",
            "pageParam": "page",
            "endCondition": {"type": "has_more_field", "field": "$.more"},
        },
        "responseMapping": {
            "dataPath": "$.items",
            "identifierField": "$.id",
            "targetShardTypeId": "c_contact",
            "fieldMappings": [{"source": "$.full_name", "target": "name"}, {"source": "$.mail", "target": "email"}],
        },
        **more,
    }


def contact(number: int) -> dict[str, Any]:
    return {"id": number, "full_name": f"Contact {number}", "mail": f"c{number}@example.com"}


def contacts_page(received: Received, count: int, size: int) -> dict[str, Any]:
    page = int(received.query.get("page", 1))
    numbers = range((page - 1) * size + 1, min(page * size, count) + 1)
    return {"items": [contact(number) for number in numbers], "more": page * size < count}


def settings_of(folder: Path, stand_in: Upstream, given: Mapping[str, Any]) -> dict[str, Any]:
    sections = {"egress": {"allow_origins": [stand_in.url]}, "auth-oauth2": {"allow_http": True}}
    return {"data": str(folder), "log": {"level": "error"}, "plugins": {**sections, **given}}


@asynccontextmanager
async def _serving(folder: Path, stand_in: Upstream, given: Mapping[str, Any], **more: Any) -> AsyncIterator[Any]:
    plugins = {name: plugin for name, plugin in {**PLUGINS, **more.pop("plugins", {})}.items() if plugin}
    document = settings_of(folder, stand_in, given)
    document["plugins"] = {name: section for name, section in document["plugins"].items() if name in plugins}
    app = create_app(settings=document, plugins=plugins, environ={}, installed=False, **more)
    async with client(app, timeout=30) as made:
        yield made


def desk_at(made: Any, stand_in: Upstream) -> Desk:
    return Desk(made, stand_in, f"tenant-{secrets.token_hex(4)}", f"v1-{secrets.token_hex(3)}")


@pytest.fixture(scope="session")
async def stand_in() -> AsyncIterator[Upstream]:
    async with upstream() as made:
        yield made


@pytest.fixture
def app_with(stand_in: Upstream, tmp_path: Path) -> Callable[..., AbstractAsyncContextManager[Desk]]:
    """A desk at an app of its own: sections of settings, and ``plugins`` to add or, where None, to leave out."""

    @asynccontextmanager
    async def make(given: Mapping[str, Any] | None = None, **more: Any) -> AsyncIterator[Desk]:
        async with _serving(tmp_path, stand_in, given or {}, **more) as made:
            yield desk_at(made, stand_in)

    return make


@pytest.fixture(scope="session")
async def shared(stand_in: Upstream, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Any]:
    async with _serving(tmp_path_factory.mktemp("shared"), stand_in, {}) as made:
        yield made


@pytest.fixture
def desk(shared: Any, stand_in: Upstream) -> Desk:
    """A desk of a new tenant at the app that all tests share."""
    return desk_at(shared, stand_in)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
async def stored(
    request: pytest.FixtureRequest, stand_in: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Any]:
    folder = tmp_path_factory.mktemp("stored")
    url = f"sqlite:///{folder}/test.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("_postgresql_database")
    async with _serving(folder, stand_in, {"store": store_section(url)}) as made:
        yield made


@pytest.fixture
def each(stored: Any, stand_in: Upstream) -> Desk:
    """As `desk`, once on SQLite and once on PostgreSQL."""
    return desk_at(stored, stand_in)


@pytest.fixture
def at(stand_in: Upstream) -> Callable[[Any], Desk]:
    """A desk at a server process, always of the same tenant and API."""
    root = f"v1-{secrets.token_hex(3)}"

    def make(http: Any) -> Desk:
        return Desk(http, stand_in, "acme", root)

    return make


@pytest.fixture
def plugins() -> dict[str, Any]:
    return dict(PLUGINS)


@pytest.fixture
def document(tmp_path: Path, stand_in: Upstream) -> dict[str, Any]:
    """The settings of apps and commands that share a database."""
    return settings_of(tmp_path, stand_in, {"store": store_section(f"sqlite:///{tmp_path}/shared.db")})


@pytest.fixture
def served_with() -> Callable[[dict[str, Any]], AbstractAsyncContextManager[Any]]:
    """A client of an app with these settings."""

    @asynccontextmanager
    async def make(document: dict[str, Any]) -> AsyncIterator[Any]:
        app = create_app(settings=document, plugins=PLUGINS, environ={}, installed=False)
        async with client(app, timeout=30) as made:
            yield made

    return make


@pytest.fixture
def environ(database_url: str, stand_in: Any) -> dict[str, str]:  # noqa: F811
    return {
        "DATABASE_URL": database_url,
        "PEGBOARD_STORE__MIGRATE": "start",
        "PEGBOARD_EGRESS__ALLOW_ORIGINS": stand_in.url,
        "PEGBOARD_INTEGRATIONS__LEASE_SECONDS": str(LEASE),
        "PEGBOARD_DISABLE": disabled(),
    }


def disabled() -> str:
    return ",".join(sorted(NEEDLESS & entry_points(group="pegboard.plugin.v1").names))


@pytest.fixture(scope="session")
async def servers() -> AsyncIterator[Forking]:
    async with forking(preload=PRELOAD, environ={"PEGBOARD_DISABLE": disabled()}) as made:
        yield made


@pytest.fixture
def server(servers: Forking, tmp_path: Path, environ: dict[str, str], at: Any) -> Callable[[], Any]:
    """Starts one more server process on the test's database; gives the process and a desk at it."""

    @asynccontextmanager
    async def start() -> AsyncIterator[Any]:
        async with (
            servers.served(tmp_path, environ=environ) as process,
            httpx.AsyncClient(base_url=process.url, timeout=30, trust_env=False) as http,
        ):
            yield process, at(http)

    return start
