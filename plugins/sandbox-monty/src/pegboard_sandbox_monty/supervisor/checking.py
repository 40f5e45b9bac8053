"""All that is wrong with a program, and the program as it is fed to the interpreter when nothing is."""

from __future__ import annotations

import ast
import keyword
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from pydantic_monty import MontyRuntimeError, MontySyntaxError

from pegboard_sandbox_monty.supervisor import hints, inventory
from pegboard_sandbox_monty.supervisor.checks import Checks
from pegboard_sandbox_monty.supervisor.program import NOTHING, Feed, Source, to_compile
from pegboard_sandbox_monty.supervisor.violations import Violation, Violations

OpenSession = Callable[[], AbstractContextManager[Any]]
"""A fresh session of the interpreter, which is asked what it has and made to compile."""

UNSUPPORTED = "The monty syntax parser does not yet support "


class Refused(Exception):
    """The program has violations."""

    def __init__(self, violations: list[Violation]) -> None:
        super().__init__(violations)
        self.violations = violations


def checked(source: str, entry: str | None, nesting: int, opened: OpenSession) -> Source:
    """The program to feed. Nothing of it is run. Raises `Refused`, and what a session raises."""
    found = Violations(source)
    tree = _parsed(source, found)
    if tree is None or (entry is not None and not _is_name(entry, found)):
        raise Refused(found.listed())
    fed = _checked(source, entry, tree, nesting, found, opened)
    if found or fed is None:
        raise Refused(found.listed())
    return fed


def _checked(
    source: str, entry: str | None, tree: ast.Module, nesting: int, found: Violations, opened: OpenSession
) -> Source | None:
    checks = Checks(found, nesting)
    try:
        checks.check(tree, entry)
    except RecursionError:
        _too_deep(found)
        return None
    with opened() as session:
        _refuse_what_is_not_there(checks, session)
    fed = Source.of(source, entry, tree)
    if not found:
        with opened() as session:
            _compile(to_compile(fed), session, found)
    return fed


def _parsed(source: str, found: Violations) -> ast.Module | None:
    try:
        return ast.parse(source)
    except SyntaxError as error:
        found.add_at(error.lineno or 1, error.offset or 1, "SYNTAX", "", error.msg)
    except ValueError as error:  # a NUL byte, a lone surrogate, an integer with too many digits
        found.add(None, "SYNTAX", "", str(error))
    except (RecursionError, MemoryError, OverflowError):
        _too_deep(found)
    return None


def _too_deep(found: Violations) -> None:
    hint = "split long or deeply nested expressions"
    found.add(None, "SIZE", "", "The source is too deeply nested or too large", hint)


def _is_name(entry: str, found: Violations) -> bool:
    """It becomes part of what is fed."""
    if entry.isidentifier() and not keyword.iskeyword(entry):
        return True
    found.add(None, "MISSING_ENTRY", entry, f"{entry!r} cannot be the name of a function", "choose another name")
    return False


def _refuse_what_is_not_there(checks: Checks, session: inventory.Session) -> None:
    names = {node.id for node in checks.builtins}
    members = {(module, name) for module, name, _ in checks.members}
    if not names and not members:
        return
    lacking = inventory.ask(session, names, sorted(members))
    for node in checks.builtins:
        if node.id in lacking.builtins:
            hint = hints.for_builtin(node.id)
            if node.id in hints.EXCEPTIONS or hints.is_special(node.id):
                checks.refuse(node, "FORBIDDEN_NAME", node.id, f"Forbidden name {node.id!r} detected", hint)
            else:
                checks.refuse(node, "FORBIDDEN_CALL", node.id, f"Forbidden call of {node.id!r} detected", hint)
    for module, name, place in checks.members:
        if name in lacking.members[module]:
            called = f"{module}.{name}"
            checks.refuse(place, "FORBIDDEN_NAME", called, f"{module!r} has no {name!r} here", "do without it")


def _compile(feed: Feed, session: Any, found: Violations) -> None:
    """Whatever the interpreter refuses that no rule of ours knows."""
    try:
        session.feed_run(feed.text, print_callback=lambda stream, text: None)
    except MontySyntaxError as error:
        found.add_at(*_place(error, feed), "SYNTAX", "", str(error))
    except MontyRuntimeError as error:
        raised = error.exception()
        if isinstance(raised, NameError) and NOTHING in str(raised):
            return
        if not isinstance(raised, NotImplementedError):
            raise
        name = str(raised).removeprefix(UNSUPPORTED)
        found.add_at(*_place(error, feed), "UNSUPPORTED", name, f"Not supported: {name}", hints.OTHER_CALL)


def _place(error: MontySyntaxError | MontyRuntimeError, feed: Feed) -> tuple[int, int]:
    """Line and column in the program."""
    frames = error.traceback()
    if not frames:
        return 1, 1
    return min(frames[-1].line, feed.last) - feed.first + 1, frames[-1].column - feed.indented
