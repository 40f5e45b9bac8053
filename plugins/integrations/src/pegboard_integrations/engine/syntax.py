"""Python's syntax tree, built of nodes. Texts of users occur in it as constants, and never as anything else."""

import ast
from collections.abc import Sequence
from typing import Any


def name(text: str) -> ast.Name:
    """A name of our own making, to be read."""
    return ast.Name(text, ast.Load())


def constant(value: str | int | float | bool | None) -> ast.Constant:
    return ast.Constant(value)


def call(function: ast.expr, *arguments: ast.expr) -> ast.Call:
    return ast.Call(function, list(arguments), [])


def attribute(of: ast.expr, text: str) -> ast.Attribute:
    return ast.Attribute(of, text, ast.Load())


def item(of: ast.expr, key: ast.expr) -> ast.Subscript:
    return ast.Subscript(of, key, ast.Load())


def put(of: str, key: ast.expr, value: ast.expr) -> ast.Assign:
    return ast.Assign([ast.Subscript(name(of), key, ast.Store())], value)


def assign(target: str, value: ast.expr) -> ast.Assign:
    return ast.Assign([ast.Name(target, ast.Store())], value)


def same(left: ast.expr, right: ast.expr) -> ast.Compare:
    """`left is right`"""
    return ast.Compare(left, [ast.Is()], [right])


def other(left: ast.expr, right: ast.expr) -> ast.Compare:
    """`left is not right`"""
    return ast.Compare(left, [ast.IsNot()], [right])


def equal(left: ast.expr, right: ast.expr) -> ast.Compare:
    return ast.Compare(left, [ast.Eq()], [right])


def unequal(left: ast.expr, right: ast.expr) -> ast.Compare:
    return ast.Compare(left, [ast.NotEq()], [right])


def less(left: ast.expr, right: ast.expr) -> ast.Compare:
    return ast.Compare(left, [ast.Lt()], [right])


def within(left: ast.expr, right: ast.expr) -> ast.Compare:
    """`left in right`"""
    return ast.Compare(left, [ast.In()], [right])


def both(*parts: ast.expr) -> ast.expr:
    return parts[0] if len(parts) == 1 else ast.BoolOp(ast.And(), list(parts))


def either(*parts: ast.expr) -> ast.expr:
    return parts[0] if len(parts) == 1 else ast.BoolOp(ast.Or(), list(parts))


def plus(left: ast.expr, right: ast.expr) -> ast.BinOp:
    return ast.BinOp(left, ast.Add(), right)


def kind(value: ast.expr) -> ast.Call:
    return call(name("type"), value)


def is_text(value: ast.expr) -> ast.Compare:
    """`type(value) is str`"""
    return same(kind(value), name("str"))


def if_(test: ast.expr, then: Sequence[ast.stmt], else_: Sequence[ast.stmt] = ()) -> ast.If:
    return ast.If(test, list(then), list(else_))


def choose(test: ast.expr, then: ast.expr, else_: ast.expr) -> ast.IfExp:
    return ast.IfExp(test, then, else_)


def text(parts: Sequence[str | ast.expr]) -> ast.JoinedStr:
    """A text of literals and of values that are texts."""
    made: list[ast.expr] = []
    for part in parts:
        if isinstance(part, str):
            made += [constant(part)] if part else []
        else:
            made.append(ast.FormattedValue(part, -1, None))
    return ast.JoinedStr(made)


SKELETON = "def mapping(records, columns): ..."


def function(body: Sequence[ast.stmt], namespace: dict[str, Any]) -> Any:
    """The function `(records, columns)` of these statements, whose other names are those of `namespace`."""
    module = ast.parse(SKELETON)
    made = module.body[0]
    assert isinstance(made, ast.FunctionDef)
    made.body = list(body)
    exec(compile(ast.fix_missing_locations(module), "<mapping>", "exec"), namespace)
    return namespace["mapping"]
