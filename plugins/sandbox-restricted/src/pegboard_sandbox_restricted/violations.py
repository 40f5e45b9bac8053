"""Collecting what is wrong with a source, each with its place."""

import ast
import re
from typing import Any

Violation = dict[str, Any]
"""The members of `pegboard.Violation`."""


LINE_END = re.compile(r"\r\n|\r|\n")
"""What ends a line for Python; `str.splitlines` knows ten more."""

MOST = 1000
"""Violations that are recorded: who made so many wants to keep the checker busy."""


class Violations:
    """All violations of one source, in the order of their places. Columns count characters, from 1."""

    def __init__(self, source: str) -> None:
        self._lines = LINE_END.split(source)
        self._found: list[Violation] = []

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, node: ast.AST | None, code: str, name: str, message: str, hint: str = "") -> None:
        """A violation at `node`, or at the start where it has no place."""
        self.add_at(getattr(node, "lineno", 1), self._column(node), code, name, message, hint)

    def add_at(self, line: int, column: int, code: str, name: str, message: str, hint: str = "") -> None:
        if len(self._found) >= MOST:
            return
        place = {"line": max(line, 1), "column": max(column, 1)}
        self._found.append({"code": code, "name": name, **place, "message": message, "hint": hint})

    def listed(self) -> list[Violation]:
        return sorted(self._found, key=lambda found: (found["line"], found["column"]))

    def _column(self, node: ast.AST | None) -> int:
        """`ast` counts bytes of UTF-8 from 0."""
        offset: int = getattr(node, "col_offset", 0)
        line = getattr(node, "lineno", 1) - 1
        text = self._lines[line] if line < len(self._lines) else ""
        return len(text.encode("utf-8", "surrogatepass")[:offset].decode("utf-8", "replace")) + 1
