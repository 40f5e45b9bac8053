"""Everything that is answered instead of a result, as RFC 9457 problem details."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import attrs
import orjson
from starlette.requests import Request
from starlette.responses import Response


@attrs.frozen
class FieldError:
    """What is wrong at one place of the input; `pointer` is a JSON pointer (RFC 6901) into it."""

    detail: str
    pointer: str = ""


class Problem(Exception):
    """Raise it anywhere below a route, and the caller is told (RFC 9457).

    `code` is stable and ends the problem's `type`; `detail` says what is wrong and the way out; `extra`
    adds members of the route's own contract. Nothing in it may be secret.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str = "",
        *,
        title: str = "",
        errors: Sequence[FieldError | Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail or title or code)
        self.status = status
        self.code = code
        self.title = title or HTTPStatus(status).phrase
        self.detail = detail
        self.errors = tuple(error if isinstance(error, FieldError) else FieldError(**error) for error in errors)
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})

    def __str__(self) -> str:
        places = "; ".join(f"{e.pointer or '/'}: {e.detail}" for e in self.errors)
        return f"{self.detail or self.title} ({places})" if places else self.detail or self.title

    def body(self) -> dict[str, Any]:
        """The members of the problem document, `extra` included."""
        members: dict[str, Any] = {
            "type": f"urn:pegboard:problem:{self.code}",
            "title": self.title,
            "status": self.status,
        }
        if self.detail:
            members["detail"] = self.detail
        if self.errors:
            members["errors"] = [attrs.asdict(error) for error in self.errors]
        return members | self.extra


class MissingService(Problem):
    """Something that a route needs is not there: its plugin is absent, switched off or failed."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(503, "provider-missing", f"{what} is not available{': ' + hint if hint else ''}")


class MissingCredential(Problem):
    """A caller sent no credential where one is needed; a bad one is a plain 401 of the same code.

    It has a type of its own for the renderers of contracts that answer both differently.
    """

    def __init__(self, challenge: str) -> None:
        super().__init__(401, "unauthorized", "send a credential", headers={"WWW-Authenticate": challenge})


class StartupError(Exception):
    """Why the app cannot start, in one line for the operator: what, where, and the way out."""


def render_problem(problem: Problem, request: Request | None = None) -> Response:
    """The default error renderer: ``application/problem+json``."""
    return Response(
        orjson.dumps(problem.body()), problem.status, problem.headers, media_type="application/problem+json"
    )


def nearest(name: str, known: Iterable[str]) -> str:
    """'; did you mean "x"?' where a known name is close, else all the known names, else nothing."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f'; did you mean "{close[0]}"?'
    return f"; known are {', '.join(names)}" if names else ""
