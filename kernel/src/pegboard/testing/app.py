"""An app under test: in process, or on a real socket of its own.

In process it is driven by a transport of this package's own, because httpx's collects a whole response before it
hands out the first byte, and because Starlette's TestClient runs the app in another thread's event loop, away
from the services that a test wants to look into.
"""

import socket
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx
from starlette.types import ASGIApp

from .transport import InProcess
from .websocket import SocketRefused, WebSocketSession, open_socket

__all__ = ["Client", "SocketRefused", "WebSocketSession", "client", "running", "serve"]

BASE_URL = "http://testserver"


class Client(httpx.AsyncClient):
    """An `httpx.AsyncClient` of an app in this process, which also opens WebSockets."""

    def __init__(self, app: ASGIApp, **options: Any) -> None:
        super().__init__(transport=InProcess(app), **{"base_url": BASE_URL, **options})
        self.app = app

    def websocket(
        self, path: str, *, headers: Mapping[str, str] | None = None, subprotocols: Iterable[str] = ()
    ) -> AbstractAsyncContextManager[WebSocketSession]:
        """Connect, with this client's own headers and `headers`. Raises SocketRefused where the app does not accept."""
        request = self.build_request("GET", path, headers=headers)
        return open_socket(self.app, request, tuple(subprotocols))


@asynccontextmanager
async def running(app: ASGIApp) -> AsyncIterator[ASGIApp]:
    """Enter the app's lifespan in this task, so that what it raises reaches the test as it is."""
    router = getattr(app, "router", None)
    if router is None:
        yield app
        return
    async with router.lifespan_context(app):
        yield app


@asynccontextmanager
async def client(app: ASGIApp, **options: Any) -> AsyncIterator[Client]:
    """A client of a started app in this process. `options` are httpx's, such as ``headers``.

    Responses stream as the app sends them; leaving one early disconnects. An exception that the app lets through is
    raised by the call that caused it.
    """
    async with running(app), Client(app, **options) as made:
        yield made


@asynccontextmanager
async def serve(app: ASGIApp, *, grace: float = 5.0) -> AsyncIterator[str]:
    """Serve the app by uvicorn on a free port, in this event loop; gives its base URL.

    Leaving waits up to `grace` seconds for requests under way, then cancels them, and ends the lifespan last.
    """
    import uvicorn

    config = uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=grace,  # type: ignore[arg-type]
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    async with running(app):
        listener = socket.create_server(("127.0.0.1", 0))
        # startup and shutdown are called one by one: `Server.serve` would take the signals of the test run
        await server.startup(sockets=[listener])
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            await server.shutdown(sockets=[listener])
