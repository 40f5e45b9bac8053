"""The small page that a browser shows after a login. It loads nothing, runs nothing and can be put into no frame."""

from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from pegboard import Problem

from .errors import LoginFailed

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title></head>
<body><h1>{title}</h1><p>{text}</p>{link}</body>
</html>
"""


def page(title: str, text: str, status: int = 200, return_to: str = "") -> Response:
    link = f'<p><a href="{escape(return_to)}">Go on</a></p>' if return_to else ""
    content = PAGE.format(title=escape(title), text=escape(text), link=link)
    return HTMLResponse(content, status, HEADERS)


def connected(return_to: str) -> Response:
    """Back to where the user began, or a page that says so."""
    if return_to:
        return RedirectResponse(return_to, 303, HEADERS)
    return page("Connected", "You are logged in, and can close this window.")


def not_connected(problem: Problem, request: Request) -> Response:
    """Renders the errors of the callback for the human who sees them."""
    return_to = problem.return_to if isinstance(problem, LoginFailed) else ""
    response = page("Not connected", str(problem), problem.status, return_to)
    response.headers.update(problem.headers)
    return response
