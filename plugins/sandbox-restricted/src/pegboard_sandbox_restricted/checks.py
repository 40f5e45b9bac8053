"""The checks of the language policy: names, attributes, calls, and whatever has no rule.

A subclass of RestrictedPython's transformer, which refuses every node that it does not know: so later versions of
Python stay closed. Most of its rewriting gives way to checks at compile time; `guards` says why that is safe.
"""

import ast
from typing import Any

from RestrictedPython.transformer import RestrictingNodeTransformer

from . import hints
from .facades import shown_by
from .names import GUARDED_ATTRIBUTES, SPECIAL_METHODS, is_private, is_refused_attribute
from .nodes import called, placed
from .violations import Violations


class Checks(RestrictingNodeTransformer):
    """What of names, attributes and calls is refused; `refuse_what_is_unknown` needs the whole tree seen."""

    def __init__(self, found: Violations) -> None:
        super().__init__()
        self._found = found
        self._bound: dict[str, set[str | None]] = {}
        self._unbound: list[ast.Name] = []
        self._members: list[ast.Attribute] = []

    def refuse_what_is_unknown(self) -> None:
        """Built-ins and members of modules that are not there, unless the program gave the name another meaning."""
        for node in self._unbound:
            if node.id not in self._bound:
                self._refuse_call(node)
        for member in self._members:
            self._check_member(member)

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

    visit_Module = visit_Assign = visit_Subscript = visit_With = _keep

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
        if self._is_method_of_base(node):
            return placed(called("_base_", self.visit(node.value), ast.Constant(node.attr)), node)
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
    def _is_method_of_base(node: ast.Attribute) -> bool:
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
