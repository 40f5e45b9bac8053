"""The ASGI application: one board behind Starlette."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.types import ASGIApp

from .board import OWN, Board
from .contracts import MountSpec, RequestObserver, RouteSpec, SocketSpec
from .diagnosis import diagnosis_routes
from .direct import DirectRoutes
from .dispatch import MethodApp, RouteApp
from .logs import Ended, RequestIds, access_line, configure_traces
from .observation import Observation
from .problems import Problem, render_problem
from .routing import FixedRoutes
from .status import own_routes


def create_app(
    config: Path | str | None = None,
    *,
    settings: Mapping[str, Any] | None = None,
    plugins: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    installed: bool = True,
) -> Starlette:
    """A new application with its own settings, plugins and services; ``app.state.board`` holds them.

    `config` is the TOML file; `settings`, in the file's shape, wins over it. `plugins` are modules (or objects
    with hook implementations) by name, beside the installed plugins or, with ``installed=False``, instead of
    them. Raises `StartupError` with a line for each thing that keeps it from starting.
    """
    configure_traces()
    board = Board.build(
        Path(config) if config else None, settings=settings, plugins=plugins, environ=environ, installed=installed
    )
    return serve_board(board)


def serve_board(board: Board) -> Starlette:
    """The application of a board."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with board.running(serving=True):
            yield

    fixed = FixedRoutes((*board.routes, *((route, OWN) for route in (*own_routes(board), *diagnosis_routes(board)))))
    board.services.provide(FixedRoutes, fixed)
    routes = _routes(fixed, board)
    app = _Application(
        _middleware(board, routes),
        routes=routes,
        exception_handlers={HTTPException: _http_exception},
        lifespan=lifespan,
    )
    app.state.board = board
    return app


class _Application(Starlette):
    """A Starlette with the kernel's own middleware around all of its own.

    What is found directly passes neither Starlette's list of routes nor its answers to exceptions: a route answers its
    own. Where somebody has added middleware, which is to see every request, the kernel's comes last.
    """

    def __init__(self, own: Sequence[Middleware], **options: Any) -> None:
        super().__init__(**options)
        self.own_middleware = own

    def build_middleware_stack(self) -> ASGIApp:
        if self.user_middleware:
            self.user_middleware += self.own_middleware
            return super().build_middleware_stack()
        app = super().build_middleware_stack()
        for made, arguments, options in reversed(self.own_middleware):
            app = made(app, *arguments, **options)
        return app


def _middleware(board: Board, routes: Sequence[BaseRoute]) -> list[Middleware]:
    ended: list[Ended] = [access_line] if board.settings.kernel.log.access else []
    if RequestObserver in board.services:
        ended.append(Observation(board.services))
    return [
        Middleware(RequestIds, ended=tuple(ended)),
        Middleware(DirectRoutes, routes=_direct(routes), table=board.table),
    ]


def _direct(routes: Sequence[BaseRoute]) -> Iterator[tuple[str, Mapping[str, ASGIApp]]]:
    for route in routes:
        if isinstance(route, Route):
            apps = route.endpoint.by_method if isinstance(route.endpoint, MethodApp) else {}
            yield route.path, apps or dict.fromkeys(route.methods or (), route.endpoint)
        elif isinstance(route, Mount):
            yield f"{route.path}/{{rest:path}}", {}


def _routes(routes: FixedRoutes, board: Board) -> list[BaseRoute]:
    """Starlette's routes, literal segments first, so that ``/a/list`` is not taken for ``/a/{id}``."""
    by_path: dict[str, list[RouteApp]] = defaultdict(list)
    made: dict[str, BaseRoute] = {}
    for route, owner in routes:
        if isinstance(route, RouteSpec):
            by_path[route.path].append(board.dispatcher.http(route, owner))
        elif isinstance(route, SocketSpec):
            made[f"{route.path}#socket"] = WebSocketRoute(route.path, board.dispatcher.socket(route, owner))
        elif isinstance(route, MountSpec):
            made[f"{route.path}/{{rest:path}}"] = Mount(route.path, route.app, name=route.name)
    made |= {path: _route(path, apps) for path, apps in by_path.items()}
    return [*(made[path] for path in sorted(made, key=_specificity)), board.table]


def _route(path: str, apps: list[RouteApp]) -> Route:
    by_method = {method: app for app in apps for method in app.spec.methods}
    endpoint = apps[0] if len(apps) == 1 else MethodApp(by_method | _heads(by_method))
    return Route(path, endpoint, methods=list(by_method), name=apps[0].spec.name)


def _heads(by_method: Mapping[str, RouteApp]) -> dict[str, RouteApp]:
    """HEAD is answered wherever GET is (RFC 9110, section 9.3.2)."""
    return {"HEAD": by_method["GET"]} if "GET" in by_method and "HEAD" not in by_method else {}


def _specificity(path: str) -> tuple[int, ...]:
    return tuple(2 if ":path}" in step else 1 if "{" in step else 0 for step in path.split("/"))


async def _http_exception(request: Request, error: Exception) -> Response:
    """What Starlette itself refuses: no such path, no such method."""
    if not isinstance(error, HTTPException):
        raise error
    code = {404: "not-found", 405: "method-not-allowed"}.get(error.status_code, "http-error")
    details = {404: f"there is nothing at {request.url.path}"}
    if error.status_code == 405:
        details[405] = f"use {(error.headers or {}).get('Allow', 'another method')}"
    detail = details.get(error.status_code, str(error.detail))
    return render_problem(Problem(error.status_code, code, detail, headers=error.headers), request)
