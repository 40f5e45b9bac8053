"""Fixtures for tests of plugins: ``pytest_plugins = ["pegboard.testing.fixtures"]`` in a conftest or a test module."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from ..app import create_app
from .app import Client, client, serve
from .upstream import Upstream, upstream

__all__ = ["anyio_backend", "make_client", "make_server", "upstream_server"]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The event loop that Pegboard runs on."""
    return "asyncio"


def _app(tmp_path: Path, options: dict[str, Any]) -> Starlette:
    settings = {"data": str(tmp_path), **options.pop("settings", {})}
    return create_app(**{"settings": settings, "environ": {}, "installed": False, **options})


@pytest.fixture
async def make_client(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Client]]]:
    """A function that starts an app and gives its in-process client.

    It takes what `pegboard.create_app` takes; the app sees no installed plugin and no environment unless told to,
    and its data folder is the test's own.
    """
    async with AsyncExitStack() as stack:

        async def make(**options: Any) -> Client:
            return await stack.enter_async_context(client(_app(tmp_path, options)))

        yield make


@pytest.fixture
async def make_server(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[str]]]:
    """As `make_client`, on a socket: a function that gives the base URL."""
    async with AsyncExitStack() as stack:

        async def make(**options: Any) -> str:
            return await stack.enter_async_context(serve(_app(tmp_path, options)))

        yield make


@pytest.fixture
async def upstream_server() -> AsyncIterator[Upstream]:
    """A stand-in upstream on a free port."""
    async with upstream() as stand_in:
        yield stand_in
