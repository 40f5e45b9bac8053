"""Nodes that the policy puts into a tree."""

import ast
from typing import TypeVar

N = TypeVar("N", bound=ast.AST)
LOAD, STORE = ast.Load(), ast.Store()


def module_variable(module: str) -> str:
    """The global name under which a program finds the façade of `module`; it cannot be said in source."""
    return f"_module_{module}"


def placed(node: N, origin: ast.AST) -> N:
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


def assigned(name: str, value: ast.expr, origin: ast.AST) -> ast.Assign:
    return placed(ast.Assign(targets=[ast.Name(name, STORE)], value=value), origin)
