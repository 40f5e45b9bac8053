"""The hook API in one text: every hook's signature, every field of every record, every protocol's methods.

``python -m workspace.api`` in the folder tests/ writes docs/hook-api.txt anew.
"""

import ast
import difflib
from collections.abc import Iterator
from pathlib import Path

import attrs

from .tree import ROOT, parse, strings

SNAPSHOT = "docs/hook-api.txt"
CALLED = ("__call__", "__contains__")
AGAIN = "`cd tests && python -m workspace.api` writes it anew"


@attrs.frozen
class Hook:
    """A hook as hookspecs.py declares it; `records` are the record types that its answer names."""

    name: str
    signature: str
    records: tuple[str, ...]


def hooks(root: Path) -> list[Hook]:
    """The hooks of the kernel at `root`, in the order of the file."""
    path = root / "kernel/src/pegboard/hookspecs.py"
    body = parse(path).body if path.is_file() else []
    return [_hook(node) for node in body if isinstance(node, ast.FunctionDef) and _is_marked(node)]


def snapshot(root: Path) -> str:
    """What docs/hook-api.txt must say: change it, and you change what third parties build on."""
    lines = [
        "# Hook API 1. Names and order are kept; hooks gain arguments and records gain fields only with defaults.",
        "",
    ]
    lines += [hook.signature for hook in hooks(root)]
    contracts = root / "kernel/src/pegboard/contracts"
    public = {constant.value for constant in strings(_parsed(contracts / "__init__.py"))}
    for path in sorted(contracts.glob("[a-z]*.py")):
        for node in parse(path).body:
            lines += _described(node, public)
    return "\n".join(lines) + "\n"


def snapshot_is_current(root: Path) -> list[str]:
    """docs/hook-api.txt says what the kernel's code says."""
    path = root / SNAPSHOT
    found = path.read_text() if path.is_file() else ""
    changes = list(
        difflib.unified_diff(found.splitlines(), snapshot(root).splitlines(), SNAPSHOT, "the code", "", "", 0)
    )
    return (
        ["\n".join([f"the hook API is not what {SNAPSHOT} says; if that is meant, {AGAIN}", *changes])]
        if changes
        else []
    )


def fields(root: Path, record: str) -> list[str]:
    """The names of a record's fields; for a union of records, those of all of them."""
    for path in sorted((root / "kernel/src/pegboard/contracts").glob("[a-z]*.py")):
        for node in parse(path).body:
            match node:
                case ast.ClassDef(name=name) if name == record:
                    return [field.target.id for field in _fields(node) if isinstance(field.target, ast.Name)]
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if name == record:
                    return [field for member in _type_names(value) for field in fields(root, member)]
    return []


def _hook(node: ast.FunctionDef) -> Hook:
    answer = _unquoted(node.returns)
    return Hook(
        node.name, _signature(node), tuple(name for name in _type_names(answer) if name not in ("Some", "type"))
    )


def _described(node: ast.stmt, public: set[str]) -> list[str]:
    match node:
        case ast.ClassDef(name=name) if name in public:
            return ["", f"class {name}({', '.join(map(ast.unparse, node.bases))})", *_members(node)]
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in public:
            return ["", f"{name} = {ast.unparse(value)}"]
        case _:
            return []


def _members(node: ast.ClassDef) -> Iterator[str]:
    for member in node.body:
        match member:
            case ast.AnnAssign(target=target, annotation=annotation, value=value):
                yield f"    {ast.unparse(target)}: {ast.unparse(annotation)}{_default(value)}"
            case ast.Assign():
                yield f"    {ast.unparse(member)}"
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if name in CALLED or not name.startswith(
                "_"
            ):
                yield f"    {_signature(member)}"


def _default(value: ast.expr | None) -> str:
    """`` = 1`` for a plain default or for ``attrs.field(default=1, ...)``; what else a field does is not the API's."""
    match value:
        case ast.Call(func=ast.Attribute(attr="field"), keywords=keywords):
            told = {word.arg: ast.unparse(word.value) for word in keywords}
            return (
                f" = {told['default']}" if "default" in told else f" = {told['factory']}()" if "factory" in told else ""
            )
        case None:
            return ""
        case _:
            return f" = {ast.unparse(value)}"


def _fields(node: ast.ClassDef) -> Iterator[ast.AnnAssign]:
    return (member for member in node.body if isinstance(member, ast.AnnAssign))


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """``pegboard_routes(settings: Settings) -> Some[AnyRoute]``, without the quotes that imports may need."""
    for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
        argument.annotation = _unquoted(argument.annotation)
    returns = _unquoted(node.returns)
    prefix = "async " if isinstance(node, ast.AsyncFunctionDef) else ""
    return f"{prefix}{node.name}({ast.unparse(node.args)}) -> {ast.unparse(returns) if returns else 'None'}"


def _unquoted(annotation: ast.expr | None) -> ast.expr | None:
    match annotation:
        case ast.Constant(value=str(text)):
            return ast.parse(text, mode="eval").body
        case _:
            return annotation


def _type_names(annotation: ast.expr | None) -> list[str]:
    return [node.id for node in ast.walk(annotation) if isinstance(node, ast.Name)] if annotation else []


def _is_marked(node: ast.FunctionDef) -> bool:
    return any(ast.unparse(mark).split("(")[0] == "hookspec" for mark in node.decorator_list)


def _parsed(path: Path) -> ast.Module:
    return parse(path) if path.is_file() else ast.Module(body=[], type_ignores=[])


if __name__ == "__main__":
    (ROOT / SNAPSHOT).write_text(snapshot(ROOT))
