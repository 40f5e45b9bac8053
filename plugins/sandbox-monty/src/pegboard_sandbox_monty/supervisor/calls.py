"""The rules for calls, and what else must wait until all names of a program are known."""

from __future__ import annotations

import ast

from pegboard_sandbox_monty.supervisor import hints
from pegboard_sandbox_monty.supervisor.violations import Violations

PARAMETERS = ("query_params", "path_params")


class CallRules(ast.NodeVisitor):
    """`bound` are the names that the program gives to something, with the modules that they mean (None: no module)."""

    def __init__(self, found: Violations) -> None:
        self.bound: dict[str, set[str | None]] = {}
        self.attributes_set: set[str] = set()
        self._found = found
        self._calls: list[ast.Call] = []

    def refuse(self, node: ast.AST | None, code: str, name: str, message: str, hint: str = "") -> None:
        self._found.add(node, code, name, message, hint)

    def module_of(self, name: str) -> str | None:
        """The module that a name can only mean."""
        meanings = self.bound.get(name, set())
        (module,) = meanings if len(meanings) == 1 else (None,)
        return module

    def is_type(self, node: ast.expr) -> bool:
        """One of Python's own types, by its name."""
        return isinstance(node, ast.Name) and node.id in hints.TYPES and node.id not in self.bound

    def visit_Call(self, node: ast.Call) -> None:
        self._calls.append(node)
        self.generic_visit(node)

    def check_calls(self) -> None:
        for node in self._calls:
            match node.func:
                case ast.Name(id=name) if name not in self.bound:
                    self._check_builtin(node, name)
                case ast.Attribute(value=ast.Name(id=name), attr=attr) if self.module_of(name):
                    self._check_function(node, str(self.module_of(name)), attr)
                case ast.Attribute() as method:
                    self._check_method_call(method)

    def _check_builtin(self, node: ast.Call, name: str) -> None:
        if name in hints.EXCEPTIONS:
            self._check_exception(node, name)
        elif name == "next" and node.args and isinstance(node.args[0], ast.GeneratorExp):
            hint = "write next(iter([...]), None): a generator expression is a list here"
            self.refuse(node, "UNSUPPORTED", "next", "'next' of a generator expression is not supported", hint)

    def _check_exception(self, node: ast.Call, name: str) -> None:
        """The interpreter gives up at any that is not made of one text."""
        text = not node.keywords and len(node.args) <= 1 and all(_may_be_text(part) for part in node.args)
        if not text:
            hint = f"write {name}(f'...')"
            message = f"'{name}' of anything but one text is not supported"
            self.refuse(node, "UNSUPPORTED", name, message, hint)

    def _check_function(self, node: ast.Call, module: str, name: str) -> None:
        lacking = hints.KEYWORDS.get((module, name), frozenset())
        for keyword in node.keywords:
            if keyword.arg in lacking:
                message = f"{module}.{name} has no parameter {keyword.arg!r}"
                self.refuse(keyword, "UNSUPPORTED", f"{module}.{name}", message, "change the values before or after")
        if (module, name) == ("re", "sub") and len(node.args) > 1 and isinstance(node.args[1], ast.Lambda):
            hint = "replace with a text, or go over re.finditer(...)"
            self.refuse(node.args[1], "UNSUPPORTED", "re.sub", "re.sub with a function is not supported", hint)

    def _check_method_call(self, node: ast.Attribute) -> None:
        name, owner = node.attr, node.value
        if name == "getlist" and isinstance(owner, ast.Attribute) and owner.attr in PARAMETERS:
            hint = f"{owner.attr} is a dict with the last value of each name"
            self.refuse(node, "UNSUPPORTED", "getlist", f"'{owner.attr}' has no 'getlist'", hint)
        elif name in hints.METHODS and name not in self.attributes_set and not self.is_type(owner):
            self.refuse(node, "UNSUPPORTED", name, f"The method '{name}' is not supported", hints.METHODS[name])


def _may_be_text(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    return not isinstance(node, ast.Tuple | ast.List | ast.Dict | ast.Set | ast.Starred | ast.Lambda | ast.ListComp)
