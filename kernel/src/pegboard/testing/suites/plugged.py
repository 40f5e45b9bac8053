"""How the checks of whole plugins load one."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import httpx
import pytest
from starlette.applications import Starlette

from ...app import create_app
from ...board import Board
from ...contracts import AnyRoute, RouteSpec
from .. import callers
from ..app import Client, client

PARAMETER = re.compile(r"\{([^{}:]+)(:[a-z]+)?\}")


class Plugged:
    """`plugin` is the module (or object) with the hooks and `name` the plugin's name.

    `plugins` are others that it needs, by name; `settings` have the file's shape. `values` fill parameters of
    paths where a request needs one; others are filled with "1".
    """

    pytestmark = pytest.mark.anyio

    plugin: Any
    name: str
    plugins: ClassVar[Mapping[str, Any]] = {}
    settings: ClassVar[Mapping[str, Any]] = {}
    values: ClassVar[Mapping[str, str]] = {}

    @pytest.fixture(scope="class")
    @classmethod
    def anyio_backend(cls) -> str:
        return "asyncio"

    def app(self, folder: str) -> Starlette:
        """A new app with this plugin and what it needs, and `callers` for everybody who calls."""
        settings = {"data": folder, **self.settings, "auth": {"inbound": ["test-caller"]}}
        plugins = {**self.plugins, self.name: self.plugin, "callers": callers}
        app = create_app(settings=settings, plugins=plugins, environ={}, installed=False)
        found = app.state.board.loader.plugins[self.name]
        assert found.state == "active", found.line()
        return app

    @asynccontextmanager
    async def started(self) -> AsyncIterator[tuple[Client, Board]]:
        with TemporaryDirectory() as folder:
            app = self.app(folder)
            async with client(app) as api:
                found = app.state.board.loader.plugins[self.name]
                assert found.state == "active", found.line()
                yield api, app.state.board

    def own(self, board: Board) -> list[AnyRoute]:
        return [route for route, owner in board.routes if owner == self.name]

    def routes(self, board: Board) -> list[RouteSpec]:
        """The plugin's own HTTP routes."""
        return [route for route in self.own(board) if isinstance(route, RouteSpec)]

    def filled(self, path: str) -> str:
        return PARAMETER.sub(lambda match: self.values.get(match[1], "1"), path)


def problem_of(route: RouteSpec, response: httpx.Response) -> dict[str, Any]:
    """The body of an error; it must be a JSON object, and a problem (RFC 9457) unless the route renders others."""
    where = f"{route.name}: the error {response.status_code}"
    try:
        body = response.json()
    except ValueError:
        raise AssertionError(f"{where} is no JSON: {response.text[:200]!r}") from None
    assert isinstance(body, dict), f"{where} is no object: {body!r}"
    assert "Traceback" not in response.text, f"{where} shows a trace"
    if route.render is None:
        kind = response.headers.get("content-type")
        assert kind == "application/problem+json", f"{where} has the type {kind}"
        lacking = {"type", "title", "status"} - body.keys()
        assert not lacking, f"{where} has no {', '.join(sorted(lacking))}"
    return body
