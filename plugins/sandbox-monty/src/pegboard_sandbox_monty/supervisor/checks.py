"""What a source's tree says before it runs. For what only the interpreter knows see `inventory`."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pegboard_sandbox_monty.supervisor import hints
from pegboard_sandbox_monty.supervisor.calls import CallRules
from pegboard_sandbox_monty.supervisor.program import OWN
from pegboard_sandbox_monty.supervisor.violations import Violations, missing

INNER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


class Checks(CallRules):
    """Walks over a tree. `builtins` and `members` are then what the program wants of the interpreter, and where."""

    def __init__(self, found: Violations, nesting: int) -> None:
        super().__init__(found)
        self.builtins: list[ast.Name] = []
        self.members: list[tuple[str, str, ast.AST]] = []
        self._attributes: list[ast.Attribute] = []
        self._nesting = nesting
        self._loops = 0
        self._in_class = False

    def check(self, tree: ast.Module, entry: str | None) -> None:
        self.visit(tree)
        self.builtins = [node for node in self.builtins if node.id not in self.bound]
        for node in self._attributes:
            self._check_owner(node)
        self.check_calls()
        if entry is not None:
            self._check_entry(tree, entry)

    def generic_visit(self, node: ast.AST) -> None:
        name, hint = hints.CONSTRUCTS.get(type(node).__name__, ("", ""))
        if name:
            self.refuse(node, "UNSUPPORTED", name, f"'{name}' is not supported", hint)
        super().generic_visit(node)

    # The entry.

    def _check_entry(self, tree: ast.Module, entry: str) -> None:
        """Any way to make it is fine that leaves a name at the top level."""
        for node in _outside_functions(tree):
            if isinstance(node, ast.Return):
                self.refuse(node, "SYNTAX", "return", "'return' outside function", "return inside the entry")
            if isinstance(node, ast.AsyncFunctionDef) and node.name == entry:
                self.refuse(node, "UNSUPPORTED", "async def", f"The entry '{entry}' is async", "write def")
        if entry not in _made_at_the_top(tree):
            self._found.include(missing(entry))

    # Names.

    def bind(self, node: ast.AST, name: str | None, module: str | None = None) -> None:
        """A name that the program gives to something: a module, or (None) anything else."""
        if name is None:
            return
        if name in hints.ALWAYS_REFUSED or name.startswith(OWN):
            self.refuse(node, "FORBIDDEN_NAME", name, f"Forbidden name {name!r} detected", "choose another name")
        self.bound.setdefault(name, set()).add(module)

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self.bind(node, node.id)
        elif node.id.startswith(OWN):
            self.refuse(node, "FORBIDDEN_NAME", node.id, f"Forbidden name {node.id!r} detected", "choose another name")
        elif node.id in hints.ALWAYS_REFUSED:
            hint = hints.for_builtin(node.id)
            self.refuse(node, "FORBIDDEN_CALL", node.id, f"Forbidden call of {node.id!r} detected", hint)
        elif hasattr(builtins, node.id) or hints.is_special(node.id):
            self.builtins.append(node)

    def visit_arg(self, node: ast.arg) -> None:
        self.bind(node, node.arg)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self.bind(node, node.name)
        self.generic_visit(node)

    def _visit_capture(self, node: Any) -> None:
        self.bind(node, node.rest if isinstance(node, ast.MatchMapping) else node.name)
        self.generic_visit(node)

    visit_MatchAs = visit_MatchStar = visit_MatchMapping = _visit_capture

    # Modules.

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._check_module(node, alias.name)
            self.bind(alias, alias.asname or alias.name.partition(".")[0], alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = "." * node.level + (node.module or "")
        if module == "__future__":
            return
        self._check_module(node, module)
        for alias in node.names:
            if alias.name == "*":
                hint = "name what you need"
                self.refuse(node, "UNSUPPORTED", "import *", f"'from {module} import *' is not supported", hint)
                continue
            self.bind(alias, alias.asname or alias.name)
            if module in hints.MODULES:
                self.members.append((module, alias.name, alias))

    def _check_module(self, node: ast.AST, name: str) -> None:
        if name not in hints.MODULES:
            self.refuse(node, "FORBIDDEN_MODULE", name, f"Forbidden module {name!r} detected", hints.IMPORTABLE)

    def _check_owner(self, node: ast.Attribute) -> None:
        """A member of a module or of a type, where the name can be nothing but that."""
        if not isinstance(node.value, ast.Name):
            return
        name, module = f"{node.value.id}.{node.attr}", self.module_of(node.value.id)
        if module in hints.MODULES:
            self.members.append((str(module), node.attr, node))
        elif self.is_type(node.value) and not {name, node.attr} & hints.OF_TYPES and not _is_inside(node.attr):
            hint = hints.METHODS.get(node.attr) or f"write lambda value: value.{node.attr}()"
            self.refuse(node, "UNSUPPORTED", name, f"'{name}' is not supported: only values have methods", hint)

    # Attributes.

    def visit_Attribute(self, node: ast.Attribute) -> None:
        name = node.attr
        if _is_inside(name):
            hint = "use isinstance(value, kind), or a dict of your own: the inside of objects is not there"
            self.refuse(node, "FORBIDDEN_NAME", name, f"Forbidden attribute {name!r} detected", hint)
        if not isinstance(node.ctx, ast.Load):
            self.attributes_set.add(name)
        self._attributes.append(node)
        self.generic_visit(node)

    # Functions and classes.

    @contextmanager
    def _scope(self, is_class: bool) -> Iterator[None]:
        """Inside a definition: its loops are counted from nought, as it is called and not looped over."""
        outer = self._loops, self._in_class
        self._loops, self._in_class = 0, is_class
        try:
            yield
        finally:
            self._loops, self._in_class = outer

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        if self._in_class:
            self._check_method(node)
            self.attributes_set.add(node.name)
        else:
            self.bind(node, node.name)
        for part in (*node.decorator_list, node.args):
            self.visit(part)
        with self._scope(is_class=False):
            for statement in node.body:
                self.visit(statement)

    visit_AsyncFunctionDef = visit_FunctionDef

    def _check_method(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        name = node.name
        for decorator in node.decorator_list:
            hint = "write a plain method and call it, or a function outside the class"
            self.refuse(decorator, "UNSUPPORTED", "decorator", "Decorators of methods are not supported", hint)
        if hints.is_special(name) and name not in hints.SPECIAL_METHODS:
            message = f"The special method {name!r} is not supported"
            self.refuse(node, "UNSUPPORTED", name, message, hints.for_special_method(name))

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.visit(node.args)
        with self._scope(is_class=False):
            self.visit(node.body)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.bind(node, node.name)
        for part in (*node.bases, *node.keywords):
            hint = "write a class without bases; for errors raise one that is there, such as ValueError"
            self.refuse(part, "UNSUPPORTED", "base class", "Classes with bases are not supported", hint)
            self.visit(part)
        for decorator in node.decorator_list:
            self.visit(decorator)
        with self._scope(is_class=True):
            for statement in node.body:
                self.visit(statement)

    # Annotations are never looked at.

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.visit(node.target)
        if node.value is not None:
            self.visit(node.value)

    # Loops. Each ``for`` of a comprehension is one: they nest as statements do.

    def visit_For(self, node: ast.For | ast.While) -> None:
        outer = self._loops
        self._enter_loop(node)
        self.generic_visit(node)
        self._loops = outer

    visit_While = visit_For

    def _enter_loop(self, node: ast.AST) -> None:
        self._loops += 1
        if self._loops == self._nesting + 1:
            hint = "move the inner loops into a function, or look values up in a dict"
            self.refuse(node, "NESTING", "for", f"Loops are nested more than {self._nesting} deep", hint)

    def _visit_comprehension(self, node: Any) -> None:
        outer = self._loops
        for clause in node.generators:
            if clause.is_async:
                self.refuse(clause.target, "UNSUPPORTED", "async for", "'async for' is not supported", "write for")
            self._enter_loop(node)
        self.generic_visit(node)
        self._loops = outer

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _visit_comprehension


def _is_inside(name: str) -> bool:
    """An attribute that nothing has here, by which others have left a sandbox."""
    return (hints.is_special(name) and name not in hints.SHOWN) or name.startswith(hints.INSIDES)


def _made_at_the_top(tree: ast.Module) -> set[str | None]:
    """Names that statements outside of functions bind, or functions that call them global."""
    found: set[str | None] = {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}
    for node in _outside_functions(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.alias):
            found.add(node.asname or node.name)
        elif isinstance(node, INNER) and not isinstance(node, ast.Lambda):
            found.add(node.name)
    return found


def _outside_functions(tree: ast.Module) -> Iterator[ast.AST]:
    todo: list[ast.AST] = list(tree.body)
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, INNER):
            todo += ast.iter_child_nodes(node)
