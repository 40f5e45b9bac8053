"""The applications that are measured."""

from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from pegboard import Call, RouteSpec, create_app, hookimpl


async def bare_ping(request: Request) -> JSONResponse:
    return JSONResponse({"ok": True})


def bare() -> Starlette:
    """The limit: the same route on Starlette alone."""
    return Starlette(routes=[Route("/ping", bare_ping)])


class Pings:
    """A plugin with the same route, for everyone and for callers with a key."""

    @hookimpl
    def pegboard_routes(self, settings: Any) -> list[RouteSpec]:
        async def ping(call: Call[None, None]) -> dict[str, bool]:
            return {"ok": True}

        return [
            RouteSpec("bench.ping", "/ping", ping, anonymous=True),
            RouteSpec("bench.guarded", "/guarded", ping, scopes=("bench:read",)),
        ]


def board() -> Starlette:
    """Every installed plugin, and the route."""
    return create_app(plugins={"bench": Pings()})
