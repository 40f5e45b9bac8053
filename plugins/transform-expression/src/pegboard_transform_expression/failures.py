"""What goes wrong with an expression: with all of it, or with one record."""

from collections.abc import Sequence

from pegboard import Ending, Failure, Outcome, Problem, Violation

INVALID_ARGUMENT = "InvalidArgument"


class ExpressionRefused(ValueError):
    """The definition cannot work: `violations` say where, in the user's own text. `check` finds them beforehand."""

    def __init__(self, pointer: str, violations: Sequence[Violation]) -> None:
        self.pointer, self.violations = pointer, tuple(violations)
        super().__init__(f"{pointer}/expression: {'; '.join(map(told, self.violations))}")


class ExpressionFailed(ValueError):
    """It failed for one record. `limit` names the limit that was hit (cpu, wall, memory, recursion, result).

    `line` and `column` count from 1 in the expression and are None where nobody knows.
    """

    def __init__(self, message: str, limit: str = "", line: int | None = None, column: int | None = None) -> None:
        self.limit, self.line, self.column = limit, line, column
        where = f" (line {line}, column {column} of the expression)" if line else ""
        named = f" [limit {limit}]" if limit else ""
        super().__init__(f"expression: {message}{where}{named}")


def told(violation: Violation) -> str:
    hint = f"; {violation.hint}" if violation.hint else ""
    return f"line {violation.line}, column {violation.column}: {violation.message}{hint}"


def failed(outcome: Outcome, pointer: str) -> ExpressionFailed:
    """How a page ended that has no result.

    Raises `ExpressionRefused` for an expression that is none, and Problem 503 where it is no fault of the expression's.
    """
    if outcome.ending is Ending.VIOLATION:
        raise ExpressionRefused(pointer, outcome.violations)
    failure = outcome.failure or Failure(str(outcome.ending))
    if outcome.ending in (Ending.BUSY, Ending.LOST):
        code = f"sandbox-{outcome.ending}"
        raise Problem(503, code, f"{pointer}: {failure.message}; try again", headers={"Retry-After": "1"})
    if outcome.ending is Ending.CRASHED:
        return ExpressionFailed(f"its process crashed: {failure.message}")
    kind = f"{failure.type}: " if failure.type else ""
    return ExpressionFailed(f"{kind}{failure.message}", failure.limit)
