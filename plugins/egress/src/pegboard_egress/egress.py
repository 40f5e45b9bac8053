"""The service that other plugins send with."""

import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import anyio
import httpx
from aiohttp.abc import AbstractResolver

from .client import open_client
from .errors import TooManyRedirects, UpstreamTimeout
from .guard import Guard
from .hops import REDIRECTS, Hop, headers_of, hop_of, method_of, raw, redirected
from .messages import EgressRequest, EgressResponse
from .retry import may_retry, retrying
from .settings import EgressSettings
from .wire import Opened, Wire, open_wire


class Egress:
    """Requests that users cause. One per app; made by `open_egress`."""

    def __init__(self, wire: Wire, client: httpx.AsyncClient) -> None:
        self._wire = wire
        self._client = client

    @property
    def client(self) -> httpx.AsyncClient:
        """The guarded client, for flows that need httpx itself.

        It raises `EgressError`, follows redirects where it is asked to, and keeps no cookies.
        ``extensions={"egress.secret_headers": [...]}`` names more headers to drop when a redirect leaves the origin;
        ``{"egress.secret_body": True}`` refuses one that would take the body along.
        """
        return self._client

    def allow_origin(self, origin: str) -> None:
        """Let requests to exactly this ``scheme://host:port`` through. For the app's own code, never for user input."""
        self._wire.guard.allow_origin(origin)

    def check_url(self, url: str) -> None:
        """Refuse, without DNS, what no request may go to: for the moment it is saved. Raises `EgressBlocked`."""
        self._wire.guard.check_url(url)

    async def send(self, request: EgressRequest) -> EgressResponse:
        """Send, follow redirects under the same rules, and read the whole body. Raises `EgressError`.

        Any status is an answer, also 500: what it means is the caller's to say.
        """
        hop = self._first(request)
        _, _, total = self._wire.timeouts(request.timeout)
        if request.retry is None or not may_retry(hop.method, hop.headers):
            return await self._attempt(request, hop, total)
        return await retrying(request.retry, lambda left: self._attempt(request, hop, min(total, left)))

    def _first(self, request: EgressRequest) -> Hop:
        url = self._wire.guard.check_url(request.url)
        if request.params:
            url = url.extend_query(request.params)
        return Hop(method_of(request.method), url, headers_of(request.headers), request.content)

    async def _attempt(self, request: EgressRequest, hop: Hop, total: float) -> EgressResponse:
        started = time.perf_counter()
        try:
            with anyio.fail_after(total):
                opened, body = await (
                    self._follow(request, hop) if request.auth is None else self._authed(request, hop)
                )
        except TimeoutError:
            raise UpstreamTimeout(f"the upstream took more than {total:g} seconds in all", rule="total") from None
        elapsed = time.perf_counter() - started
        return EgressResponse(opened.status, opened.headers, body, str(opened.hop.url), elapsed)

    async def _follow(
        self, request: EgressRequest, hop: Hop, secrets: frozenset[str] = frozenset(), secret_body: bool = False
    ) -> tuple[Opened, bytes]:
        settings = self._wire.settings
        connect, read, _ = self._wire.timeouts(request.timeout)
        secrets |= {name.lower() for name in request.secret_headers}
        for _ in range(settings.redirects + 1):
            opened = await self._wire.open(hop, connect, read)
            location = opened.headers.get("Location")
            if opened.status not in REDIRECTS or location is None or not request.follow_redirects:
                cap = settings.max_body if request.max_body is None else request.max_body
                return opened, await opened.body(cap)
            opened.release()
            hop = redirected(hop, opened.status, location, self._wire.guard, secrets, secret_body)
        raise TooManyRedirects(f"the upstream redirects more than {settings.redirects} times", rule="redirects")

    async def _authed(self, request: EgressRequest, hop: Hop) -> tuple[Opened, bytes]:
        """Walk an `httpx.Auth` flow; every request it makes is sent under the same rules."""
        plain = httpx.Request(hop.method, str(hop.url), headers=raw(hop.headers), content=hop.content)
        before = set(plain.headers.raw)
        assert request.auth is not None
        async with aclosing(request.auth.async_auth_flow(plain)) as flow:
            step = await anext(flow)
            while True:
                added = frozenset(name.decode().lower() for name, value in set(step.headers.raw) - before)
                sent = await hop_of(step, self._wire.guard)
                opened, body = await self._follow(request, sent, added, sent.content != hop.content)
                answer = httpx.Response(opened.status, headers=raw(opened.headers), content=body, request=step)
                try:
                    step = await flow.asend(answer)
                except StopAsyncIteration:
                    return opened, body


@asynccontextmanager
async def open_egress(
    settings: EgressSettings | None = None, resolver: AbstractResolver | None = None
) -> AsyncIterator[Egress]:
    """An `Egress` and its connections, closed at the end.

    `resolver` replaces the system's; its answers are checked as well.
    """
    settings = settings or EgressSettings()
    async with open_wire(guard_of(settings), settings, resolver) as wire, open_client(wire) as client:
        yield Egress(wire, client)


def guard_of(settings: EgressSettings) -> Guard:
    return Guard(settings.allow_networks, settings.allow_ports, settings.allow_origins, settings.refuse_networks)


def check_url(url: str, settings: EgressSettings | None = None) -> None:
    """`Egress.check_url` for where there is no app: by `settings` alone. Raises `EgressBlocked`."""
    guard_of(settings or EgressSettings()).check_url(url)
