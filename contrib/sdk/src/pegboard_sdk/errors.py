"""What the server refuses or fails at, as exceptions that keep what it said (RFC 9457)."""

from collections.abc import Mapping
from typing import Any

import attrs
import httpx

from .records import Violation, made


class PegboardError(Exception):
    """Whatever goes wrong in a call. No token is ever part of it."""


class UnreachableError(PegboardError):
    """The server could not be asked, or its answer broke off."""


@attrs.frozen
class FieldError:
    """What is wrong at one place of what was sent; `pointer` is a JSON pointer (RFC 6901) into it."""

    detail: str
    pointer: str = ""


class ApiError(PegboardError):
    """The server's refusal.

    `error_code` is the contract's own, such as ``FORBIDDEN_MODULE``; `code` ends the problem's type. `members` is
    the whole body. `request_id` is what the server's log has the request under; `retry_after` is in seconds.
    """

    def __init__(self, status: int, members: Mapping[str, Any], request_id: str = "", retry_after: str = "") -> None:
        self.status = status
        self.members = dict(members)
        self.code = str(members.get("type", "")).rpartition(":")[2]
        self.error_code = str(members.get("error_code", ""))
        self.detail = str(members.get("detail") or members.get("title") or "")
        errors = members.get("errors")
        self.errors = tuple(made(FieldError, error) for error in errors) if isinstance(errors, list) else ()
        self.request_id = request_id
        self.retry_after = float(retry_after) if retry_after.isdecimal() else None
        super().__init__(self._line())

    def _line(self) -> str:
        name = self.error_code or self.code
        places = "".join(f"\n  {error.pointer or '/'}: {error.detail}" for error in self.errors)
        known = f" (request {self.request_id})" if self.request_id else ""
        return f"{self.status} {name}: {self.detail}".replace(" : ", ": ") + known + places


class AuthenticationError(ApiError):
    """401: the token is not known, or no longer valid."""


class ScopeError(ApiError):
    """403: the token lacks a scope; `scopes` names it."""

    @property
    def scopes(self) -> tuple[str, ...]:
        return tuple(self.members.get("scopes", ()))


class NotFoundError(ApiError):
    """404: there is no such widget, or it is another tenant's."""


class ConflictError(ApiError):
    """409: the path is taken, or another writer was faster."""


class InvalidError(ApiError):
    """422: what was sent does not have its shape; `errors` says where."""


class CodeRefusedError(InvalidError):
    """422: the logic is refused before it runs."""

    @property
    def forbidden_modules(self) -> tuple[str, ...]:
        return tuple(self.members.get("forbidden_modules", ()))

    @property
    def violations(self) -> tuple[Violation, ...]:
        return tuple(made(Violation, violation) for violation in self.members.get("violations", ()))


class ExecutionError(ApiError):
    """422: the logic raised an exception, crashed, or returned what is not JSON; `line` is in its source."""

    @property
    def error_type(self) -> str:
        return str(self.members.get("error_type", ""))

    @property
    def line(self) -> int | None:
        return self.members.get("line")


class LimitError(ExecutionError):
    """422 or 504: the logic hit a limit; `limit` names it, `allowed` is the number that was set."""

    @property
    def limit(self) -> str:
        return str(self.members.get("limit", ""))

    @property
    def allowed(self) -> float | None:
        return self.members.get("allowed")


class UpstreamError(ApiError):
    """403, 502 or 504: the widget's upstream is not allowed, failed, was too slow, or answered no JSON."""


class UnavailableError(ApiError):
    """429 or 503: too many calls, no free sandbox, or a part of the server is missing; see `retry_after`."""


BY_CODE: Mapping[str, type[ApiError]] = {
    **dict.fromkeys(("FORBIDDEN_MODULE", "INVALID_CODE"), CodeRefusedError),
    **dict.fromkeys(("EXECUTION_ERROR", "CRASHED", "RESULT_NOT_SERIALIZABLE"), ExecutionError),
    **dict.fromkeys(
        ("TIMEOUT_ERROR", "MEMORY_LIMIT", "OUTPUT_LIMIT", "RECURSION_LIMIT", "RESULT_LIMIT", "FILES_LIMIT"),
        LimitError,
    ),
    **dict.fromkeys(
        ("UPSTREAM_ERROR", "UPSTREAM_TIMEOUT", "UPSTREAM_NOT_JSON", "UPSTREAM_TOO_LARGE", "EGRESS_BLOCKED"),
        UpstreamError,
    ),
}
BY_STATUS: Mapping[int, type[ApiError]] = {
    401: AuthenticationError,
    403: ScopeError,
    404: NotFoundError,
    409: ConflictError,
    422: InvalidError,
    429: UnavailableError,
    503: UnavailableError,
}


def api_error(response: httpx.Response) -> ApiError:
    """The exception for an answer that is no success, whoever sent it: a proxy's may not even be JSON."""
    try:
        members = response.json()
    except ValueError:
        members = None
    if not isinstance(members, dict):
        media = response.headers.get("content-type", "no content type")
        members = {"title": f"the server answered {response.status_code} {response.reason_phrase} ({media})"}
    status = response.status_code
    kind = BY_CODE.get(str(members.get("error_code", "")), BY_STATUS.get(status, ApiError))
    return kind(status, members, response.headers.get("x-request-id", ""), response.headers.get("retry-after", ""))
