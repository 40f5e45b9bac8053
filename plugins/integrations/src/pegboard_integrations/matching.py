"""Conditional requests (RFC 9110, section 13): the revision of an integration is the strong ETag of what is read."""

from starlette.requests import Request
from starlette.responses import Response

from pegboard import Problem
from pegboard.json import dumps

from .stored import StoredIntegration

Match = frozenset[str] | None
"""The tags of an If-Match; None where any revision will do."""


def match_of(request: Request) -> Match:
    header = request.headers.get("if-match", "*").strip()
    return None if header == "*" else frozenset(tag.strip() for tag in header.split(","))


def check_match(match: Match, integration: StoredIntegration) -> None:
    """Raises Problem 412 where somebody else changed it since."""
    if match is not None and tag_of(integration) not in match:
        detail = f"{integration.updated_by} changed it meanwhile; read it and try again"
        raise Problem(412, "integration-changed", detail, headers={"ETag": tag_of(integration)})


def tagged(integration: StoredIntegration, status: int = 200) -> Response:
    """An answer with the ETag of the revision."""
    headers = {"ETag": tag_of(integration)}
    return Response(dumps(integration.shown()), status, headers, media_type="application/json")


def tag_of(integration: StoredIntegration) -> str:
    return f'"{integration.revision}"'
