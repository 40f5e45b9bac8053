"""Telling the `RequestObserver` of each answer. An app whose plugins offer none does not have this in its way."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .contracts import RequestObserver, Services
from .dispatch import MethodApp, RouteApp
from .problems import MissingService


class Observed:
    """Middleware around all routes, those made at run time included; WebSockets are passed on as they are."""

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self.app = app
        self.services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status = time.perf_counter(), 0

        async def send_and_look(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_and_look)
        except Exception:
            status = status or 500  # what Starlette answers further out
            raise
        finally:
            if status:
                self._tell(scope, status, time.perf_counter() - started)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        try:
            observer = self.services.get(RequestObserver)  # type: ignore[type-abstract]
        except MissingService:  # not open yet, or its plugin is quarantined, which health tells
            return
        served = _served(scope)
        route, plugin = (served.spec.name, served.owner) if served else ("", "")
        observer.answered(route, plugin, scope["method"], status, seconds)


def _served(scope: Scope) -> RouteApp | None:
    """The route that Starlette left in the scope when it found one."""
    endpoint = scope.get("endpoint")
    if isinstance(endpoint, MethodApp):
        endpoint = endpoint.by_method.get(scope["method"])
    return endpoint if isinstance(endpoint, RouteApp) else None
