"""The language policy: which Python a program may be, and how it is rewritten so that the rest runs as written."""

import ast
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from . import hints
from .checks import Checks
from .facades import FACADES, shown_by
from .names import SPECIAL_METHODS, is_private
from .nodes import LOAD, assigned, called, module_variable, placed, tick
from .violations import Violations

STAND_FOR_A_LOOP = "move the inner loops into a function, or look values up in a dict"


class Policy(Checks):
    """Checks and rewrites one tree. `modules` and `yields` then say what a run must prepare."""

    def __init__(self, found: Violations, nesting: int) -> None:
        super().__init__(found)
        self.modules: set[str] = set()
        self.yields = False
        self._nesting = nesting
        self._loops = 0
        self._in_class = False

    def apply(self, tree: ast.Module) -> ast.Module:
        """The rewritten tree, once the violations are collected; it may run only when there are none."""
        tree = self.visit(tree)
        self.refuse_what_is_unknown()
        return tree

    # Imports become assignments from façades: ``import json as j`` is ``j = _module_json``.

    def visit_Import(self, node: ast.Import) -> ast.AST | list[ast.AST]:
        return [made for alias in node.names for made in self._import_module(node, alias)]

    def _import_module(self, node: ast.Import, alias: ast.alias) -> Iterable[ast.AST]:
        name = alias.name
        if name not in FACADES:
            self._refuse_module(node, name)
            self.bind(alias, alias.asname or name.partition(".")[0])
            return []
        self.modules.add(name)
        bound = alias.asname or name
        self.bind(alias, bound, name)
        return [assigned(bound, ast.Name(module_variable(name), LOAD), node)]

    def _refuse_module(self, node: ast.AST, name: str) -> None:
        self.refuse(node, "FORBIDDEN_MODULE", name, f"Forbidden module {name!r} detected", hints.MODULES)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | list[ast.AST]:
        module = "." * node.level + (node.module or "")
        if module == "__future__":
            return ast.copy_location(ast.Pass(), node)
        if module not in FACADES:
            self._refuse_module(node, module)
        for alias in node.names:
            self.bind(alias, None if alias.name == "*" else alias.asname or alias.name)
        if module not in FACADES:
            return node
        self.modules.add(module)
        return [made for alias in node.names for made in self._import_member(node, alias, module)]

    def _import_member(self, node: ast.ImportFrom, alias: ast.alias, module: str) -> Iterable[ast.AST]:
        if alias.name == "*":
            hint = f"name what you need: {', '.join(shown_by(module))}"
            self.refuse(node, "UNSUPPORTED", "import *", f"'from {module} import *' is not supported", hint)
        elif alias.name not in shown_by(module):
            self._refuse_member(alias, module, alias.name)
        else:
            member = ast.Attribute(ast.Name(module_variable(module), LOAD), alias.name, LOAD)
            return [assigned(alias.asname or alias.name, member, node)]
        return []

    # Annotations are dropped.

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        target = self.visit(node.target)
        if node.value is None:
            return ast.copy_location(ast.Pass(), node)
        return placed(ast.Assign(targets=[target], value=self.visit(node.value)), node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        self.bind(node, node.arg)
        node.annotation = None
        return node

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

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        special = self._in_class and node.name in SPECIAL_METHODS
        if self._in_class and is_private(node.name) and not special:
            hint = hints.for_method(node.name)
            self.refuse(node, "FORBIDDEN_NAME", node.name, f"Forbidden method {node.name!r} detected", hint)
        elif not special:
            self.bind(node, node.name)
        node.returns = None
        self._visit_outside(node)
        with self._scope(is_class=False):
            node.body = self._visit_body(node.body)
        node.body.insert(0, placed(ast.Expr(tick()), node))
        if special and node.name == "__exit__":
            node.decorator_list.insert(0, placed(ast.Name("_exit_", LOAD), node))
        return node

    def _visit_outside(self, node: ast.FunctionDef | ast.ClassDef) -> None:
        """What of a definition is evaluated around it: decorators, defaults, and type parameters, which are refused."""
        node.decorator_list = [self.visit(decorator) for decorator in node.decorator_list]
        if isinstance(node, ast.FunctionDef):
            node.args = self.visit(node.args)
        for parameter in getattr(node, "type_params", ()):
            self.not_allowed(parameter)

    def _visit_body(self, body: list[ast.stmt]) -> list[ast.stmt]:
        made: list[ast.stmt] = []
        for statement in body:
            new = self.visit(statement)
            made.extend(new if isinstance(new, list) else [new])
        return made

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        node.args = self.visit(node.args)
        with self._scope(is_class=False):
            body = self.visit(node.body)
        node.body = placed(ast.BoolOp(op=ast.And(), values=[tick(), body]), node)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.bind(node, node.name)
        for keyword in node.keywords:
            hint = "leave it out: classes have bases only"
            name = keyword.arg or "**"
            self.refuse(keyword, "UNSUPPORTED", name, f"Class keyword {name!r} is not supported", hint)
            self.visit(keyword.value)
        node.bases = [self.visit(base) for base in node.bases]
        self._visit_outside(node)
        with self._scope(is_class=True):
            node.body = self._visit_body(node.body)
        return node

    def visit_Yield(self, node: ast.Yield) -> ast.AST:
        """``yield x`` becomes ``_resumed_(yield x)``."""
        self.yields = True
        return placed(called("_resumed_", self.node_contents_visit(node)), node)

    visit_YieldFrom = visit_Yield  # type: ignore[assignment]

    # Loops. Each ``for`` of a comprehension is one: they nest as statements do.

    def visit_For(self, node: ast.For) -> ast.AST:
        node.iter, node.target = self.visit(node.iter), self.visit(node.target)
        return self._visit_loop(node, "for")

    def visit_While(self, node: ast.While) -> ast.AST:
        node.test = self.visit(node.test)
        return self._visit_loop(node, "while")

    def _visit_loop(self, node: ast.For | ast.While, name: str) -> ast.AST:
        self._enter_loop(node, name)
        node.body = self._visit_body(node.body)
        self._loops -= 1
        node.orelse = self._visit_body(node.orelse)
        return node

    def _enter_loop(self, node: ast.AST, name: str) -> None:
        self._loops += 1
        if self._loops == self._nesting + 1:
            message = f"Loops are nested more than {self._nesting} deep"
            self.refuse(node, "NESTING", name, message, STAND_FOR_A_LOOP)

    def _visit_comprehension(self, node: Any) -> ast.AST:
        outer = self._loops
        for clause in node.generators:
            if clause.is_async:
                self.refuse(clause.target, "UNSUPPORTED", "async for", "'async for' is not supported", "write for")
            clause.iter = self.visit(clause.iter)
            clause.target = self.visit(clause.target)
            self._enter_loop(node, "for")
            clause.ifs = [self.visit(test) for test in clause.ifs]
        for part in ("elt", "key", "value"):
            if getattr(node, part, None) is not None:
                setattr(node, part, self.visit(getattr(node, part)))
        self._loops = outer
        kept: ast.AST = node
        return kept

    def visit_ListComp(self, node: ast.ListComp) -> ast.AST:
        return self._visit_comprehension(node)

    visit_SetComp = visit_GeneratorExp = visit_DictComp = visit_ListComp  # type: ignore[assignment]
