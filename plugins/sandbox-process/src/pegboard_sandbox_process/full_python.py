"""The language of this sandbox: all of Python. Standard library only.

With an entry the source is a module and the entry a function of it. Without, it is the body of a function:
``return`` is allowed at the top level, names live in the module all the same, so ``global`` and
``from x import *`` mean what they mean in a script.
"""

from __future__ import annotations

import ast
import re
import sys

from pegboard_sandbox_process.child import PROGRAM, Job, LimitHit, Refused
from pegboard_sandbox_process.folder import Folder
from pegboard_sandbox_process.os_functions import OsFunctions

TYPE_CHECKING = False  # typing itself would add half a megabyte to every fork
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any

LIBRARY_FRAMES = 150
"""Frames that library code may need above the user's own; so many can a program recurse deeper than its limit says."""

BODY = "__body__"

_LOOP = re.compile(r"\b(?:for|while)\b")
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_BLOCKS = (ast.stmt, ast.ExceptHandler, ast.match_case)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)


class FullPython:
    """See `pegboard_sandbox_process.child.Language`."""

    abandons = True

    def __init__(self) -> None:
        self._folder = Folder()
        OsFunctions(self._folder).install()
        self._folder.install()

    def check(self, job: Job) -> list[dict[str, Any]]:
        try:
            _compile(job)
        except Refused as refused:
            return refused.violations
        return []

    def execute(self, job: Job) -> object:
        code = _compile(job)
        module = type(sys)("__main__")
        sys.modules["__main__"] = module
        names = module.__dict__
        allowed = job.limits["recursion"]
        sys.setrecursionlimit(_depth() + allowed + LIBRARY_FRAMES)
        if job.files or job.stdin or self._folder.used:
            self._folder.fill(job.files, job.stdin)
            self._folder.install()
        try:
            exec(code, names)
            if job.entry is None:
                return names[BODY]() if BODY in names else None
            if job.entry not in names:
                raise Refused([_missing(job.entry)])
            return names[job.entry](*job.arguments)
        except RecursionError as error:
            raise LimitHit("recursion", allowed) from error
        finally:
            sys.setrecursionlimit(1000)
            job.written = self._folder.changed()


language = FullPython()

compile(ast.parse("pass"), PROGRAM, "exec")  # makes the types of trees here, once, instead of in every child


def _depth() -> int:
    frame, depth = sys._getframe(), 0
    while frame.f_back is not None:
        frame, depth = frame.f_back, depth + 1
    return depth


def _compile(job: Job) -> CodeType:
    """Raises `Refused`."""
    try:
        if job.kind == "run" and (job.entry is not None or "return" not in job.source) and not _may_nest(job):
            return compile(job.source, PROGRAM, "exec", dont_inherit=True)  # a tree costs twice the time
        tree = ast.parse(job.source, PROGRAM)
        _check_nesting(tree, job.limits["nesting"])
        if job.entry is not None:
            _check_entry(tree, job.entry)
        elif _returns(tree):
            tree = _as_function(tree)
        return compile(tree, PROGRAM, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise Refused([_violation("SYNTAX", "", error.msg, error.lineno or 1, error.offset or 1)]) from error
    except ValueError as error:  # a NUL byte, a lone surrogate, an integer with too many digits
        raise Refused([_violation("SYNTAX", "", str(error))]) from error
    except (RecursionError, MemoryError, OverflowError) as error:
        why = f"The source is too deeply nested or too large to compile ({type(error).__name__})"
        raise Refused([_violation("SIZE", "", why, hint="split long or deeply nested expressions")]) from error


def _may_nest(job: Job) -> bool:
    return bool(len(_LOOP.findall(job.source)) > job.limits["nesting"])


def _violation(code: str, name: str, message: str, line: int = 1, column: int = 1, hint: str = "") -> dict[str, Any]:
    return dict(code=code, name=name, line=line, column=max(column, 1), message=message, hint=hint)


def _check_nesting(tree: ast.Module, allowed: int) -> None:
    """Loops within loops, ``for`` of comprehensions included; a function's body starts anew."""
    todo: list[tuple[ast.AST, int]] = [(tree, 0)]
    while todo:
        node, depth = todo.pop()
        if isinstance(node, _SCOPES):
            depth = 0
        depth += isinstance(node, _LOOPS) + len(getattr(node, "generators", ()))
        if depth > allowed:
            message = f"Loops are nested {depth} deep; {allowed} are allowed"
            line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0) + 1
            raise Refused([_violation("NESTING", "for", message, line, column, "move inner loops into functions")])
        todo += [(inner, depth) for inner in ast.iter_child_nodes(node)]


def _check_entry(tree: ast.Module, entry: str) -> None:
    """The entry may be made in any way that leaves a name at the top level."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    names |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    names |= {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    if entry not in names and "*" not in names:
        raise Refused([_missing(entry)])


def _missing(entry: str) -> dict[str, Any]:
    hint = f"def {entry}(...): at the top level"
    return _violation("MISSING_ENTRY", entry, f"The function '{entry}' is not defined", hint=hint)


def _returns(tree: ast.Module) -> bool:
    """Is there a ``return`` outside of any function?"""
    todo: list[ast.AST] = list(tree.body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Return):
            return True
        if isinstance(node, _BLOCKS) and not isinstance(node, _SCOPES):
            todo += ast.iter_child_nodes(node)
    return False


class _Body(ast.NodeTransformer):
    """Makes top-level statements fit into a function; does not enter scopes of their own."""

    def visit(self, node: ast.AST) -> Any:
        return node if isinstance(node, _SCOPES) else super().visit(node)

    def visit_Global(self, node: ast.Global) -> ast.AST:
        return ast.copy_location(ast.Pass(), node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """A name that is declared global cannot be annotated."""
        if not isinstance(node.target, ast.Name):
            return node
        if node.value is None:
            return ast.copy_location(ast.Pass(), node)
        return ast.copy_location(ast.Assign([node.target], node.value), node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        """A function cannot ``import *``: the same import is made by a module of its own, in the same names."""
        if node.names[0].name != "*":
            return node
        source = f"from {'.' * node.level}{node.module or ''} import *"
        call = ast.parse(f"exec({source!r}, globals())").body[0]
        return ast.fix_missing_locations(ast.copy_location(call, node))

    def visit_Yield(self, node: ast.Yield | ast.YieldFrom) -> ast.AST:
        raise SyntaxError("'yield' outside function", (PROGRAM, node.lineno, node.col_offset + 1, None))

    def visit_YieldFrom(self, node: ast.YieldFrom) -> ast.AST:
        return self.visit_Yield(node)


def _as_function(tree: ast.Module) -> ast.Module:
    """A function `BODY` of the statements, whose names are the module's; ``from __future__`` stays outside.

    A name that an inner function calls ``nonlocal`` stays a local one, or there would be nothing for it to bind.
    """
    future = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    module = _Body().visit(ast.Module([node for node in tree.body if node not in future], []))
    inner = {name for node in ast.walk(tree) if isinstance(node, ast.Nonlocal) for name in node.names}
    names = sorted(_bound(module) - inner)
    function = ast.parse(f"def {BODY}(): pass").body[0]
    assert isinstance(function, ast.FunctionDef)
    function.body = ([ast.Global(names)] if names else []) + module.body
    return ast.fix_missing_locations(ast.Module([*future, function], []))


def _bound(tree: ast.Module) -> set[str]:
    """The names that statements outside of inner functions and classes bind; some comprehensions' more do no harm."""
    found: set[str] = set()
    todo: list[ast.AST] = list(tree.body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.MatchMapping):
            found.add(node.rest or "")
        elif isinstance(
            node,
            ast.ExceptHandler | ast.MatchAs | ast.MatchStar | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef,
        ):
            found.add(node.name or "")
        if not isinstance(node, _SCOPES):
            todo += ast.iter_child_nodes(node)
    return found - {"", "*"}
