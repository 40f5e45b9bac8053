"""The function of a mapping on its way to be made: its statements, and what its names stand for."""

import ast
from collections.abc import Sequence
from typing import Any

import attrs

from pegboard import MISSING
from pegboard_jsonpath import Path

from . import syntax as s

RECORD = "record"


@attrs.define
class Writer:
    """Collects the statements for one record.

    A path of names is read by subscription, which raises for a record that lacks one: such records are mapped again,
    with more care. What several fields need is read once.
    """

    statements: list[ast.stmt] = attrs.field(factory=list)
    namespace: dict[str, Any] = attrs.field(factory=lambda: {"MISSING": MISSING})
    _read: dict[tuple[Any, ...], str] = attrs.field(factory=dict)
    _count: int = 0

    def bind(self, value: Any) -> ast.Name:
        """A name for a value."""
        self._count += 1
        name = f"k{self._count}"
        self.namespace[name] = value
        return s.name(name)

    def local(self) -> str:
        """A name that is not taken."""
        self._count += 1
        return f"v{self._count}"

    def add(self, *statements: ast.stmt) -> None:
        self.statements.extend(statements)

    def let(self, value: ast.expr) -> str:
        name = self.local()
        self.add(s.assign(name, value))
        return name

    def read(self, path: Path) -> str:
        """The name of what a path chooses in the record; it is never MISSING where `sure(path)`."""
        if path.steps is None or not sure(path):
            key: tuple[Any, ...] = (path.text, None)
            if key not in self._read:
                self._read[key] = self.let(s.call(self.bind(path.get), s.name(RECORD)))
            return self._read[key]
        return self._steps(path.steps)

    def _steps(self, steps: Sequence[Any]) -> str:
        if not steps:
            return RECORD
        key = tuple(steps)
        if key not in self._read:
            outer = self._steps(steps[:-1])
            self._read[key] = self.let(s.item(s.name(outer), s.constant(steps[-1])))
        return self._read[key]


def sure(path: Path) -> bool:
    """Whether subscription reads it: an index could choose a letter of a text, and a query gives a list anyway."""
    return path.steps is not None and all(isinstance(step, str) for step in path.steps)
