"""An app under test, and a desk: one tenant's view of it, with an upstream that does what the test says."""

import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import attrs
import httpx
import pytest

import pegboard_egress
import pegboard_endpoints
import pegboard_sandbox_process
import pegboard_sandbox_restricted
import pegboard_store
import pegboard_vault
from pegboard import create_app
from pegboard.testing import Client, Forking, ServerProcess, Upstream, answer, callers, client, forking, upstream
from pegboard.testing.callers import caller
from pegboard.testing.fixtures import anyio_backend  # noqa: F401
from pegboard_store.testing import (  # noqa: F401
    LATE,
    _postgresql_database,
    database_url,
    postgresql_url,
    store_section,
)

PLUGINS = {
    "callers": callers,
    "egress": pegboard_egress,
    "endpoints": pegboard_endpoints,
    "sandbox-process": pegboard_sandbox_process,
    "sandbox-restricted": pegboard_sandbox_restricted,
    "store": pegboard_store,
    "vault": pegboard_vault,
}
BODY_CAP = 1024 * 1024
WIDGETS = "/public/widgets"


@pytest.fixture(scope="session")
async def servers() -> AsyncIterator[Forking]:
    """What servers, and commands, are forked from: ``pegboard`` with the stand-in authenticator."""
    async with forking(preload=LATE) as made:
        yield made


@attrs.frozen
class Desk:
    """Requests of one tenant, who holds all scopes unless told otherwise."""

    client: Any
    upstream: Upstream
    tenant: str

    def of(self, tenant: str) -> "Desk":
        return attrs.evolve(self, tenant=tenant)

    async def call(
        self,
        method: str,
        path: str = "",
        scopes: str | None = "*",
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> httpx.Response:
        """One request; `path` is below the widgets unless it is absolute. No scopes at all: nobody calls."""
        known = {} if scopes is None else caller(*scopes.split(), tenant=self.tenant, id="u1", username="ada")
        url = path if path.startswith("/") else f"{WIDGETS}{'/' if path and path[0] != '?' else ''}{path}"
        response: httpx.Response = await self.client.request(method, url, headers=known | dict(headers or {}), **more)
        return response

    def url(self, *script: Any) -> str:
        """An upstream URL of its own, with these answers; without any it says ``{}``."""
        path = f"/{secrets.token_hex(6)}"
        self.upstream.on(path, *script or [answer(json={})])
        return self.upstream.url + path

    def asked(self, widget: Mapping[str, Any]) -> list[Any]:
        """What the upstream of a widget was asked so far."""
        return self.upstream.received(httpx.URL(widget["endpoint"]).path)

    async def reached(self, widget: Mapping[str, Any]) -> None:
        """Wait until the upstream of a widget was asked."""
        await self.upstream.wait_for(path=httpx.URL(widget["endpoint"]).path)

    def draft(
        self, logic: str = "return data", *script: Any, data: Mapping[str, Any] | None = None, **more: Any
    ) -> Any:
        """A widget to be created, whose upstream gives the answers of `script`; `data` goes into its endpoint_data."""
        endpoint = more.pop("endpoint", None) or self.url(*script)
        return {
            "name": "Sales",
            "project_id": "p1",
            "endpoint": endpoint,
            "endpoint_data": {"logic": logic_of(logic), **(data or {})},
            **more,
        }

    async def save(self, logic: str = "return data", *script: Any, **more: Any) -> Any:
        """A saved widget."""
        created = await self.call("POST", json=self.draft(logic, *script, **more))
        assert created.status_code == 201, created.text
        return created.json()

    async def execute(self, widget: Mapping[str, Any], **more: Any) -> httpx.Response:
        return await self.call("GET", widget["execute_url"], **more)

    async def result(self, logic: str, *script: Any, **more: Any) -> httpx.Response:
        """What comes out of logic that is saved and executed."""
        return await self.execute(await self.save(logic, *script, **more))


def logic_of(source: str) -> str:
    """`source` as it is where it defines the entry, otherwise as the entry's body."""
    source = dedent(source).strip("\n")
    return (
        source if "def process_data" in source else f"def process_data(data, request, user):\n{indent(source, '    ')}"
    )


@asynccontextmanager
async def _serving(folder: Path, stand_in: Upstream, settings: Mapping[str, Any], **more: Any) -> AsyncIterator[Client]:
    given = dict(settings.get("plugins", {}))
    egress = {"allow_origins": [stand_in.url], "total_timeout": 1, "max_body": BODY_CAP}
    sections = {"egress": egress, **given, "endpoints": {"sandboxes": ["process"], **given.get("endpoints", {})}}
    document = {"data": str(folder), **settings, "plugins": sections}
    plugins = {name: plugin for name, plugin in {**PLUGINS, **more.pop("plugins", {})}.items() if plugin}
    app = create_app(settings=document, plugins=plugins, environ={}, installed=False, **more)
    async with client(app, timeout=30) as made:
        yield made


@pytest.fixture(scope="session")
async def stand_in() -> AsyncIterator[Upstream]:
    async with upstream() as made:
        yield made


@pytest.fixture
def app_with(stand_in: Upstream, tmp_path: Path) -> Callable[..., AbstractAsyncContextManager[Desk]]:
    """A desk at an app of its own: settings, and ``plugins`` to add or, where None, to leave out."""

    @asynccontextmanager
    async def make(settings: Mapping[str, Any] | None = None, **more: Any) -> AsyncIterator[Desk]:
        async with _serving(tmp_path, stand_in, dict(settings or {}), **more) as made:
            yield Desk(made, stand_in, "acme")

    return make


@pytest.fixture(scope="session")
async def shared(stand_in: Upstream, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    async with _serving(tmp_path_factory.mktemp("shared"), stand_in, {}) as made:
        yield made


@pytest.fixture
def desk(shared: Client, stand_in: Upstream) -> Desk:
    """A desk of a new tenant at the app that all tests share."""
    return Desk(shared, stand_in, f"tenant-{secrets.token_hex(4)}")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
async def stored(
    request: pytest.FixtureRequest, stand_in: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Client]:
    folder = tmp_path_factory.mktemp("stored")
    url = f"sqlite:///{folder}/test.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("_postgresql_database")
    async with _serving(folder, stand_in, {"plugins": {"store": store_section(url)}}) as made:
        yield made


@pytest.fixture
def each(stored: Client, stand_in: Upstream) -> Desk:
    """As `desk`, once on SQLite and once on PostgreSQL."""
    return Desk(stored, stand_in, f"tenant-{secrets.token_hex(4)}")


@pytest.fixture
def at(stand_in: Upstream) -> Callable[[ServerProcess, httpx.AsyncClient], Desk]:
    """A desk at a server process."""

    def make(server: ServerProcess, http: httpx.AsyncClient) -> Desk:
        return Desk(http, stand_in, "acme")

    return make
