"""A WebSocket to an app in this process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import attrs
import httpx
import orjson
from starlette.types import ASGIApp, Message
from starlette.websockets import WebSocketDisconnect

from .transport import scope_of

PATIENCE = 5.0


class SocketRefused(Exception):
    """The app did not accept: by an HTTP response, or by closing at once, which servers answer with 403."""

    def __init__(self, response: httpx.Response, code: int | None = None) -> None:
        super().__init__(f"the WebSocket was refused with {response.status_code}: {response.text}")
        self.response = response
        self.code = code


@attrs.define
class WebSocketSession:
    """One open WebSocket. Receiving waits at most five seconds, unless `patience` says otherwise.

    What the app closes raises `starlette.websockets.WebSocketDisconnect` with its code and reason.
    """

    subprotocol: str | None
    headers: httpx.Headers
    _to_app: "asyncio.Queue[Message]"
    _from_app: "asyncio.Queue[Message]"

    async def send_text(self, text: str) -> None:
        await self._to_app.put({"type": "websocket.receive", "text": text})

    async def send_bytes(self, data: bytes) -> None:
        await self._to_app.put({"type": "websocket.receive", "bytes": data})

    async def send_json(self, value: Any) -> None:
        await self.send_text(orjson.dumps(value).decode())

    async def receive(self, patience: float = PATIENCE) -> str | bytes:
        """The next message. Raises TimeoutError, WebSocketDisconnect."""
        with anyio.fail_after(patience):
            message = await self._from_app.get()
        if message["type"] == "websocket.close":
            raise WebSocketDisconnect(message.get("code", 1000), message.get("reason") or "")
        text: str | bytes | None = message.get("text")
        return text if text is not None else message["bytes"]

    async def receive_json(self, patience: float = PATIENCE) -> Any:
        return orjson.loads(await self.receive(patience))

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        """All messages until the app closes."""
        try:
            while True:
                yield await self.receive()
        except WebSocketDisconnect:
            return


@asynccontextmanager
async def open_socket(
    app: ASGIApp, request: httpx.Request, subprotocols: tuple[str, ...] = ()
) -> AsyncIterator[WebSocketSession]:
    """Connect, and disconnect at the end. Raises SocketRefused, and whatever the app lets through."""
    to_app: asyncio.Queue[Message] = asyncio.Queue()
    from_app: asyncio.Queue[Message] = asyncio.Queue()
    scope = scope_of(request, "websocket")
    scope.update(scheme="ws", subprotocols=list(subprotocols), extensions={"websocket.http.response": {}})
    del scope["method"]
    to_app.put_nowait({"type": "websocket.connect"})
    task = asyncio.ensure_future(_run(app, scope, to_app, from_app))
    try:
        yield await _accepted(request, to_app, from_app, task)
    finally:
        to_app.put_nowait({"type": "websocket.disconnect", "code": 1000, "reason": ""})
        await asyncio.wait([task], timeout=PATIENCE)
        task.cancel()
        await asyncio.wait([task])
    if not task.cancelled():
        task.result()


async def _run(
    app: ASGIApp, scope: Message, to_app: "asyncio.Queue[Message]", from_app: "asyncio.Queue[Message]"
) -> None:
    """A server closes the connection whenever the app returns or fails; so does this."""
    code = 1011
    try:
        await app(scope, to_app.get, from_app.put)
        code = 1000
    finally:
        from_app.put_nowait({"type": "websocket.close", "code": code})


async def _accepted(
    request: httpx.Request,
    to_app: "asyncio.Queue[Message]",
    from_app: "asyncio.Queue[Message]",
    task: "asyncio.Future[None]",
) -> WebSocketSession:
    with anyio.fail_after(PATIENCE):
        message = await from_app.get()
        if message["type"] == "websocket.accept":
            headers = httpx.Headers(list(message.get("headers", ())))
            return WebSocketSession(message.get("subprotocol"), headers, to_app, from_app)
        if task.done():
            task.result()
        if message["type"] == "websocket.close":
            raise SocketRefused(httpx.Response(403, request=request), message.get("code"))
        body = [await from_app.get()]
        while body[-1].get("more_body"):
            body.append(await from_app.get())
    content = b"".join(part.get("body", b"") for part in body)
    raise SocketRefused(httpx.Response(message["status"], headers=message["headers"], content=content, request=request))
