"""What goes out and what comes back."""

from collections.abc import Iterable, Mapping

import attrs
import httpx

from .retry import Retry

Pairs = Mapping[str, str] | Iterable[tuple[str, str]]


def pairs(value: Pairs) -> tuple[tuple[str, str], ...]:
    return tuple(value.items() if isinstance(value, Mapping) else value)


def without_query(url: str) -> str:
    return repr(url.partition("?")[0])


@attrs.frozen
class Timeouts:
    """Seconds; None is what the settings say.

    `connect` covers waiting for a free connection, DNS, TCP and TLS; `read` the silence between two pieces of an
    answer; `total` one attempt with its redirects, whatever the other side does.
    """

    connect: float | None = None
    read: float | None = None
    total: float | None = None


@attrs.frozen(kw_only=True)
class EgressRequest:
    """One outgoing request.

    `params` are added to the query of `url`. `secret_headers` are names (in any case) that are dropped when a redirect
    leaves the origin, besides Authorization, Cookie, the usual API keys and all that `auth` adds. Host and the headers
    that frame a message are the transport's own and ignored here. `max_body` is in bytes after decompression; None is
    what the settings say.
    """

    url: str = attrs.field(repr=without_query)
    method: str = "GET"
    params: tuple[tuple[str, str], ...] = attrs.field(default=(), converter=pairs, repr=False)
    headers: tuple[tuple[str, str], ...] = attrs.field(default=(), converter=pairs, repr=False)
    content: bytes = attrs.field(default=b"", repr=False)
    auth: httpx.Auth | None = attrs.field(default=None, repr=False)
    timeout: Timeouts = Timeouts()
    secret_headers: frozenset[str] = frozenset()
    max_body: int | None = None
    retry: Retry | None = None
    follow_redirects: bool = True


@attrs.frozen
class EgressResponse:
    """The answer, its body whole and decoded. `headers` ignore case; `url` is the last one; `elapsed` is in seconds."""

    status: int
    headers: Mapping[str, str] = attrs.field(repr=False)
    body: bytes = attrs.field(repr=False)
    url: str = attrs.field(repr=without_query)
    elapsed: float
