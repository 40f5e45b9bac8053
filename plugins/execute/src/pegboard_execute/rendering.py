"""What goes wrong before anything runs, in the shape of document 001."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from pegboard import Problem
from pegboard.json import dumps

from .outcomes import INTERNAL

NO_OBJECT = "Missing JSON in request"


def render(problem: Problem, request: Request) -> Response:
    """An `ErrorRenderer`."""
    status, body = _said(problem)
    return Response(dumps(body), status, problem.headers, media_type="application/json")


def _said(problem: Problem) -> tuple[int, dict[str, Any]]:
    if problem.status == 401:
        return 401, {"message": "Unauthorized"}
    if problem.code in ("invalid-json", "unsupported-media-type") or _is_no_object(problem):
        return 400, {"message": NO_OBJECT}
    if problem.code == "invalid-input":
        return 400, {"message": f"Invalid payload: {_reasons(problem)}"}
    if problem.status >= 500 and problem.code == "internal-error":
        wrong = {"error": INTERNAL, "stdout": "", "stderr": "", "exit_code": 500}
        return 500, wrong | problem.extra
    return problem.status, {"message": str(problem)} | problem.extra


def _is_no_object(problem: Problem) -> bool:
    return problem.code == "invalid-input" and any(
        error.pointer == "" and error.detail.startswith("expected an object") for error in problem.errors
    )


def _reasons(problem: Problem) -> str:
    """Field and reason of each mistake."""
    if not problem.errors:
        return problem.detail.removeprefix("The body is not valid: ")
    return "; ".join(f"{error.pointer.lstrip('/') or 'body'}: {error.detail}" for error in problem.errors)
