"""The guarded wire below `httpx.AsyncClient`, for what needs httpx itself."""

from collections.abc import AsyncIterator
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from .guard import Origin, origin_of
from .hops import SECRETS, Hop, headers_of, method_of
from .messages import Timeouts
from .wire import ENCODINGS, USER_AGENT, Opened, Wire

ORIGIN = "egress.origin"
SECRET_HEADERS = "egress.secret_headers"


class GuardedTransport(httpx.AsyncBaseTransport):
    """Sends each request of httpx, redirects and those of its auth flows included, under the guard and the caps.

    Raises `EgressError` where httpx's own transports raise `httpx.TransportError`. Not `httpx_aiohttp`: it leaves
    decoding to httpx, where one piece of a compressed body may grow without limit, and maps a refusal to a time-out.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        content = await request.aread()
        url = self._wire.guard.check_url(str(request.url))
        _drop_secrets(request, origin_of(url))
        headers = headers_of((name.decode("ascii"), value.decode("latin-1")) for name, value in request.headers.raw)
        timeout = request.extensions.get("timeout", {})
        connect, read, total = self._wire.timeouts(Timeouts(timeout.get("connect"), timeout.get("read")))
        opened = await self._wire.open(Hop(method_of(request.method), url, headers, content), connect, read, total)
        return httpx.Response(
            opened.status,
            headers=list(opened.headers.items()),
            stream=Body(opened, self._wire.settings.max_body),
            extensions={"http_version": b"HTTP/1.1", "reason_phrase": (opened.response.reason or "").encode()},
        )


class Body(httpx.AsyncByteStream):
    def __init__(self, opened: Opened, cap: int) -> None:
        self._opened = opened
        self._cap = cap

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while piece := await self._opened.piece(self._cap):
            yield piece

    async def aclose(self) -> None:
        self._opened.release()


def _drop_secrets(request: httpx.Request, origin: Origin) -> None:
    # httpx hands the extensions of a request on to those that its redirects make, and itself drops Authorization only.
    if request.extensions.setdefault(ORIGIN, origin) == origin:
        return
    request.extensions[ORIGIN] = origin
    for name in SECRETS | {name.lower() for name in request.extensions.get(SECRET_HEADERS, ())}:
        request.headers.pop(name, None)


def open_client(wire: Wire) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=GuardedTransport(wire),
        trust_env=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        max_redirects=wire.settings.redirects,
        headers={"User-Agent": USER_AGENT, "Accept-Encoding": ", ".join(sorted(ENCODINGS - {"zstd"}))},
        timeout=httpx.Timeout(wire.settings.read_timeout, connect=wire.settings.connect_timeout),
    )
