"""httpx to ASGI in one process, with the response handed over while the app sends it."""

import asyncio
from collections.abc import AsyncIterator

import anyio
import anyio.lowlevel
import httpx
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from starlette.types import ASGIApp, Message, Scope

AHEAD = 8
GRACE = 0.2


def scope_of(request: httpx.Request, kind: str = "http") -> Scope:
    """The ASGI connection scope of a request."""
    path, _, query = request.url.raw_path.partition(b"?")
    return {
        "type": kind,
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.url.scheme,
        "path": request.url.path,
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": ("127.0.0.1", 50000),
        "server": (request.url.host, request.url.port or 80),
        "state": {},
    }


class InProcess(httpx.AsyncBaseTransport):
    """A transport that calls an app; each request runs in a task of its own, as on a server."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        exchange = Exchange(request)
        timeout = request.extensions.get("timeout", {}).get("read")
        try:
            with anyio.fail_after(timeout):
                start = await exchange.begin(self._app)
        except TimeoutError:
            await exchange.aclose()
            raise httpx.ReadTimeout(f"no answer from the app in {timeout} seconds", request=request) from None
        except BaseException:
            await exchange.aclose()
            raise
        return httpx.Response(start["status"], headers=start.get("headers", []), stream=exchange)


class Exchange(httpx.AsyncByteStream):
    """One request and the response that streams back."""

    def __init__(self, request: httpx.Request) -> None:
        self._request = request
        self._gone = anyio.Event()
        if not isinstance(request.stream, httpx.AsyncByteStream):
            raise TypeError("the request's body is a synchronous stream; give bytes or an asynchronous one")
        self._parts = aiter(request.stream)
        self._uploading = True
        self._sent: MemoryObjectSendStream[Message]
        self._messages: MemoryObjectReceiveStream[Message]
        self._sent, self._messages = anyio.create_memory_object_stream[Message](AHEAD)
        self._task: asyncio.Task[None] | None = None

    async def begin(self, app: ASGIApp) -> Message:
        """Start the app and wait for the head of its response."""
        self._task = asyncio.create_task(self._run(app))
        try:
            return await self._messages.receive()
        except anyio.EndOfStream:
            await self._task
            raise AssertionError(f"the app answered nothing to {self._request.method} {self._request.url}") from None

    async def _run(self, app: ASGIApp) -> None:
        with self._sent:
            await app(scope_of(self._request), self._receive, self._send)

    async def _receive(self) -> Message:
        if self._uploading:
            part = await anext(self._parts, None)
            self._uploading = part is not None
            return {"type": "http.request", "body": part or b"", "more_body": self._uploading}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        try:
            await self._sent.send(message)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            await anyio.lowlevel.checkpoint()  # nobody reads any more: dropped, as servers do, without hogging the loop
        if message["type"] == "http.response.body" and not message.get("more_body"):
            self._sent.close()
            self._gone.set()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for message in self._messages:
            if message.get("body") and self._request.method != "HEAD":
                yield message["body"]
        if self._task is not None:
            await self._task

    async def aclose(self) -> None:
        """Disconnect: the app is told, and cancelled if it does not end by itself within a fifth of a second."""
        self._gone.set()
        self._messages.close()
        if self._task is not None and not self._task.done():
            await asyncio.wait([self._task], timeout=GRACE)
            self._task.cancel()
            await asyncio.wait([self._task])
        self._sent.close()
