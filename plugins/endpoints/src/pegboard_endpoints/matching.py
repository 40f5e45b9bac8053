"""Conditional requests (RFC 9110, section 13): the revision of a widget is the strong ETag of what is read."""

from starlette.requests import Request
from starlette.responses import Response

from pegboard import Problem
from pegboard.json import dumps

from .stored import StoredWidget


def tag_of(widget: StoredWidget) -> str:
    return f'"{widget.revision}"'


def check_match(request: Request | None, widget: StoredWidget) -> None:
    """Raises Problem 412 where somebody else changed it since the caller read it."""
    header = request.headers.get("if-match", "*").strip() if request is not None else "*"
    if header != "*" and tag_of(widget) not in {tag.strip() for tag in header.split(",")}:
        detail = f"the widget was changed meanwhile (revision {widget.revision} now); read it and try again"
        raise Problem(412, "widget-changed", detail, headers={"ETag": tag_of(widget)})


def tagged(widget: StoredWidget, status: int = 200) -> Response:
    """An answer with the ETag of the revision."""
    return Response(dumps(widget.shown()), status, {"ETag": tag_of(widget)}, media_type="application/json")
