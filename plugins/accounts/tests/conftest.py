from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from starlette.applications import Starlette

import pegboard_accounts
import pegboard_store
from pegboard import Call, Principal, RouteSpec, create_app, hookimpl
from pegboard.testing import Client, client
from pegboard_store import testing as store_testing

_postgresql_database = store_testing._postgresql_database
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


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def make_app(database_url: str) -> MakeApp:
    """An app with keys over this test's database; called again, another process's app would be just like it."""

    def make(public_url: str = "", **accounts: object) -> Starlette:
        return create_app(
            settings={
                "public_url": public_url,
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
