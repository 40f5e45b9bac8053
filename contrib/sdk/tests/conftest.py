"""A real server on a socket, with the plugins that keep the contract, and a stand-in for the widgets' upstreams."""

from collections.abc import AsyncIterator

import attrs
import pytest

import pegboard_accounts
import pegboard_egress
import pegboard_endpoints
import pegboard_sandbox_process
import pegboard_sandbox_restricted
import pegboard_store
import pegboard_vault
from pegboard import Principal, create_app
from pegboard.testing import Upstream, serve, upstream
from pegboard.testing.fixtures import anyio_backend  # noqa: F401

PLUGINS = {
    "accounts": pegboard_accounts,
    "egress": pegboard_egress,
    "endpoints": pegboard_endpoints,
    "sandbox-process": pegboard_sandbox_process,
    "sandbox-restricted": pegboard_sandbox_restricted,
    "store": pegboard_store,
    "vault": pegboard_vault,
}


@attrs.frozen
class Server:
    """A server, and keys: `key` for everything, `reader` to read in the same tenant, `stranger` of another tenant."""

    url: str
    upstream: Upstream
    key: str
    reader: str
    stranger: str


@pytest.fixture(scope="session")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    async with upstream() as stand_in:
        settings = {
            "data": str(tmp_path_factory.mktemp("server")),
            "plugins": {"egress": {"allow_origins": [stand_in.url]}},
        }
        app = create_app(settings=settings, plugins=PLUGINS, environ={}, installed=False)
        async with serve(app) as url:
            keys = app.state.board.services.get(pegboard_accounts.Accounts)

            async def key(tenant: str, *scopes: str) -> str:
                maker = Principal("ann", tenant, "ann", "ann@example.com", scopes=frozenset({"*"}))
                made: str = (await keys.create_key(maker, "test", scopes)).key
                return made

            yield Server(
                url,
                stand_in,
                await key("default", "*"),
                await key("default", "widgets:read"),
                await key("other", "*"),
            )
