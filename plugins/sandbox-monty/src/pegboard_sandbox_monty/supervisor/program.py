"""From a source to the one text that is fed to the interpreter: views and arguments, the program, the call.

Lines of the program stay apart from ours by their numbers; `Feed` says which are whose.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

OWN = "_pegboard_"
"""How all names begin that are ours; `checks` refuses them to programs."""

IMPORT_DUMPS = f"from json import dumps as {OWN}dumps\n"
VALUE_ALONE = f"from json import loads as {OWN}value\n"
BODY = f"def {OWN}body(arguments):\n"
DUMPS = f"{OWN}dumps({OWN}result, ensure_ascii=False, separators=(',', ':'), allow_nan=False)"
NOTHING = f"{OWN}nothing"
LINE_END = re.compile(r"\r\n|\r|\n")
"""What ends a line for Python; `str.splitlines` knows ten more."""

Part = Literal["arguments", "program", "call", "result"]


class Feed(NamedTuple):
    """A text for the interpreter. `first` and `last` are the lines of it that are the program's own."""

    text: str
    first: int
    last: int
    arguments: int = 0
    indented: int = 0

    def part(self, line: int) -> Part:
        if line < self.first:
            return "arguments"
        if line <= self.last:
            return "program"
        return "call" if line == self.last + 1 else "result"

    def argument(self, line: int) -> int:
        """Which one is read in this line, from 1."""
        return line - (self.first - self.indented - self.arguments) + 1


class Source(NamedTuple):
    """A program's text as it is fed, and how many lines it has. `indented` is 1 where it has become a function."""

    text: str
    lines: int
    indented: int

    @classmethod
    def of(cls, source: str, entry: str | None, tree: ast.Module) -> Source:
        lines = len(LINE_END.split(source))
        if entry is not None:
            return cls(f"{source}\n", lines, 0)
        return cls(f"{BODY}{_indented(source, tree)}\n pass\n", lines, 1)


def to_run(source: Source, entry: str | None, views: Sequence[str], most: int) -> Feed:
    """Run with the inputs that `argument` names; the value is JSON, cut off beyond `most` characters."""
    head = f"{_header(frozenset(views))}{_arguments(views)}"
    given = "".join(f"{OWN}argument_{number}, " for number in range(len(views)))
    called = f"{entry}({given})" if entry is not None else f"{OWN}body(({given}))"
    tail = f"{OWN}result = {called}\n{DUMPS}[:{most + 1}]\n"
    first = head.count("\n") + source.indented + 1
    return Feed(f"{head}{source.text}{tail}", first, _last(first, source), len(views), source.indented)


def to_compile(source: Source) -> Feed:
    """Compile all and run nothing: the first line is a name that is not there."""
    first = 2 + source.indented  # behind a ``return`` not all would be compiled
    return Feed(f"{NOTHING}\n{source.text}", first, _last(first, source), 0, source.indented)


def argument(number: int) -> str:
    """The input that has the text of an argument, from 0."""
    return f"{OWN}text_{number}"


def _last(first: int, source: Source) -> int:
    """With the line that ends an indented body, which is nobody's."""
    return first + source.lines - 1 + source.indented


def _arguments(views: Sequence[str]) -> str:
    return "".join(f"{OWN}argument_{number} = {OWN}{view}({argument(number)})\n" for number, view in enumerate(views))


@cache
def _header(views: frozenset[str]) -> str:
    """The part of views.py that is needed, without what only its readers need."""
    if not views - {"value"}:
        return IMPORT_DUMPS + VALUE_ALONE
    tree = ast.parse(Path(__file__).with_name("views.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef) and ast.get_docstring(node) is not None:
            del node.body[0]
    return f"{IMPORT_DUMPS}{ast.unparse(tree)}\n"


def _indented(source: str, tree: ast.Module) -> str:
    """By one space, but for lines that begin inside a string."""
    inside = {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))
        for line in range(node.lineno + 1, (node.end_lineno or node.lineno) + 1)
    }
    parts = re.split(f"({LINE_END.pattern})", source)
    lines, ends = parts[::2], [*parts[1::2], ""]
    return "".join(
        (line if number in inside else f" {line}") + end
        for number, (line, end) in enumerate(zip(lines, ends, strict=True), 1)
    )
