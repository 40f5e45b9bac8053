import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest
from starlette.applications import Starlette

import pegboard_accounts
import pegboard_store
from pegboard import Call, Principal, RouteSpec, create_app, hookimpl
from pegboard.testing import Client, Forking, ServerProcess, client, forking
from pegboard_accounts import Accounts
from pegboard_store import Store
from pegboard_store import testing as store_testing

database_url = store_testing.database_url
postgresql_url = store_testing.postgresql_url


async def whoami(call: Call[None, None]) -> dict[str, Any]:
    caller = call.caller
    return {
        "id": caller.id,
        "tenant": caller.tenant,
        "username": caller.username,
        "email": caller.email,
        "scopes": sorted(caller.scopes),
        "credential": caller.credential,
    }


class Whoami:
    """A plugin with a guarded route."""

    @hookimpl
    def pegboard_routes(self) -> RouteSpec:
        return RouteSpec("whoami", "/whoami", whoami, scopes=("widgets:read",))


MakeApp = Callable[..., Starlette]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


NEEDED = {"accounts", "store"}
PLUGINS = {
    "PEGBOARD_REQUIRED": ",".join(NEEDED),
    "PEGBOARD_DISABLE": ",".join(sorted(entry_points(group="pegboard.plugin.v1").names - NEEDED)),
}
"""A start of all of them takes four times as long."""
PRELOAD = ("aiosqlite", "alembic.command", "alembic.runtime.migration", "argon2", "httptools", "uvicorn", "uvloop")


@pytest.fixture(scope="session")
async def origin() -> AsyncIterator[Forking]:
    """What commands and servers are forked from: the store and the accounts, and nothing else."""
    async with forking(preload=PRELOAD, environ=PLUGINS) as made:
        yield made


@pytest.fixture
def pegboard(origin: Forking, tmp_path: Path) -> Callable[..., Awaitable[str]]:
    """Runs a command that ends with `code`, and gives what it says: errors where it is not 0."""

    async def run(*arguments: str, code: int = 0) -> str:
        finished = await origin.run(*arguments, cwd=tmp_path, environ=PLUGINS)
        assert finished.code == code, finished.stderr
        return (finished.stderr if code else finished.stdout).strip()

    return run


@pytest.fixture
def server(origin: Forking, tmp_path: Path) -> Callable[[], AbstractAsyncContextManager[ServerProcess]]:
    """Starts a server in the folder of the commands."""
    return lambda: origin.served(tmp_path, environ=PLUGINS)


@pytest.fixture
def make_app(database_url: str, tmp_path: Path) -> MakeApp:
    """An app with keys over this test's database; called again, another process's app would be just like it.

    It hashes at the lowest cost, unless it is told otherwise.
    """

    def make(public_url: str = "", **accounts: object) -> Starlette:
        accounts = {"hash_cost": "owasp"} | accounts
        return create_app(
            settings={
                "public_url": public_url,
                "data": str(tmp_path),
                "plugins": {"store": store_testing.store_section(database_url), "accounts": accounts},
            },
            plugins={"store": pegboard_store, "accounts": pegboard_accounts, "whoami": Whoami()},
            environ={},
            installed=False,
        )

    return make


@pytest.fixture
async def http(make_app: MakeApp) -> AsyncIterator[Client]:
    async with client(make_app()) as opened:
        yield opened


@pytest.fixture
def ann() -> Principal:
    """Who may do everything in the tenant "default"."""
    return Principal("ann", "default", username="Ann", email="ann@example.com", scopes=frozenset({"*"}))


PASSWORD = "correct horse battery"


@attrs.frozen
class People:
    """An app whose registration is open, and what tests do with it again and again."""

    http: Client
    data: Path

    @property
    def operator(self) -> Principal:
        return Principal("operator", "default", scopes=frozenset({"*"}))

    @property
    def accounts(self) -> Accounts:
        return self.http.app.state.board.services.get(Accounts)  # type: ignore[attr-defined, no-any-return]

    @property
    def store(self) -> Store:
        return self.http.app.state.board.services.get(Store)  # type: ignore[attr-defined, no-any-return]

    @staticmethod
    def bearer(token: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}"}

    async def register(self, name: str = "ann", **more: object) -> dict[str, Any]:
        given = {"email": f"{name}@example.com", "username": name, "password": PASSWORD, **more}
        answer = await self.http.post("/api/v1/auth/register", json=given)
        assert answer.status_code == 200, answer.text
        return answer.json()  # type: ignore[no-any-return]

    async def register_admin(self, name: str = "root") -> dict[str, Any]:
        made = await self.register(name)
        await self.accounts.set_role(made["user"]["tenant"], made["user"]["id"], "admin", by=self.operator)
        return made

    async def login(self, name: str = "ann", password: str = PASSWORD, **more: object) -> httpx.Response:
        given = {"email": f"{name}@example.com", "password": password, **more}
        return await self.http.post("/api/v1/auth/login", json=given)

    async def refresh(self, token: str) -> httpx.Response:
        return await self.http.post("/api/v1/auth/refresh", json={"refresh_token": token})

    async def me(self, token: str) -> httpx.Response:
        return await self.http.get("/api/v1/auth/me", headers=self.bearer(token))

    async def code(self, to: str) -> str:
        """The code of the newest mail to an address."""
        await self.accounts.settle_mail()
        files = sorted((self.data / "mail").glob("*.eml"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
        texts = [text for text in (file.read_text() for file in files) if f"To: {to}@example.com" in text]
        codes = [match[1] for match in (re.search(r"code: (\S+)", text) for text in texts) if match]
        return codes[0]


@pytest.fixture
async def make_people(make_app: MakeApp, tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[People]]]:
    """Opens apps over one database and one data folder, as several processes would."""
    async with AsyncExitStack() as opened:

        async def make(**settings: object) -> People:
            app = make_app(**{"registration": "open", **settings})
            return People(await opened.enter_async_context(client(app)), tmp_path)

        yield make


@pytest.fixture
async def people(make_people: Callable[..., Awaitable[People]]) -> People:
    return await make_people()
