"""What ``docs/language.md`` says is refused, and what the sources of the policy say."""

import ast
import inspect
import re
from collections.abc import Iterator
from types import ModuleType
from typing import TypeGuard

import attrs

from pegboard import Program

HEADING = re.compile(r"^#{2,3} (.*)$", re.MULTILINE)
SNIPPET = re.compile(r"`[^`]+`(?:<br>`[^`]+`)*")
NEWER = re.compile(r"\(Python 3\.(\d+)\)")
GENERATED = {
    "eleven loops within each other": "".join(f"{'    ' * depth}for n in []:\n" for depth in range(11))
    + "    " * 11
    + "pass",
    "more than 64 KiB of source": "# " + "x" * 65536,
    "a null byte": "return '\0'",
    "a sum of twenty thousand terms": "return " + "+".join("1" * 20000),
}
"""Snippets that no table can show, by the words that stand for them."""


@attrs.frozen
class Refusal:
    """One refused snippet of a table, under the code of its heading, and what its row says to write instead."""

    code: str
    source: str
    instead: str
    newer: int = 0


def snippets(cell: str) -> list[str]:
    """Code spans of a cell; those with ``<br>`` between them are the lines of one snippet."""
    return ["\n".join(re.findall(r"`([^`]+)`", found)) for found in SNIPPET.findall(cell)]


def tables(text: str) -> Iterator[tuple[str, list[str]]]:
    """The rows of all tables whose first column is ``refused``, each with the code in the heading above it."""
    for start, end in _sections(text):
        code, _, body = text[start:end].partition("\n")
        rows = [line.strip("| ").split(" | ") for line in body.splitlines() if line.startswith("| ")]
        if rows and rows[0][0] == "refused":
            yield from ((code.strip("#` "), row) for row in rows[1:])


def _sections(text: str) -> list[tuple[int, int]]:
    starts = [match.start() for match in HEADING.finditer(text)]
    return list(zip(starts, [*starts[1:], len(text)], strict=True))


def refusals(text: str) -> Iterator[Refusal]:
    for code, row in tables(text):
        refused, _, instead = row
        newer = NEWER.search(refused)
        sources = snippets(refused) or [GENERATED[refused]]
        for source in sources:
            yield Refusal(code, source, snippets(instead)[-1], int(newer[1]) if newer else 0)


def program(source: str) -> Program:
    """A snippet is the body of the entry, unless it has one, or what should be one, of its own."""
    if re.search(r"\bprocess(_data)?\b", source):
        return Program(source, "process_data")
    lines = "".join(f"    {line}\n" for line in source.splitlines())
    return Program(f"def process_data(widget_data, request, user):\n{lines}", "process_data")


def messages(*modules: ModuleType) -> set[str]:
    """A pattern for each message with which one of the modules refuses something."""
    found = set()
    for module in modules:
        tree = ast.parse(inspect.getsource(module))
        said = {node.targets[0].id: node.value for node in tree.body if assigns_name(node)}
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            local = {node.targets[0].id: node.value for node in ast.walk(function) if assigns_name(node)}
            calls = (node for node in ast.walk(function) if isinstance(node, ast.Call))
            found |= {pattern for call in calls for pattern in message_of(call, {**said, **local})}
    return found


def assigns_name(node: ast.AST) -> TypeGuard[ast.Assign]:
    return isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)


def message_of(call: ast.Call, names: dict[str, ast.expr]) -> Iterator[str]:
    """Of ``refuse(node, code, name, message)``, ``add`` likewise, and ``add_at(line, column, code, name, message)``."""
    at = {"refuse": 3, "add": 3, "add_at": 4}.get(getattr(call.func, "attr", ""))
    if at is None or len(call.args) <= at:
        return
    message = call.args[at]
    if isinstance(message, ast.Name) and message.id in names:
        message = names[message.id]
    if isinstance(message, ast.JoinedStr | ast.Constant):
        parts = message.values if isinstance(message, ast.JoinedStr) else [message]
        yield "".join(re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".*" for part in parts)
