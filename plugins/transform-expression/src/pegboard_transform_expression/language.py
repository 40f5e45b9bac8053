"""The language of the jail: one expression, in JavaScript or Python. Standard library and the engine only.

JavaScript is checked and run here. Python is only checked, alone and as an expression: it runs in the sandbox
``restricted``, within a program of ours.
"""

from __future__ import annotations

import ast
import os
import time

from pegboard_sandbox_process.child import Job, Refused
from pegboard_transform_expression.javascript import NotAnExpression, Realms, check, run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PROGRAM = "<expression>"


def check_python(source: str) -> None:
    """Raise `NotAnExpression` unless `source` is exactly one expression.

    Compiled as well as parsed: ``(yield)`` is found by the compiler alone.
    """
    text = source.lstrip(" \t")
    try:
        compile(ast.parse(text, PROGRAM, mode="eval"), PROGRAM, "eval", dont_inherit=True)
    except SyntaxError as error:
        line, column = max(error.lineno or 1, 1), max(error.offset or 1, 1)
        column += len(source) - len(text) if line == 1 else 0
        raise NotAnExpression(f"SyntaxError: {error.msg}", line, column) from None
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        raise NotAnExpression(f"SyntaxError: it cannot be compiled ({type(error).__name__}: {error})", 1, 1) from None


CHECKS = {"javascript": check, "python": check_python}


class Expressions:
    """See `pegboard_sandbox_process.child.Language`. A job's entry is the language of its source."""

    abandons = False

    def __init__(self) -> None:
        self._realms = Realms()
        self._checked: set[str] = set()

    def check(self, job: Job) -> list[dict[str, Any]]:
        try:
            CHECKS[job.entry or "javascript"](job.source)
        except NotAnExpression as wrong:
            return [violation(job.source, wrong)]
        return []

    def execute(self, job: Job) -> object:
        """A page: arguments are options and the page's JSON as one text. Raises `Refused` and MemoryError."""
        if job.source not in self._checked:
            wrong = self.check(job)
            if wrong:
                raise Refused(wrong)
            self._checked.add(job.source)
        options, page = job.arguments
        realm = self._realms.take()
        try:
            return run(realm, job.source, page, options)
        finally:
            self._realms.give(realm, len(page))


def violation(source: str, wrong: NotAnExpression) -> dict[str, Any]:
    """As `pegboard.Violation`."""
    return dict(code="SYNTAX", name="", line=wrong.line, column=wrong.column, message=wrong.message, hint=hint(source))


def hint(source: str) -> str:
    text = source.strip()
    if text.endswith(";"):
        return "leave out the semicolon: an expression has none"
    if text.startswith(("return ", "return(")):
        return "leave out return: the expression is the result"
    if text.startswith(("const ", "let ", "var ", "function ", "if ", "if(", "for ", "for(", "def ", "import ")):
        return "write one expression; steps fit into a function that is called at once, or into a conditional"
    return "write one expression, such as value.trim()" if text else "write an expression, such as value.trim()"


os.environ["TZ"] = "UTC"
time.tzset()  # dates have one zone on all machines
language = Expressions()
