"""What plain Python answers to a program, and what a sandbox does, in one form to compare."""

import contextlib
import io
import json
from types import TracebackType
from typing import Any

import attrs
import orjson

from pegboard import Argument, Ending, Limits, Outcome, Program, Run
from pegboard_sandbox_process.views import Object, Request

ENTRY = "process_data"
NAME = "<program>"
REQUEST: dict[str, Any] = {
    "method": "GET",
    "path": "/e/report",
    "headers": [["User-Agent", "test"]],
    "query_params": [["abc", "1"]],
    "path_params": {},
    "body": None,
}
USER = {"id": "u1", "username": "ada"}

encode = json.JSONEncoder(allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode


@attrs.frozen
class Answer:
    """A result (JSON), or the type of an exception or the name of a limit; its message and line; what was printed."""

    result: bytes = b""
    failure: str = ""
    message: str = ""
    line: int | None = None
    printed: bytes = b""


def plain(source: str, data: Any) -> Answer:
    """Of this interpreter, to a program without ``process_data(...)`` around it."""
    names: dict[str, Any] = {"__name__": "program"}
    out = io.StringIO()
    try:
        code = compile(source, NAME, "exec")
    except SyntaxError as error:
        return Answer(failure="SYNTAX", line=error.lineno)
    try:
        with contextlib.redirect_stdout(out):
            exec(code, names)
            value = names[ENTRY](json.loads(json.dumps(data)), Request(REQUEST), Object(USER))
    except RecursionError:
        return Answer(failure="recursion", printed=printed(out))
    except Exception as error:
        message = str(error)[:2000].encode("utf-8", "replace").decode()
        return Answer(b"", type(error).__name__, message, line_of(error.__traceback__), printed(out))
    try:
        result = encode(value).encode()
        orjson.loads(result)  # an integer beyond 1.8e308 is JSON for Python alone
        return Answer(result, printed=printed(out))
    except (ValueError, TypeError):
        return Answer(failure="not-serializable", printed=printed(out))


def printed(out: io.StringIO) -> bytes:
    return out.getvalue().encode("utf-8", "replace")


def line_of(trace: TracebackType | None) -> int | None:
    """The innermost line of the program's own."""
    line = None
    while trace is not None:
        line = trace.tb_lineno if trace.tb_frame.f_code.co_filename == NAME else line
        trace = trace.tb_next
    return line


def run_of(source: str, data: Any, limits: Limits) -> Run:
    arguments = (Argument(json.dumps(data).encode()), Argument(json.dumps(REQUEST).encode(), "request"))
    user = Argument(json.dumps(USER).encode(), "object")
    return Run("tenant", Program(source, ENTRY), (*arguments, user), limits)


def answer(outcome: Outcome) -> Answer:
    """Of a sandbox. The words of a limit are its own."""
    failure, out = outcome.failure, outcome.stdout.data
    if outcome.ending is Ending.RESULT:
        return Answer(outcome.result, printed=out)
    if outcome.ending is Ending.VIOLATION:
        return Answer(failure=outcome.violations[0].code, line=outcome.violations[0].line)
    assert failure is not None, outcome
    if outcome.ending is Ending.LIMIT:
        return Answer(failure=failure.limit, printed=out)
    assert outcome.ending is Ending.EXCEPTION, outcome
    return Answer(b"", failure.type, failure.message, failure.line, out)
