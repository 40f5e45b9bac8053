"""What goes wrong with an endpoint, in the words and codes of the contract."""

from collections.abc import Sequence
from typing import Any

import attrs
from starlette.requests import Request
from starlette.responses import Response

from pegboard import Ending, Failure, Limits, Outcome, Problem, Violation, render_problem

FORBIDDEN = ("FORBIDDEN_MODULE", "FORBIDDEN_CALL")
LOGIC = "/endpoint_data/logic"
INVALID_ARGUMENT = "InvalidArgument"
"""See `pegboard.Failure`: only the upstream's body comes from elsewhere."""


def widget_problem(problem: Problem, request: Request) -> Response:
    """Render any problem with the `error_code` that the contract gives each answer."""
    problem.extra.setdefault("error_code", _code(problem))
    return render_problem(problem, request)


def _code(problem: Problem) -> str:
    if problem.code == "invalid-input":
        if any(error.pointer == "/size" for error in problem.errors):
            return "INVALID_SIZE"
        missing = any(error.detail == "is missing" for error in problem.errors)
        return "MISSING_FIELD" if missing else "INVALID_FIELD"
    return problem.code.upper().replace("-", "_")


def not_found(widget_id: str) -> Problem:
    return Problem(404, "widget-not-found", f"there is no widget {widget_id!r}")


def refused(violations: Sequence[Violation], pointer: str = LOGIC) -> Problem:
    """The 422 for code that may not be saved, with every violation and its place."""
    forbidden = [v for v in violations if v.code in FORBIDDEN]
    names = list(dict.fromkeys(v.name for v in forbidden))
    shown = list(dict.fromkeys(v.message for v in forbidden or violations))
    extra: dict[str, Any] = {
        "error_code": "FORBIDDEN_MODULE" if forbidden else "INVALID_CODE",
        "violations": [attrs.asdict(v) for v in violations],
    }
    if forbidden:
        extra["forbidden_modules"] = names
    errors = [{"detail": f"line {v.line}: {v.message}{_hinted(v)}", "pointer": pointer} for v in violations]
    detail = f"Code validation failed: {'; '.join(shown)}"
    return Problem(422, "code-refused", detail, title="Code validation failed", errors=errors, extra=extra)


def _hinted(violation: Violation) -> str:
    return f" ({violation.hint})" if violation.hint else ""


def failed(outcome: Outcome, limits: Limits) -> Problem | None:
    """The problem that an outcome is, or None for a result."""
    if outcome.ending is Ending.RESULT:
        over = outcome.stdout.truncated or outcome.stderr.truncated
        return _limit("output", Failure("", allowed=limits.output)) if over else None
    if outcome.ending is Ending.VIOLATION:
        return refused(outcome.violations)
    failure = outcome.failure or Failure(outcome.ending.value)
    if outcome.ending is Ending.BUSY:
        return _unavailable("SANDBOX_BUSY", f"{failure.message}; try again")
    if outcome.ending is Ending.LIMIT:
        return _limit(failure.limit, failure)
    if outcome.ending is Ending.LOST:
        return _unavailable("SANDBOX_LOST", f"the sandbox was lost: {failure.message}; try again")
    return _exception(failure) if outcome.ending is Ending.EXCEPTION else _crash(failure)


def _exception(failure: Failure) -> Problem:
    if failure.type == INVALID_ARGUMENT and failure.line is None:
        detail = f"The upstream's answer cannot be read as JSON: {failure.message}"
        return Problem(502, "upstream-not-json", detail, extra={"error_code": "UPSTREAM_NOT_JSON"})
    extra: dict[str, Any] = {"error_code": "EXECUTION_ERROR", "error_type": failure.type, "line": failure.line}
    if failure.exit_code is not None:
        extra["exit_code"] = failure.exit_code
    return Problem(422, "execution-error", f"Code execution error: {failure.message}", extra=extra)


def _crash(failure: Failure) -> Problem:
    extra = {"error_code": "CRASHED", "signal": failure.signal}
    return Problem(422, "crashed", f"Code execution crashed: {failure.message}", extra=extra)


def _unavailable(error_code: str, detail: str) -> Problem:
    code = error_code.lower().replace("_", "-")
    return Problem(503, code, detail, headers={"Retry-After": "1"}, extra={"error_code": error_code})


def _limit(limit: str, failure: Failure) -> Problem:
    allowed = failure.allowed or 0
    status, error_code, detail = {
        "wall": (504, "TIMEOUT_ERROR", f"Code execution exceeded time limit ({allowed:g} seconds)"),
        "cpu": (504, "TIMEOUT_ERROR", f"Code execution exceeded time limit ({allowed:g} seconds)"),
        "memory": (422, "MEMORY_LIMIT", f"Code execution exceeded memory limit ({allowed / 2**20:g} MB)"),
        "output": (422, "OUTPUT_LIMIT", f"Code execution printed more than its limit ({allowed / 1024:g} KiB)"),
        "recursion": (422, "RECURSION_LIMIT", f"Code execution exceeded recursion limit ({allowed:g} frames)"),
        "result": (422, "RESULT_LIMIT", f"The result is larger than its limit ({allowed / 1024:g} KiB)"),
        "files": (422, "FILES_LIMIT", f"Code execution left more or larger files than it may ({allowed / 2**20:g} MB)"),
        "not-serializable": (422, "RESULT_NOT_SERIALIZABLE", f"The result is not JSON: {failure.message}"),
    }.get(limit, (422, "LIMIT", f"Code execution exceeded a limit: {failure.message or limit}"))
    extra = {"error_code": error_code, "limit": limit, "allowed": failure.allowed, "line": failure.line}
    code = error_code.lower().replace("_", "-")
    return Problem(status, code, detail, extra={name: value for name, value in extra.items() if value is not None})
