"""From source to a program that may run: size, syntax, policy, entry, code."""

import ast
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType
from typing import Any

from .depth import PROGRAM
from .policy import Policy
from .violations import Violation, Violations

BODY = "_program_"
"""The function that a source without an entry is the body of."""

CONTRACTS = {"process_data": ("widget_data", "request", "user")}
"""Entries whose callers pass these arguments, always, in this order. Others are held against each call's own."""

VISITOR_FRAMES = 15_000
"""As deep as the visitor may go: five frames for each level of a tree, which the parser keeps below 3,000 levels."""

TOO_DEEP = "The source is nested too deeply or too large to compile"


class Compiled:
    """A program: `code` defines it in fresh globals, `entry` is then called; `modules` are those it imports."""

    __slots__ = ("code", "entry", "modules", "yields")

    def __init__(self, code: CodeType, entry: str, modules: frozenset[str], yields: bool) -> None:
        self.code, self.entry, self.modules, self.yields = code, entry, modules, yields


def compile_program(
    source: str, entry: str | None, *, arguments: int | None, nesting: int, size: int
) -> Compiled | list[Violation]:
    """The program, or everything that is wrong with its source.

    `arguments` is how many the entry is called with (None: as its contract says), `nesting` how deep loops may be
    nested, `size` the bytes of UTF-8 that a source may have.
    """
    found = Violations(source)
    check_size(source, size, found)
    tree = None if found else parse(source, found)
    if tree is None:
        return found.listed()
    compiled = restrict(tree, entry, arguments, nesting, found)
    return compiled if compiled is not None else found.listed()


def check_size(source: str, allowed: int, found: Violations) -> None:
    size = len(source.encode("utf-8", "surrogatepass"))
    if size > allowed:
        message = f"The source has {size} bytes; {allowed} are allowed"
        found.add(None, "SIZE", "source", message, "move constant data out of the source")


@contextmanager
def compiler_errors(found: Violations) -> Iterator[None]:
    """Whatever the parser and compiler raise over a source is a violation of it; warnings are nobody's."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except SyntaxError as error:
        hint = "the source must be valid Python"
        found.add_at(error.lineno or 1, error.offset or 1, "SYNTAX", "", f"Syntax error: {error.msg}", hint)
    except (RecursionError, MemoryError, OverflowError):
        found.add(None, "SYNTAX", "", TOO_DEEP, "split long expressions and deep blocks")
    except ValueError as error:  # a null byte, a lone surrogate, a number with too many digits
        found.add(None, "SYNTAX", "", f"Syntax error: {error}", "the source must be valid Python")


def parse(source: str, found: Violations) -> ast.Module | None:
    with compiler_errors(found):
        return ast.parse(source, PROGRAM)
    return None


def restrict(
    tree: ast.Module, entry: str | None, arguments: int | None, nesting: int, found: Violations
) -> Compiled | None:
    policy = Policy(found, nesting)
    with compiler_errors(found):
        with room_for_the_visitor():
            tree = policy.apply(tree)
        if entry is not None:
            check_entry(tree, entry, arguments, found)
        if not found:
            tree = tree if entry is not None else as_function(tree)
            code = compile(tree, PROGRAM, "exec", dont_inherit=True)
            return Compiled(code, entry or BODY, frozenset(policy.modules), policy.yields)
    return None


@contextmanager
def room_for_the_visitor() -> Iterator[None]:
    """A sum of 500 terms is nested 500 deep: that is no reason to refuse it. The visitor uses no C stack."""
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(max(usual, VISITOR_FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(usual)


def as_function(tree: ast.Module) -> ast.Module:
    """The statements of `tree` as the body of `BODY`; nothing re-indents the source, strings stay as they are."""
    (made,) = ast.parse(f"def {BODY}(*arguments): pass", PROGRAM).body
    assert isinstance(made, ast.FunctionDef)
    made.body = [*tree.body, ast.fix_missing_locations(ast.Return())]
    return ast.Module(body=[made], type_ignores=[])


def check_entry(tree: ast.Module, entry: str, arguments: int | None, found: Violations) -> None:
    """Refuse a source without a function `entry` at its top level that can take the arguments."""
    names = CONTRACTS.get(entry, ("value",) * (arguments or 0))
    wanted = len(names) if arguments is None and entry in CONTRACTS else arguments
    hint = f"write def {entry}({', '.join(names)}): at the top level"
    functions = [node for node in tree.body if is_function(node, entry)]
    if not functions:
        found.add(None, "MISSING_ENTRY", entry, f"There is no function {entry} at the top level of the source", hint)
    elif wanted is not None and not accepts(functions[-1], wanted):
        message = f"{entry} cannot be called with {wanted} positional arguments"
        found.add(functions[-1], "MISSING_ENTRY", entry, message, hint)


def is_function(node: ast.AST, name: str) -> bool:
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == name


def accepts(function: Any, count: int) -> bool:
    """Whether `count` positional arguments fit; a decorated function may have any signature."""
    arguments: ast.arguments = function.args
    positional = len(arguments.posonlyargs) + len(arguments.args)
    required = positional - len(arguments.defaults)
    keywords_required = any(default is None for default in arguments.kw_defaults)
    fits = required <= count and (count <= positional or arguments.vararg is not None)
    return bool(function.decorator_list) or (fits and not keywords_required)
