"""Signing each request as it goes out."""

from collections.abc import Callable, Generator
from datetime import UTC, datetime

import httpx

from pegboard import AuthContext, AuthProvider

from . import canonical
from .config import SigV4Config
from .signing import UNSIGNED, Credentials, Signable, sha256, sign, timestamp

SECRET_HEADERS = "egress.secret_headers"
"""Tells the egress client what must not follow a redirect to another origin."""

SENT = ("Authorization", "X-Amz-Security-Token")
SIGNED = ("host", "content-type")
"""Besides all that begin with ``x-amz-``; a proxy may change others on their way."""


def now() -> datetime:
    return datetime.now(UTC)


class SigV4Auth(httpx.Auth):
    """Signs every request anew, with its time: servers take one for five minutes. It shows nothing that it holds."""

    def __init__(self, config: SigV4Config, clock: Callable[[], datetime] = now) -> None:
        self.requires_request_body = config.payload == "signed"
        self._config, self._clock = config, clock
        self._credentials = Credentials(config.accessKeyId, config.secretAccessKey, config.region, config.service)
        self._raw = config.path == "raw" or (config.path == "auto" and config.service == "s3")

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        at = self._clock()
        hashed = sha256(request.content) if self.requires_request_body else UNSIGNED
        self._prepare(request, at, hashed)
        raw, _, query = request.url.raw_path.decode("ascii").partition("?")
        headers = [pair for pair in request.headers.multi_items() if _is_signed(pair[0])]
        signable = Signable(request.method, raw, query, headers, hashed, normalize_path=not self._raw)
        request.headers["Authorization"] = sign(signable, self._credentials, at).authorization
        request.extensions = {
            **request.extensions,
            SECRET_HEADERS: (*request.extensions.get(SECRET_HEADERS, ()), *SENT),
        }
        yield request

    def _prepare(self, request: httpx.Request, at: datetime, hashed: str) -> None:
        """What the signature covers has to be in the request, spelt as it is signed."""
        request.headers["X-Amz-Date"] = timestamp(at)
        request.headers["X-Amz-Content-SHA256"] = hashed
        if self._config.sessionToken is not None:
            request.headers["X-Amz-Security-Token"] = self._config.sessionToken.reveal()
        if request.url.query:
            query = canonical.joined(canonical.pairs(request.url.query.decode("ascii")))
            request.url = request.url.copy_with(query=query.encode())


def _is_signed(name: str) -> bool:
    return name.lower() in SIGNED or name.lower().startswith("x-amz-")


def outbound(config: SigV4Config, context: AuthContext) -> httpx.Auth:
    return SigV4Auth(config)


PROVIDER = AuthProvider("aws_sigv4", "AWS Signature Version 4", SigV4Config, outbound=outbound)
