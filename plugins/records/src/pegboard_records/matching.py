"""Conditional requests (RFC 9110, section 13): a revision is the strong ETag of what is read."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from pegboard.json import dumps

from .errors import changed

Match = frozenset[str] | None
"""The tags of an If-Match, or None where any revision will do."""


def match_of(request: Request) -> Match:
    """What the caller of a change has read."""
    header = request.headers.get("if-match")
    if header is None or header.strip() == "*":
        return None
    return frozenset(tag.strip() for tag in header.split(","))


def check_match(match: Match, revision: int, what: str) -> None:
    """Raises Problem 412 where somebody else changed it since."""
    if match is not None and f'"{revision}"' not in match:
        raise changed(what, revision)


def tagged(document: Any, status: int = 200) -> Response:
    """An answer with the ETag of its revision."""
    headers = {"ETag": f'"{document.revision}"'}
    return Response(dumps(document), status, headers, media_type="application/json")
