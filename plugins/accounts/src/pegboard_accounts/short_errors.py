"""Errors as ``{message, errors}``: the shape that programs for script servers expect of ``POST /api/auth/login``."""

from starlette.requests import Request
from starlette.responses import Response

from pegboard import Problem
from pegboard.json import dumps

INPUT = ("invalid-input", "invalid-json", "unsupported-media-type")


def render(problem: Problem, request: Request) -> Response:
    """An `ErrorRenderer`; what is wrong with the body is 400, and `errors` are by field."""
    status = 400 if problem.code in INPUT else problem.status
    errors = {error.pointer.lstrip("/") or "body": error.detail for error in problem.errors}
    body = {"message": problem.detail or problem.title, "errors": errors}
    return Response(dumps(body), status, problem.headers, media_type="application/json")
