"""The language policy: which Python a program may be, and how it is rewritten so that the rest runs as written.

A subclass of RestrictedPython's transformer. That one refuses every node it does not know, which keeps later versions
of Python closed; this one replaces most of its rewriting by checks at compile time (see `guards` for why that is safe),
and collects violations with their place.
"""

import ast
from collections.abc import Iterable
from contextlib import contextmanager
from typing import Any

from RestrictedPython.transformer import RestrictingNodeTransformer

from . import hints
from .facades import FACADES, shown_by
from .names import GUARDED_ATTRIBUTES, SPECIAL_METHODS, is_private, is_refused_attribute
from .violations import Violations

LOAD, STORE = ast.Load(), ast.Store()
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
STAND_FOR_A_LOOP = "move the inner loops into a function, or look values up in a dict"


def module_variable(module: str) -> str:
    """The global name under which a program finds the façade of `module`; it cannot be said in source."""
    return f"_module_{module}"


def placed(node: Any, origin: ast.AST) -> Any:
    """`node` and those of its parts that have no place yet, at the place of `origin`."""
    if "lineno" in node._attributes:
        if hasattr(node, "lineno"):
            return node
        ast.copy_location(node, origin)
    for part in ast.iter_child_nodes(node):
        placed(part, origin)
    return node


def called(function: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(func=ast.Name(function, LOAD), args=list(arguments), keywords=[])


def tick() -> ast.BoolOp:
    """``_tick_() < 0 or _recount_()``; see `depth.Depth`."""
    safe = ast.Compare(left=called("_tick_"), ops=[ast.Lt()], comparators=[ast.Constant(0)])
    return ast.BoolOp(op=ast.Or(), values=[safe, called("_recount_")])


class Policy(RestrictingNodeTransformer):
    """Checks and rewrites one tree. `modules` and `yields` then say what a run must prepare."""

    def __init__(self, found: Violations, nesting: int) -> None:
        super().__init__()
        self.modules: set[str] = set()
        self.yields = False
        self._found = found
        self._nesting = nesting
        self._loops = 0
        self._in_class = False
        self._bound: dict[str, set[str | None]] = {}
        self._unbound: list[ast.Name] = []
        self._members: list[ast.Attribute] = []

    def apply(self, tree: ast.Module) -> ast.Module:
        """The rewritten tree, once the violations are collected; it may run only when there are none."""
        tree = self.visit(tree)
        for node in self._unbound:
            self._check_builtin(node)
        for member in self._members:
            self._check_member(member)
        return tree

    def refuse(self, node: ast.AST, code: str, name: str, message: str, hint: str = "") -> None:
        self._found.add(node, code, name, message, hint)

    # What the base class refuses.

    def error(self, node: ast.AST, info: str) -> None:
        self.refuse(node, "UNSUPPORTED", type(node).__name__, info, hints.OTHER_CALL)

    def warn(self, node: ast.AST, info: str) -> None:
        """Not for authors: whatever is warned of is also refused, or fine here."""

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """A node for which there is no rule: of a later Python, or never thought of."""
        return self.not_allowed(node)

    def not_allowed(self, node: ast.AST) -> ast.AST:  # type: ignore[override]
        name, hint = hints.CONSTRUCTS.get(type(node).__name__, (type(node).__name__, hints.OTHER_CALL))
        self.refuse(node, "UNSUPPORTED", name, f"'{name}' is not supported", hint)
        self._visit_parts(node)
        return node

    def _visit_parts(self, node: ast.AST) -> None:
        """Find what else is wrong inside a refused construct."""
        for part in ast.iter_child_nodes(node):
            if isinstance(part, (ast.stmt, ast.expr, ast.ExceptHandler)):
                self.visit(part)
            elif type(part).__name__ == "match_case":
                self._visit_parts(part)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> ast.AST:
        return self.not_allowed(node)

    visit_AsyncFunctionDef = visit_AsyncFor = visit_AsyncWith = visit_Await = visit_Nonlocal  # type: ignore[assignment]
    visit_TryStar = visit_TemplateStr = visit_Interpolation = visit_Nonlocal  # type: ignore[assignment]

    # Plain Python: nothing to guard (the reasons are in `guards`).

    def _keep(self, node: ast.AST) -> ast.AST:
        return self.node_contents_visit(node)

    visit_Module = visit_Assign = visit_AugAssign = visit_Subscript = visit_With = _keep  # type: ignore[assignment]

    # Names.

    def bind(self, node: ast.AST, name: str | None, module: str | None = None) -> None:
        """A name that the program gives to something: a module's façade, or (None) anything else."""
        if name is None:
            return
        if name in hints.RESERVED:
            self.refuse(node, "FORBIDDEN_NAME", name, f"Forbidden name {name!r} detected", "choose another name")
        elif is_private(name):
            self.refuse(node, "FORBIDDEN_NAME", name, f"Forbidden name {name!r} detected", hints.for_name(name))
        self._bound.setdefault(name, set()).add(module)

    def check_name(self, node: Any, name: str | None, allow_magic_methods: bool = False) -> None:
        self.bind(node, name)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if not isinstance(node.ctx, ast.Load):
            self.bind(node, node.id)
        elif node.id in hints.ALWAYS_REFUSED:
            self._refuse_call(node)
        elif is_private(node.id):
            hint = hints.for_name(node.id)
            self.refuse(node, "FORBIDDEN_NAME", node.id, f"Forbidden name {node.id!r} detected", hint)
        elif node.id in hints.NOT_OFFERED:
            self._unbound.append(node)
        return node

    def _check_builtin(self, node: ast.Name) -> None:
        if node.id not in self._bound:
            self._refuse_call(node)

    def _refuse_call(self, node: ast.Name) -> None:
        if node.id[0].isupper():
            hint = "raise an exception of your own, or return"
            self.refuse(node, "FORBIDDEN_NAME", node.id, f"Forbidden name {node.id!r} detected", hint)
            return
        hint = hints.CALLS.get(node.id, hints.OTHER_CALL)
        self.refuse(node, "FORBIDDEN_CALL", node.id, f"Forbidden call of {node.id!r} detected", hint)

    def visit_Global(self, node: ast.Global) -> ast.AST:
        for name in node.names:
            self.bind(node, name)
        return node

    # Attributes.

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if not self._is_call_of_base_method(node):
            self._check_attribute(node)
        if isinstance(node.value, ast.Name):
            self._members.append(node)
        node.value = self.visit(node.value)
        if not isinstance(node.ctx, ast.Load):
            node.value = placed(called("_write_", node.value), node.value)
        elif node.attr in GUARDED_ATTRIBUTES:
            return placed(called("_getattr_", node.value, ast.Constant(node.attr)), node)
        return node

    def _check_attribute(self, node: ast.Attribute) -> None:
        name = node.attr
        writes_guarded = is_private(name) and not isinstance(node.ctx, ast.Load)
        if is_refused_attribute(name) or writes_guarded:
            hint = hints.for_attribute(name)
            self.refuse(node, "FORBIDDEN_NAME", name, f"Forbidden attribute {name!r} detected", hint)

    @staticmethod
    def _is_call_of_base_method(node: ast.Attribute) -> bool:
        """``super().__init__`` and the like, read: a special method that the program itself may define."""
        base, reads = node.value, isinstance(node.ctx, ast.Load)
        is_super = isinstance(base, ast.Call) and isinstance(base.func, ast.Name) and base.func.id == "super"
        return reads and is_super and node.attr in SPECIAL_METHODS

    def _check_member(self, node: ast.Attribute) -> None:
        """Refuse early what a façade does not have, where the name can be nothing but that façade."""
        if not isinstance(node.value, ast.Name):
            return
        bindings = self._bound.get(node.value.id, set())
        (module,) = bindings if len(bindings) == 1 else (None,)
        if module is not None and node.attr not in shown_by(module) and not is_refused_attribute(node.attr):
            self._refuse_member(node, module, node.attr)

    def _refuse_member(self, node: ast.AST, module: str, member: str) -> None:
        name = f"{module}.{member}"
        hint = f"{module} has {', '.join(shown_by(module))}"
        self.refuse(node, "FORBIDDEN_NAME", name, f"Forbidden name {name!r} detected", hint)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        """Plain, but for attributes whose guard it would pass by: it reads the attribute as well.

        ``s.format += thief`` hands ``str.format`` to the thief's ``__radd__``.
        """
        if isinstance(node.target, ast.Attribute) and node.target.attr in GUARDED_ATTRIBUTES:
            name = node.target.attr
            hint = f"write value.{name} = value.{name} + ..., or choose another name"
            self.refuse(node.target, "FORBIDDEN_NAME", name, f"Forbidden update of attribute {name!r} detected", hint)
        return self.node_contents_visit(node)

    # Calls.

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name):
            self._check_call(node, node.func.id)
        return self.node_contents_visit(node)

    def _check_call(self, node: ast.Call, name: str) -> None:
        """Say at once what would otherwise be an error at run time."""
        if name == "type" and len(node.args) + len(node.keywords) == 3:
            hint = "write a class statement"
            self.refuse(node, "FORBIDDEN_CALL", "type", "Forbidden call of 'type' with 3 arguments detected", hint)
        elif name == "print" and any(keyword.arg == "file" for keyword in node.keywords):
            hint = "leave file= out: print writes to the output of the run"
            self.refuse(node, "FORBIDDEN_CALL", "print", "Forbidden call of 'print' with file= detected", hint)
        elif name in ("getattr", "hasattr", "setattr", "delattr") and len(node.args) > 1:
            self._check_named_attribute(node.args[1])

    def _check_named_attribute(self, node: ast.expr) -> None:
        name = node.value if isinstance(node, ast.Constant) else None
        if isinstance(name, str) and is_refused_attribute(name):
            hint = hints.for_attribute(name)
            self.refuse(node, "FORBIDDEN_NAME", name, f"Forbidden attribute {name!r} detected", hint)

    # Imports become assignments from façades: ``import json as j`` is ``j = _module_json``.

    def visit_Import(self, node: ast.Import) -> ast.AST | list[ast.AST]:
        return [made for alias in node.names for made in self._import_module(node, alias)]

    def _import_module(self, node: ast.Import, alias: ast.alias) -> Iterable[ast.AST]:
        name = alias.name
        if name not in FACADES:
            self._refuse_module(alias, name)
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
    def _scope(self, is_class: bool) -> Any:
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

    def _visit_loop(self, node: Any, name: str) -> ast.AST:
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
        return node

    def visit_ListComp(self, node: ast.ListComp) -> ast.AST:
        return self._visit_comprehension(node)

    visit_SetComp = visit_GeneratorExp = visit_DictComp = visit_ListComp  # type: ignore[assignment]


def assigned(name: str, value: ast.expr, origin: ast.AST) -> ast.Assign:
    made: ast.Assign = placed(ast.Assign(targets=[ast.Name(name, STORE)], value=value), origin)
    return made
