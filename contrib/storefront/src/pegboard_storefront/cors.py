"""Pages of other origins: who may read answers (Fetch standard, CORS protocol), decided by Starlette's middleware."""

from collections.abc import Mapping

from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from .settings import StorefrontSettings

METHODS = ("GET", "POST", "PUT", "DELETE")
HEADERS = ("Authorization", "Content-Type", "Idempotency-Key", "X-API-Key")
EXPOSED = ("RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-ID")


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """The middleware is asked what it would say, and serves nothing."""


class Origins:
    """The origins that the settings name."""

    def __init__(self, settings: StorefrontSettings) -> None:
        self.allows_any = bool(settings.allowed_origins)
        self._middleware = CORSMiddleware(
            _nothing,
            allow_origins=settings.allowed_origins,
            allow_methods=METHODS,
            allow_headers=HEADERS,
            allow_credentials=settings.allow_credentials,
            expose_headers=EXPOSED,
        )

    def preflight(self, request: Request) -> Response:
        """Whether a page may send what it announces; to whoever announces nothing there is nothing to say."""
        if not {"origin", "access-control-request-method"} <= {*request.headers.keys()}:
            return Response(status_code=204)
        return self._middleware.preflight_response(request_headers=request.headers)

    def headers(self, request: Request) -> Mapping[str, str]:
        """What an answer to a page says beside all else; nothing where no page asks, or one that may not read it."""
        if not self.allows_any or not any(name == b"origin" for name, _ in request.scope["headers"]):
            return {}
        origin = request.headers["origin"]
        if not self._middleware.is_allowed_origin(origin):
            return {"Vary": "Origin"}
        told = dict(self._middleware.simple_headers)
        if not self._middleware.allow_all_origins:
            told |= {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}
        return told
