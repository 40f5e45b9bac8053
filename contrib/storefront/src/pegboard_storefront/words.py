"""Errors in the words and the shape of document 003: ``{error, status_code}``, and 422 as ``{detail: [...]}``."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from pegboard import FieldError, MissingCredential, Problem

from .cors import Origins

WORDS: Mapping[str, str] = {
    "account-exists": "Email or username already exists",
    "internal-error": "Internal server error",
    "invalid-credentials": "Invalid credentials",
    "user-not-found": "User not found",
    "access-denied": "Access denied",
    "insufficient-scope": "Requires admin role",
}
"""The document's own words for codes of problems; of others the detail is told."""


class InvalidInput(Problem):
    """Input from elsewhere than the rest of a route's: `place` is ``path``, ``query`` or ``body``."""

    def __init__(self, place: str, errors: Sequence[FieldError]) -> None:
        super().__init__(422, "invalid-input", f"The {place} is not valid", errors=errors)
        self.place = place


class Renderer:
    """Renders the problems of one route. `place` is where its input comes from: ``body`` or ``query``."""

    def __init__(self, place: str, origins: Origins) -> None:
        self._place = place
        self._origins = origins

    def __call__(self, problem: Problem, request: Request) -> Response:
        headers = {**problem.headers, **self._origins.headers(request)}
        if problem.status == 422:
            place = problem.place if isinstance(problem, InvalidInput) else self._place
            errors = problem.errors or (FieldError(problem.detail),)
            return _answer({"detail": [_mistake(error, place) for error in errors]}, 422, headers)
        status, words = _told(problem)
        return _answer({"error": words, "status_code": status}, status, headers)


def _told(problem: Problem) -> tuple[int, str]:
    if isinstance(problem, MissingCredential):
        return 403, "Not authenticated"
    status = 400 if problem.code == "account-exists" else problem.status
    return status, WORDS.get(problem.code, problem.detail or problem.title)


def _mistake(error: FieldError, place: str) -> dict[str, Any]:
    steps = [_step(step) for step in error.pointer.split("/")[1:]]
    kind = "missing" if error.detail == "is missing" else "value_error"
    return {"loc": [place, *steps], "msg": error.detail, "type": kind}


def _step(step: str) -> str | int:
    plain = step.replace("~1", "/").replace("~0", "~")
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) < 10 else plain


def _answer(document: dict[str, Any], status: int, headers: Mapping[str, str]) -> Response:
    return Response(orjson.dumps(document), status, dict(headers), media_type="application/json")
