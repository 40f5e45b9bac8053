"""One request on the wire, and the one that a redirect makes of it."""

import re
from collections.abc import Iterable
from urllib.parse import urljoin

import attrs
import httpx
from multidict import CIMultiDict, MultiMapping
from yarl import URL

from .errors import EgressBlocked
from .guard import Guard, origin_of

REDIRECTS = frozenset({301, 302, 303, 307, 308})

FRAMING = frozenset(
    {
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "keep-alive",
        "proxy-connection",
        "proxy-authorization",
        "te",
        "trailer",
        "upgrade",
        "expect",
    }
)
"""Headers that belong to the connection (RFC 9110, 7.6.1): from a user they would smuggle requests or other hosts."""

SECRETS = frozenset(
    {
        "authorization",
        "cookie",
        "api-key",
        "apikey",
        "x-api-key",
        "x-apikey",
        "x-api-token",
        "x-auth-token",
        "x-access-token",
        "x-csrf-token",
        "x-amz-security-token",
        "ocp-apim-subscription-key",
        "private-token",
    }
)
CONTENT = frozenset({"content-type", "content-encoding", "content-language", "content-location"})

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
UNSAFE = re.compile(r"[\x00\r\n]")
REFUSED_METHODS = frozenset({"CONNECT", "TRACE"})


@attrs.frozen
class Hop:
    """A request whose URL has passed the guard."""

    method: str
    url: URL
    headers: CIMultiDict[str]
    content: bytes


def method_of(text: str) -> str:
    method = text.upper()
    if not TOKEN.fullmatch(method) or method in REFUSED_METHODS:
        raise EgressBlocked(f"method {text!r} is refused", rule="method")
    return method


def headers_of(pairs: Iterable[tuple[str, str]]) -> CIMultiDict[str]:
    """The headers of a caller as they may go out. Raises `EgressBlocked` for what is no header."""
    headers: CIMultiDict[str] = CIMultiDict()
    for name, value in pairs:
        if not TOKEN.fullmatch(name) or UNSAFE.search(value):
            raise EgressBlocked(f"header {name!r} is refused: it has characters that no header has", rule="header")
        if name.lower() not in FRAMING:
            headers.add(name, value)
    return headers


def raw(headers: MultiMapping[str]) -> list[tuple[bytes, bytes]]:
    """Headers as httpx takes them whatever is in them; aiohttp writes UTF-8 too."""
    return [(name.encode("ascii"), value.encode()) for name, value in headers.items()]


async def hop_of(request: httpx.Request, guard: Guard) -> Hop:
    """What goes out for a request of httpx."""
    headers = ((name.decode("ascii"), value.decode(errors="replace")) for name, value in request.headers.raw)
    url = guard.check_url(str(request.url))
    return Hop(method_of(request.method), url, headers_of(headers), await request.aread())


def without(headers: CIMultiDict[str], names: Iterable[str]) -> CIMultiDict[str]:
    kept = headers.copy()
    for name in names:
        kept.popall(name, None)
    return kept


def redirected(
    hop: Hop, status: int, location: str, guard: Guard, secrets: frozenset[str], secret_body: bool = False
) -> Hop:
    """The request that answers a redirect (RFC 9110, 15.4), checked as the first one was.

    Query parameters are not carried over, bodies are where the method stays. `secrets` are header names in lower case.
    Raises `EgressBlocked` also where a `secret_body` would go to another origin.
    """
    url = guard.check_url(_joined(hop.url, location))
    leaves = origin_of(url) != origin_of(hop.url)
    method, content = hop.method, hop.content
    headers = without(hop.headers, SECRETS | secrets) if leaves else hop.headers
    if (status == 303 and method != "HEAD") or (status in (301, 302) and method == "POST"):
        method, content, headers = "GET", b"", without(headers, CONTENT)
    if leaves and secret_body and content:
        raise kept_body(str(origin_of(hop.url)))
    return Hop(method, url, headers, content)


def kept_body(origin: str) -> EgressBlocked:
    return EgressBlocked(f"{origin} redirects a body that holds a credential to another origin", rule="redirect")


def _joined(base: URL, location: str) -> str:
    try:
        return urljoin(str(base), location)
    except ValueError as error:
        raise EgressBlocked(f"{origin_of(base)} redirects to what is no URL", rule="url") from error
