"""From what a sandbox tells to what a caller is told: a status and the members of the envelope that go with it."""

from typing import Any

import attrs
import orjson

from pegboard import Outcome
from pegboard.contracts import Ending

from .asked import Asked


@attrs.frozen
class Told:
    """`response` where it ended well, else `message`; `seconds` are those that it ran."""

    status: int
    response: dict[str, Any] | None
    message: Any
    seconds: float

    def document(self) -> dict[str, Any]:
        return attrs.asdict(self)


STATUS = {Ending.EXCEPTION: 400, Ending.CRASHED: 400, Ending.BUSY: 503}
INTERNAL = "An internal server error occurred"


def told_of(outcome: Outcome, asked: Asked) -> Told:
    """What the contract's table says."""
    written = _written(outcome)
    if outcome.ending is Ending.RESULT:
        response = {"result": orjson.loads(outcome.result), **written, "exit_code": 0}
        return Told(200, response, "success", outcome.wall)
    return Told(*_refused(outcome, asked, written), outcome.wall)


def failed(reason: str = INTERNAL, status: int = 500, **more: Any) -> Told:
    """The answer where there is no outcome."""
    return Told(status, None, {"error": reason, "stdout": "", "stderr": "", "exit_code": status, **more}, 0.0)


def _refused(outcome: Outcome, asked: Asked, written: dict[str, Any]) -> tuple[int, None, dict[str, Any]]:
    failure = outcome.failure
    if outcome.ending is Ending.VIOLATION:
        first = outcome.violations[0]
        details = {"error_type": "SyntaxError", "line": first.line, "exit_code": 400}
        return 400, None, {"error": first.message, **written, **details}
    if failure is None:
        return 500, None, {"error": INTERNAL, **written, "exit_code": 500}
    details = {"error_type": failure.type, "line": failure.line, "exit_code": 400}
    if outcome.ending is Ending.LIMIT:
        return _over(failure.limit, failure.message, asked, written, details)
    if failure.exit_code is not None:
        code = failure.exit_code
        said = f"the program ended itself with exit code {code}"
        return 400, None, {"error": said, **written, **details, "error_type": "SystemExit", "exit_code": code}
    status = (
        400 if outcome.ending in (Ending.EXCEPTION, Ending.CRASHED) else 503 if outcome.ending is Ending.BUSY else 500
    )
    return status, None, {"error": failure.message, **written, **details, "exit_code": status}


def _over(
    limit: str, message: str, asked: Asked, written: dict[str, Any], details: dict[str, Any]
) -> tuple[int, None, dict[str, Any]]:
    if limit in ("wall", "cpu"):
        said = f"Execution timed out after {asked.timeout} seconds"
        return 408, None, {"error": said, **written, **details, "error_type": "TimeoutError", "exit_code": 408}
    status = 422 if limit in ("not-serializable", "result") else 400
    return status, None, {"error": message, **written, **details, "exit_code": status, "limit": limit}


def _written(outcome: Outcome) -> dict[str, Any]:
    """Both streams as text, and whether something of them is missing."""
    said: dict[str, Any] = {}
    for name in ("stdout", "stderr"):
        output = getattr(outcome, name)
        said[name] = output.data.decode("utf-8", "replace")
        if output.truncated:
            said[f"{name}_truncated"] = True
    return said
