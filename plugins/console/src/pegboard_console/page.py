"""``/console/``: one page, its scripts and its style sheet, with a policy that lets nothing else run."""

import secrets
from collections.abc import Iterator
from html import escape

from starlette.responses import RedirectResponse, Response

from pegboard import Call, RouteSpec

from .files import HEADERS, Files

FOREVER = "public, max-age=31536000, immutable"  # for files whose names have their content's hash
ASK = "no-cache"

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'nonce-{nonce}'",  # of the style elements that the editor and the widgets make
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)


async def show(call: Call[None, None]) -> Response:
    """The page, which learns where it is served and the nonce of its styles."""
    file = await call.services.get(Files).get("index.html")
    nonce = secrets.token_urlsafe(18)
    text = file.data.decode()
    for name, value in (("root", call.request.scope.get("root_path", "")), ("nonce", nonce)):
        text = text.replace(f'name="pegboard-{name}" content=""', f'name="pegboard-{name}" content="{escape(value)}"')
    text = text.replace('property="csp-nonce"', f'property="csp-nonce" nonce="{nonce}"')
    headers = {**HEADERS, "Cache-Control": "no-store", "Content-Security-Policy": POLICY.replace("{nonce}", nonce)}
    return Response(text, media_type=file.media, headers=headers)


async def asset(call: Call[None, None]) -> Response:
    return (await call.services.get(Files).get("assets", call.path["file"])).answer(call.request, FOREVER)


async def module(call: Call[None, None]) -> Response:
    return (await call.services.get(Files).get("modules", call.path["file"])).answer(call.request, ASK)


async def icon(call: Call[None, None]) -> Response:
    return (await call.services.get(Files).get("icon.svg")).answer(call.request, ASK)


def routes(prefix: str) -> Iterator[RouteSpec]:
    async def to_page(call: Call[None, None]) -> Response:
        return RedirectResponse(f"{call.request.scope.get('root_path', '')}{prefix}/")

    own = {"anonymous": True, "hidden": True}
    yield RouteSpec("console.enter", prefix, to_page, summary="To the page", **own)
    yield RouteSpec("console.page", f"{prefix}/", show, summary="The page", **own)
    yield RouteSpec("console.icon", f"{prefix}/icon.svg", icon, summary="Its icon", **own)
    yield RouteSpec("console.asset", f"{prefix}/assets/{{file}}", asset, summary="A file of the page", **own)
    yield RouteSpec("console.module", f"{prefix}/modules/{{file}}", module, summary="A module of a panel", **own)
