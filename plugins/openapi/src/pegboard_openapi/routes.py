"""``/openapi.json``, and where visitors of ``/`` are sent."""

from typing import Any

from starlette.responses import RedirectResponse, Response

from pegboard import Call, Problem, RouteSpec, RouteTable

from .documents import Documents

TAGS = ("system",)


async def _document(call: Call[None, None]) -> Response:
    documents = call.services.get(Documents)
    document = await documents.document(call.principal, call.request.scope.get("root_path", ""))
    headers = {"ETag": document.etag, "Cache-Control": "private, no-cache", "Vary": documents.vary()}
    if document.etag in _tags(call.request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    return Response(document.json, media_type="application/json", headers=headers)


def _tags(header: str) -> set[str]:
    """The tags of an ``If-None-Match``, compared weakly (RFC 9110, section 13.1.2)."""
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}


async def _home(call: Call[None, None]) -> Response:
    return RedirectResponse(f"{call.request.scope.get('root_path', '')}/docs")


DOCUMENT = RouteSpec(
    "openapi.document",
    "/openapi.json",
    _document,
    anonymous=True,
    result=dict[str, Any],
    answers={304: "It is the document of the `If-None-Match`"},
    summary="This document",
    description="With a credential it lists the routes that your tenant made, too.",
    tags=TAGS,
)
HOME = RouteSpec("openapi.home", "/", _home, summary="To the viewer", anonymous=True, hidden=True)


def open_home(table: RouteTable) -> None:
    """Send visitors of ``/`` to the page, unless something else is there.

    It is a run-time route because only then it is known what the other plugins serve.
    """
    try:
        table.add(HOME, "openapi")
    except Problem as problem:
        if problem.status != 409:
            raise
