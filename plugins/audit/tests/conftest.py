"""An app with everything that writes entries, and a desk: one tenant's view of it."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

import pegboard_accounts
import pegboard_audit
import pegboard_egress
import pegboard_endpoints
import pegboard_sandbox_process
import pegboard_sandbox_restricted
import pegboard_store
import pegboard_vault
from pegboard import Services, create_app
from pegboard.board import Board
from pegboard.cli import Session
from pegboard.testing import caller, callers, client
from pegboard.testing.fixtures import anyio_backend  # noqa: F401
from pegboard_store import Store
from pegboard_store.testing import (  # noqa: F401
    _postgresql_database,
    database_url,
    postgresql_url,
    store_section,
)

PLUGINS = {
    "accounts": pegboard_accounts,
    "audit": pegboard_audit,
    "callers": callers,
    "egress": pegboard_egress,
    "endpoints": pegboard_endpoints,
    "sandbox-process": pegboard_sandbox_process,
    "sandbox-restricted": pegboard_sandbox_restricted,
    "store": pegboard_store,
    "vault": pegboard_vault,
}
FEW = ("audit", "callers", "store")
"""What the log itself needs: an app of these starts at once."""

LOGIC = "def process_data(data, request, user):\n    return data"


@attrs.frozen
class Desk:
    """An app, and requests of one tenant to it, who holds all scopes unless told otherwise."""

    client: Any
    tenant: str = "acme"

    @property
    def services(self) -> Services:
        services: Services = self.client.app.state.board.services
        return services

    @property
    def log(self) -> pegboard_audit.AuditLog:
        return self.services.get(pegboard_audit.AuditLog)

    def of(self, tenant: str) -> "Desk":
        return attrs.evolve(self, tenant=tenant)

    async def call(self, method: str, path: str, scopes: str = "*", **more: Any) -> httpx.Response:
        headers = caller(*scopes.split(), tenant=self.tenant, id="u1", username="ada") | more.pop("headers", {})
        answer: httpx.Response = await self.client.request(method, path, headers=headers, **more)
        return answer

    async def entries(self, query: str = "") -> list[Any]:
        """What the log tells this tenant, newest first."""
        answer = await self.call("GET", f"/api/v1/audit{query}")
        assert answer.status_code == 200, answer.text
        return list(answer.json()["entries"])

    async def rows(self) -> list[Any]:
        """Every row of the log, whosever it is, as the database has it."""
        async with self.services.get(Store).read() as session:
            return list(await session.execute(text("SELECT * FROM audit_entries ORDER BY seq")))

    async def sql(self, statement: str, **values: Any) -> Any:
        """A statement of somebody who has the database; committed."""
        async with self.services.get(Store).begin() as session:
            return await session.execute(text(statement), values)

    def draft(self, **more: Any) -> dict[str, Any]:
        data = {"logic": LOGIC, **more.pop("data", {})}
        return {
            "name": "Sales",
            "project_id": "p1",
            "endpoint": "http://upstream.example/sales",
            "endpoint_data": data,
            **more,
        }

    async def save(self, **more: Any) -> Any:
        """A saved widget."""
        created = await self.call("POST", "/public/widgets", json=self.draft(**more))
        assert created.status_code == 201, created.text
        return created.json()


def document(folder: Path, url: str, audit: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    plugins = {"store": store_section(url), "audit": dict(audit or {})}
    if audit is None:
        del plugins["audit"]
    return {"data": str(folder), "plugins": plugins, **more}


@pytest.fixture
def app_with(database_url: str, tmp_path: Path) -> Any:  # noqa: F811
    """A desk at an app over this test's database: with these plugins, all of them when left out."""

    @asynccontextmanager
    async def make(*names: str, audit: Mapping[str, Any] | None = None, **more: Any) -> AsyncIterator[Desk]:
        plugins = {name: PLUGINS[name] for name in names or PLUGINS}
        settings = document(tmp_path, database_url, audit, **more)
        app = create_app(settings=settings, plugins=plugins, environ={}, installed=False)
        async with client(app, timeout=30) as made:
            yield Desk(made)

    return make


@pytest.fixture
async def desk(app_with: Any) -> AsyncIterator[Desk]:
    """A desk at an app with the log and nothing that writes into it."""
    async with app_with(*FEW) as made:
        yield made


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
async def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    """A desk at an app of all plugins, which a module's tests share: a sandbox takes its time to start."""
    folder = tmp_path_factory.mktemp("shared")
    url = f"sqlite:///{folder}/test.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("_postgresql_database")
    app = create_app(settings=document(folder, url), plugins=PLUGINS, environ={}, installed=False)
    async with client(app, timeout=30) as made:
        yield Desk(made)


@pytest.fixture
def shop(shared: Desk) -> Desk:
    """A desk of a new tenant at the app that a module's tests share."""
    return shared.of(f"tenant-{secrets.token_hex(4)}")


class Shell:
    """The command line of an app over one folder and one database."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        self.names: tuple[str, ...] = ("accounts", *FEW, "vault")
        self.audit: dict[str, Any] = {}

    @property
    def board(self) -> Board:
        settings = document(self.folder, self.url, self.audit)
        plugins = {name: PLUGINS[name] for name in self.names}
        return Board.build(settings=settings, plugins=plugins, environ={}, installed=False)

    def run(self, *arguments: str) -> Result:
        session = Session(board=self.board)
        command = session.commands()[arguments[0]]
        return CliRunner().invoke(command, arguments[1:], obj=session)

    def within(self, work: Any) -> Any:
        """What a coroutine function makes of the app's services."""

        async def run() -> Any:
            async with self.board.running() as services:
                return await work(services)

        return asyncio.run(run())


@pytest.fixture
def shell(database_url: str, tmp_path: Path) -> Shell:  # noqa: F811
    return Shell(tmp_path, database_url)
