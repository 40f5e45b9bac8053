"""Collecting what is wrong with a source, each with its place."""

from __future__ import annotations

import ast
from typing import Any

from pegboard_sandbox_monty.supervisor.program import LINE_END

Violation = dict[str, Any]
"""The members of `pegboard.Violation`."""

MOST = 100


def missing(entry: str) -> Violation:
    hint = f"def {entry}(...): at the top level"
    place = {"line": 1, "column": 1}
    message = f"The function '{entry}' is not defined"
    return {"code": "MISSING_ENTRY", "name": entry, **place, "message": message, "hint": hint}


class Violations:
    """All violations of one source. Columns count characters, from 1."""

    def __init__(self, source: str) -> None:
        self._lines = LINE_END.split(source)
        self._found: list[Violation] = []

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, node: ast.AST | None, code: str, name: str, message: str, hint: str = "") -> None:
        """A violation at `node`, or at the start where it has no place."""
        self.add_at(getattr(node, "lineno", 1), self._column(node), code, name, message, hint)

    def include(self, violation: Violation) -> None:
        self._found.append(violation)

    def add_at(self, line: int, column: int, code: str, name: str, message: str, hint: str = "") -> None:
        place = {"line": max(line, 1), "column": max(column, 1)}
        self.include({"code": code, "name": name, **place, "message": message, "hint": hint})

    def listed(self) -> list[Violation]:
        return sorted(self._found, key=lambda found: (found["line"], found["column"]))[:MOST]

    def _column(self, node: ast.AST | None) -> int:
        """`ast` counts bytes of UTF-8 from 0."""
        offset: int = getattr(node, "col_offset", 0)
        line = getattr(node, "lineno", 1) - 1
        text = self._lines[line] if line < len(self._lines) else ""
        return len(text.encode("utf-8", "surrogatepass")[:offset].decode("utf-8", "replace")) + 1
