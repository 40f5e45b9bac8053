"""The guarded wire below `httpx.AsyncClient`, for what needs httpx itself."""

from collections.abc import AsyncIterator
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from .hops import SECRETS, hop_of, kept_body, raw
from .messages import Timeouts
from .wire import ENCODINGS, USER_AGENT, Opened, Wire

ORIGIN = "egress.origin"
SECRET_HEADERS = "egress.secret_headers"
SECRET_BODY = "egress.secret_body"


class GuardedTransport(httpx.AsyncBaseTransport):
    """Sends each request of httpx, redirects and those of its auth flows included, under the guard and the caps.

    Raises `EgressError` where httpx's own transports raise `httpx.TransportError`. Not `httpx_aiohttp`: it leaves
    decoding to httpx, where one piece of a compressed body may grow without limit, and maps a refusal to a time-out.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        _drop_secrets(request)
        hop = await hop_of(request, self._wire.guard)
        timeout = request.extensions.get("timeout", {})
        connect, read, total = self._wire.timeouts(Timeouts(timeout.get("connect"), timeout.get("read")))
        opened = await self._wire.open(hop, connect, read, total)
        reason = (opened.response.reason or "").encode(errors="replace")
        return httpx.Response(
            opened.status,
            headers=raw(opened.headers),
            stream=Body(opened, self._wire.settings.max_body),
            extensions={"http_version": b"HTTP/1.1", "reason_phrase": reason},
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


def _drop_secrets(request: httpx.Request) -> None:
    # httpx hands the extensions of a request on to those that its redirects make, and itself drops Authorization only.
    origin = (request.url.scheme, request.url.raw_host, request.url.port)
    if request.extensions.setdefault(ORIGIN, origin) == origin:
        return
    request.extensions[ORIGIN] = origin
    for name in SECRETS | {name.lower() for name in request.extensions.get(SECRET_HEADERS, ())}:
        request.headers.pop(name, None)
    if request.extensions.get(SECRET_BODY) and {"content-length", "transfer-encoding"} & set(request.headers):
        raise kept_body("the upstream")


def open_client(wire: Wire) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=GuardedTransport(wire),
        trust_env=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        max_redirects=wire.settings.redirects,
        headers={"User-Agent": USER_AGENT, "Accept-Encoding": ", ".join(sorted(ENCODINGS - {"zstd"}))},
        timeout=httpx.Timeout(wire.settings.read_timeout, connect=wire.settings.connect_timeout),
    )
