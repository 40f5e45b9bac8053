"""A stand-in for somebody else's HTTP server: programmable, on a real socket, and as broken as a test needs it.

    async with upstream() as api:
        api.on("/items", answer(json=[1]), answer(status=503))    # the first call, then every further one
        api.on("/items/{id}", lambda received: answer(json=received.path_params), method="PUT")
        ...
        assert api.requests[0].query == {"page": "1"}

It speaks HTTP/1.1 through h11 on asyncio streams, and not through an application server, because it must also
send what no server would: half a body, a wrong length, bytes that are no HTTP.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import anyio
import attrs
import h11
import httpx
import orjson
from starlette.routing import compile_path

PATIENCE = 5.0


@attrs.frozen
class Received:
    """A request as it came: `query` holds the last value of each name, `params` all of them."""

    method: str
    path: str
    params: httpx.QueryParams
    headers: httpx.Headers
    body: bytes
    path_params: Mapping[str, Any] = attrs.field(factory=dict)

    @property
    def query(self) -> dict[str, str]:
        return dict(self.params.multi_items())

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return orjson.loads(self.body)

    def form(self) -> dict[str, str]:
        """An ``application/x-www-form-urlencoded`` body."""
        return dict(httpx.QueryParams(self.text).multi_items())


@attrs.frozen
class Answer:
    """What is sent back. Times are seconds.

    `chunks` are sent one by one, `drip` apart; `delay` comes before the head, and `until` must happen before it.
    `length` is announced instead of the true length; `cut` hangs up after so many bytes of the body; `raw` is
    sent instead of any HTTP, and then the connection is closed.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    chunks: tuple[bytes, ...] = ()
    delay: float = 0.0
    drip: float = 0.0
    until: asyncio.Event | None = None
    length: int | None = None
    cut: int | None = None
    raw: bytes | None = None


def answer(
    status: int = 200,
    *,
    json: Any = None,
    text: str | None = None,
    body: bytes | Sequence[bytes] = b"",
    headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
    **more: Any,
) -> Answer:
    """An `Answer` with a JSON, text or bytes body; `more` are its other fields."""
    given = list(headers.items() if isinstance(headers, Mapping) else headers)
    kind = ""
    if json is not None:
        body, kind = orjson.dumps(json), "application/json"
    elif text is not None:
        body, kind = text.encode(), "text/plain; charset=utf-8"
    if kind and "content-type" not in {name.lower() for name, _ in given}:
        given.append(("Content-Type", kind))
    chunks = (body,) if isinstance(body, bytes) else tuple(body)
    return Answer(status, tuple(given), chunks, **more)


Handler = Callable[[Received], Answer | Awaitable[Answer]]


@attrs.define
class _Route:
    method: str
    pattern: Any
    convertors: Mapping[str, Any]
    script: list[Answer | Handler]
    calls: int = 0

    def match(self, method: str, path: str) -> dict[str, Any] | None:
        found = self.pattern.match(path) if self.method in (method, "*") else None
        return {n: self.convertors[n].convert(v) for n, v in found.groupdict().items()} if found else None

    def next(self) -> Answer | Handler:
        self.calls += 1
        return self.script[min(self.calls, len(self.script)) - 1]


@attrs.define
class Upstream:
    """The stand-in: what it answers, what it received, and how many connections were made to it."""

    url: str = ""
    requests: list[Received] = attrs.field(factory=list)
    connections: int = 0
    _routes: list[_Route] = attrs.field(factory=list)
    _arrived: asyncio.Condition = attrs.field(factory=asyncio.Condition)
    _tasks: set["asyncio.Task[Any]"] = attrs.field(factory=set)

    def on(self, path: str, *script: Answer | Handler, method: str = "GET") -> None:
        """Answer `method` (``*``: any) at a path, which may hold ``{parameters}`` as Starlette's do.

        Of several answers each is given once, in order, and the last one ever after. A handler makes its
        answer from what it received. A later `on` for the same path goes before earlier ones.
        """
        pattern, _, convertors = compile_path(path)
        self._routes.insert(0, _Route(method.upper(), pattern, convertors, list(script) or [answer()]))

    def received(self, path: str, method: str = "*") -> list[Received]:
        """The requests that came for a path so far."""
        return [r for r in self.requests if r.path == path and method.upper() in ("*", r.method)]

    async def wait_for(self, count: int = 1, path: str = "", patience: float = PATIENCE) -> list[Received]:
        """Wait until `count` requests have come (for `path`). Raises TimeoutError."""

        def come() -> list[Received]:
            return self.received(path) if path else self.requests

        with anyio.fail_after(patience):
            async with self._arrived:
                await self._arrived.wait_for(lambda: len(come()) >= count)
        return come()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            await self._converse(reader, writer)
        except (ConnectionError, h11.RemoteProtocolError):
            return  # a client that hangs up, or speaks no HTTP, is the test's affair
        finally:
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        http = h11.Connection(h11.SERVER)
        while (request := await _read(http, reader, writer)) is not None:
            reply = await self._reply(request)
            if not await _send(reply, request.method, http, writer):
                return
            http.start_next_cycle()

    async def _reply(self, request: Received) -> Answer:
        route, request = self._route(request)
        self.requests.append(request)
        async with self._arrived:
            self._arrived.notify_all()
        if route is None:
            return answer(404, text=f"the stand-in has no answer to {request.method} {request.path}")
        reply = route.next()
        made = reply if isinstance(reply, Answer) else reply(request)
        return made if isinstance(made, Answer) else await made

    def _route(self, request: Received) -> tuple[_Route | None, Received]:
        for route in self._routes:
            values = route.match(request.method, request.path)
            if values is not None:
                return route, attrs.evolve(request, path_params=values)
        return None, request

    async def aclose(self) -> None:
        """Hang up on everybody."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


async def _read(http: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Received | None:
    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            if http.they_are_waiting_for_100_continue:
                writer.write(http.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
            http.receive_data(await reader.read(65536))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            return _received(head, bytes(body))
        else:
            return None


def _received(head: h11.Request, body: bytes) -> Received:
    url = httpx.URL(raw_path=head.target) if head.target.startswith(b"/") else httpx.URL(head.target.decode("ascii"))
    headers = httpx.Headers(head.headers.raw_items())
    return Received(head.method.decode(), url.path, url.params, headers, body)


async def _send(reply: Answer, method: str, http: h11.Connection, writer: asyncio.StreamWriter) -> bool:
    """Send an answer; tells whether the connection can be used again."""
    if reply.until is not None:
        await reply.until.wait()
    await asyncio.sleep(reply.delay)
    if reply.raw is not None:
        writer.write(reply.raw)
        await writer.drain()
        return False
    writer.write(http.send(h11.Response(status_code=reply.status, headers=_head(reply))) or b"")
    left = reply.cut
    for index, chunk in enumerate(reply.chunks if method != "HEAD" else ()):
        await asyncio.sleep(reply.drip if index else 0)
        part = chunk if left is None else chunk[:left]
        left = None if left is None else left - len(part)
        with suppress(h11.LocalProtocolError):  # more than was announced: sent as it is
            part = http.send(h11.Data(data=part)) or b""
        writer.write(part)
        await writer.drain()
    if left is not None or reply.length is not None:
        return False
    writer.write(http.send(h11.EndOfMessage()) or b"")
    await writer.drain()
    return http.our_state is h11.DONE and http.their_state is h11.DONE


def _head(reply: Answer) -> list[tuple[str, str]]:
    names = {name.lower() for name, _ in reply.headers}
    length = sum(map(len, reply.chunks)) if reply.length is None else reply.length
    framed = "transfer-encoding" in names or "content-length" in names or reply.status in (204, 304)
    return [*reply.headers, *([] if framed else [("Content-Length", str(length))])]


@asynccontextmanager
async def upstream(*, host: str = "127.0.0.1") -> AsyncIterator[Upstream]:
    """A stand-in on a free port of `host`; leaving hangs up on whoever still waits."""
    stand_in = Upstream()
    server = await asyncio.start_server(stand_in._connected, host, 0)
    port = server.sockets[0].getsockname()[1]
    stand_in.url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    try:
        yield stand_in
    finally:
        server.close()
        await stand_in.aclose()
