"""Conditional requests (RFC 9110, section 13): a row's version is its strong ETag."""

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from pegboard.json import dumps

from .declaring import Model, Routes
from .errors import match_wanted
from .values import Saved, document
from .writing import Match

TAG = re.compile(r'"(\d{1,18})"')


def match_of(request: Request, model: Model, routes: Routes) -> Match:
    """What the caller of a change has read: versions of a row, or any. Raises Problem 428 where one must be named.

    A tag that is no version of ours, a weak one among them, matches nothing.
    """
    header = request.headers.get("if-match")
    if header is None and routes.match == "required":
        raise match_wanted(model.noun)
    if header is None or header.strip() == "*":
        return None
    return frozenset(int(found[1]) for tag in header.split(",") if (found := TAG.fullmatch(tag.strip())))


def tagged(model: Model, row: Saved[Any], status: int = 200, location: str = "") -> Response:
    """An answer with the ETag of a row, and its address where it is new."""
    headers = {"ETag": f'"{row.version}"'} | ({"Location": location} if location else {})
    return Response(dumps(document(model, row)), status, headers, media_type="application/json")
