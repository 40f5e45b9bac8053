"""One hop over one connection pool: what the caps are kept by, and where foreign errors become our own."""

import io
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache

import aiohttp
import attrs
import certifi
from aiohttp.abc import AbstractResolver
from aiohttp.http_exceptions import LineTooLong
from multidict import CIMultiDict, MultiMapping

from .connector import GuardedConnector, SystemResolver
from .errors import EgressBlocked, EgressError, UpstreamError, UpstreamTimeout, UpstreamTooLarge
from .guard import Guard, origin_of
from .hops import Hop
from .messages import Timeouts
from .settings import EgressSettings

USER_AGENT = "pegboard-egress/0.1"
ENCODINGS = frozenset({"gzip", "deflate", "br", "zstd"})
"""Encodings that aiohttp takes off a body; for ``br`` it picks up brotli."""

FRAME = frozenset({"content-encoding", "content-length"})
BODILESS = frozenset({204, 304})
LONGEST_LINE = 16 * 1024
MOST_LINES = 256
SMALL = 1024 * 1024


@attrs.define
class Wire:
    """The connection pool that all requests share: it remembers connections, and no cookie and no credential."""

    guard: Guard
    settings: EgressSettings
    session: aiohttp.ClientSession

    def timeouts(self, asked: Timeouts) -> tuple[float | None, float | None, float]:
        ours = self.settings
        return (
            ours.connect_timeout if asked.connect is None else asked.connect,
            ours.read_timeout if asked.read is None else asked.read,
            ours.total_timeout if asked.total is None else asked.total,
        )

    async def open(self, hop: Hop, connect: float | None, read: float | None, total: float | None = None) -> "Opened":
        """Send one request and read the head of its answer. Raises `EgressError`; the caller reads or closes."""
        try:
            response = await self.session.request(
                hop.method,
                hop.url,
                headers=hop.headers,
                data=_payload(hop.content),
                allow_redirects=False,
                timeout=_client_timeout(connect, read, total),
            )
        except EgressError:
            raise
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise translated(error, hop) from error
        try:
            return Opened(hop, response, self._checked_headers(response))
        except BaseException:
            response.close()
            raise

    def _checked_headers(self, response: aiohttp.ClientResponse) -> MultiMapping[str]:
        size = sum(len(name) + len(value) + 4 for name, value in response.raw_headers)
        if size > self.settings.max_headers:
            raise _too_large("headers", self.settings.max_headers)
        if response.status == 101:
            raise UpstreamError("the upstream wants to switch protocols", rule="protocol")
        return _decoded(response)


@attrs.define
class Opened:
    """An answer whose head has been read. `headers` are those of the decoded body."""

    hop: Hop
    response: aiohttp.ClientResponse
    headers: MultiMapping[str]
    size: int = 0

    @property
    def status(self) -> int:
        return self.response.status

    def close(self) -> None:
        self.response.close()

    def release(self) -> None:
        self.response.release()

    async def body(self, cap: int) -> bytes:
        """The whole body; raises `UpstreamTooLarge` as soon as it is longer than `cap` bytes."""
        pieces = []
        while piece := await self.piece(cap):
            pieces.append(piece)
        return b"".join(pieces)

    async def piece(self, cap: int) -> bytes:
        """What has arrived of the body, decoded; empty at its end."""
        try:
            if not self.size:
                self._check_length(cap)
            piece = await self.response.content.readany()
            self.size += len(piece)
            if self.size > cap:
                raise _too_large("body", cap)
        except (aiohttp.ClientError, OSError) as error:
            self.close()
            raise translated(error, self.hop) from error
        except BaseException:
            self.close()
            raise
        return piece

    def _check_length(self, cap: int) -> None:
        length = self.response.content_length
        bodiless = self.hop.method == "HEAD" or self.status in BODILESS
        if length is not None and length > cap and not bodiless:
            raise _too_large("body", cap)


@asynccontextmanager
async def open_wire(guard: Guard, settings: EgressSettings, resolver: AbstractResolver | None) -> AsyncIterator[Wire]:
    connector = GuardedConnector(
        guard,
        resolver or SystemResolver(),
        _tls(settings.ca_file),
        limit=settings.connections,
        limit_per_host=settings.connections_per_host,
        use_dns_cache=settings.dns_ttl > 0,
        ttl_dns_cache=settings.dns_ttl,
    )
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        headers={"User-Agent": USER_AGENT},
        skip_auto_headers=("Content-Type",),
        max_line_size=LONGEST_LINE,
        max_field_size=LONGEST_LINE,
        max_headers=MOST_LINES,
    ) as session:
        yield Wire(guard, settings, session)


def _tls(ca_file: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=certifi.where())
    if ca_file:
        context.load_verify_locations(cafile=ca_file)
    context.set_alpn_protocols(["http/1.1"])
    return context


@lru_cache(maxsize=256)
def _client_timeout(connect: float | None, read: float | None, total: float | None) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=total, connect=connect, sock_read=read)


def _payload(content: bytes) -> bytes | io.BytesIO | None:
    # aiohttp writes bytes in one go: a large body would hold the loop.
    return (content if len(content) <= SMALL else io.BytesIO(content)) if content else None


def _decoded(response: aiohttp.ClientResponse) -> MultiMapping[str]:
    """The headers of the decoded body, as text that can be encoded again."""
    headers = response.headers
    encoding = headers.get("Content-Encoding", "identity").lower()
    if encoding not in ENCODINGS and encoding != "identity":
        raise UpstreamError("the upstream sent a content encoding that was not asked for", rule="protocol")
    if encoding == "identity" and all(map(str.isascii, headers.values())):
        return headers
    stale = FRAME if encoding in ENCODINGS else ()
    kept = ((name, value) for name, value in headers.items() if name.lower() not in stale)
    return CIMultiDict((name, value.encode(errors="surrogateescape").decode(errors="replace")) for name, value in kept)


def _too_large(what: str, cap: int) -> UpstreamTooLarge:
    return UpstreamTooLarge(f"the upstream's {what} are more than {cap} bytes", rule=what)


def translated(error: Exception, hop: Hop) -> EgressError:
    """The error as users may see it: the step that failed, never what the other side said."""
    origin = origin_of(hop.url)
    match error:
        case aiohttp.ConnectionTimeoutError():
            return UpstreamTimeout(f"{origin} did not accept a connection in time", rule="connect")
        case TimeoutError():
            return UpstreamTimeout(f"{origin} did not answer in time", rule="read")
        case aiohttp.ClientConnectorDNSError():
            return UpstreamError(f'host "{origin.host}" has no address', rule="dns")
        case aiohttp.ClientSSLError() | ssl.SSLError():
            return UpstreamError(f"{origin} has no certificate that is valid for it, or speaks no TLS", rule="tls")
        case aiohttp.ClientConnectorError():
            return UpstreamError(f"{origin} cannot be connected to", rule="connect")
        case aiohttp.InvalidURL() | ValueError():
            return EgressBlocked(f"the request to {origin} cannot be written as HTTP", rule="url")
        case aiohttp.ClientResponseError() if _flooded(error):
            return _too_large("headers", LONGEST_LINE)
        case aiohttp.ClientResponseError() | aiohttp.ClientPayloadError():
            return UpstreamError(f"{origin} does not speak proper HTTP", rule="protocol")
    return UpstreamError(f"the connection to {origin} was lost", rule="connection")


def _flooded(error: BaseException | None) -> bool:
    # The parser has a type for a line that is too long, and only a text for too many of them.
    if error is None:
        return False
    return isinstance(error, LineTooLong) or "Too many headers" in str(error) or _flooded(error.__cause__)
