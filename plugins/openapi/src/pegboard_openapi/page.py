"""``/docs``: Swagger UI on this app's document, all of it served from this package."""

import gzip
import hashlib
from functools import cache
from importlib.resources import files

import attrs
from starlette.requests import Request
from starlette.responses import Response

from pegboard import Call, Problem, RouteSpec

HTML = "text/html; charset=utf-8"
JAVASCRIPT = "text/javascript; charset=utf-8"
STYLE = "text/css; charset=utf-8"

ASSETS = {
    "page.css": ("page.css", STYLE),
    "page.js": ("page.js", JAVASCRIPT),
    "icon.svg": ("icon.svg", "image/svg+xml"),
    "swagger-ui.css": ("swagger-ui/swagger-ui.css.gz", STYLE),
    "swagger-ui-bundle.js": ("swagger-ui/swagger-ui-bundle.js.gz", JAVASCRIPT),
}

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",  # the icons within Swagger UI's style sheet
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


@attrs.frozen
class Asset:
    """A file of the page; `data` is compressed where `packed` says so."""

    data: bytes
    media: str
    packed: bool
    etag: str

    def answer(self, request: Request, headers: dict[str, str]) -> Response:
        """The file, or 304 where the browser has it already."""
        told = {**HEADERS, **headers, "ETag": self.etag, "Vary": "Accept-Encoding"}
        if self.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=told)
        if self.packed and "gzip" in request.headers.get("accept-encoding", ""):
            return Response(self.data, media_type=self.media, headers={**told, "Content-Encoding": "gzip"})
        return Response(gzip.decompress(self.data) if self.packed else self.data, media_type=self.media, headers=told)


@cache
def _asset(path: str, media: str) -> Asset:
    data = files("pegboard_openapi").joinpath("viewer", path).read_bytes()
    return Asset(data, media, path.endswith(".gz"), f'W/"{hashlib.sha256(data).hexdigest()[:32]}"')


async def _page(call: Call[None, None]) -> Response:
    return _asset("page.html", HTML).answer(call.request, {"Content-Security-Policy": POLICY})


async def _file(call: Call[None, None]) -> Response:
    name = call.path["file"]
    if name not in ASSETS:
        raise Problem(404, "not-found", f"the page has no file {name}")
    return _asset(*ASSETS[name]).answer(call.request, {})


PAGE = RouteSpec("openapi.page", "/docs", _page, summary="The viewer", anonymous=True, hidden=True)
FILE = RouteSpec(
    "openapi.file", "/docs/assets/{file}", _file, summary="A file of the viewer", anonymous=True, hidden=True
)
