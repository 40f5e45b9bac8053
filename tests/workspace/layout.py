"""A distribution looks like every other one: its names agree, and its package opens with public names alone."""

import ast
from collections.abc import Iterator
from pathlib import Path

from .tree import GROUP, SHELVES, Distribution, distributions, parse


def names_agree(root: Path) -> list[str]:
    """Folder, distribution, import name and entry point carry the same name; the build is flit's, or stands on it.

    What implements a hook has an entry point; a library among the plugins implements none.
    """
    return [breach for distribution in distributions(root) for breach in _names(distribution)]


def parts_are_there(root: Path) -> list[str]:
    """README, `py.typed` and tests are there, and the folder holds a distribution at all."""
    folders = [folder for shelf in SHELVES for folder in sorted((root / shelf).glob("*/")) if _holds_files(folder)]
    empty = [folder for folder in folders if not (folder / "pyproject.toml").is_file()]
    return [f"{folder.relative_to(root)}: has no pyproject.toml" for folder in empty] + [
        breach for distribution in distributions(root) for breach in _parts(distribution)
    ]


def packages_open_with_names(root: Path) -> list[str]:
    """An `__init__` has imports, `__all__`, `__version__` and hook implementations, and nothing else."""
    return [breach for distribution in distributions(root) for breach in _strangers(distribution)]


def _names(distribution: Distribution) -> Iterator[str]:
    pyproject, project = distribution.pyproject, distribution.project
    expected: dict[str, tuple[object, object]] = {
        "project.name": (project.get("name"), distribution.name),
        "project.license": (project.get("license"), "Apache-2.0"),
        "project.requires-python": (project.get("requires-python"), ">=3.11"),
        "tool.flit.module.name": (
            pyproject.get("tool", {}).get("flit", {}).get("module", {}).get("name"),
            distribution.module,
        ),
        "build-system.build-backend": (_backend(distribution), "flit_core.buildapi"),
    }
    if distribution.is_plugin or _hangs_on_hooks(distribution):
        entry_points = project.get("entry-points", {}).get(GROUP)
        expected[f'project.entry-points."{GROUP}"'] = (entry_points, {distribution.suffix: distribution.module})
    for key, (found, wanted) in expected.items():
        if found != wanted:
            yield f"{distribution.place}/pyproject.toml: {key} is {found!r}; the folder's name makes it {wanted!r}"


def _backend(distribution: Distribution) -> object:
    """What builds it: a backend of its own, in the folder of that name, may stand on flit's, which it then imports."""
    build = distribution.pyproject.get("build-system", {})
    own = distribution.folder / "backend/backend.py"
    if (build.get("build-backend"), build.get("backend-path")) != ("backend", ["backend"]) or not own.is_file():
        return build.get("build-backend")
    froms = [node for node in ast.walk(parse(own)) if isinstance(node, ast.ImportFrom)]
    return next(
        (f"{node.module}.{alias.name}" for node in froms for alias in node.names if alias.name == "buildapi"), None
    )


def _parts(distribution: Distribution) -> Iterator[str]:
    package = distribution.package
    for path in (distribution.folder / "README.md", package / "__init__.py", package / "py.typed"):
        if not path.is_file():
            yield f"{path.relative_to(distribution.root)} is missing"
    if not any((distribution.folder / "tests").rglob("test_*.py")):
        yield f"{distribution.place}/tests: has no test_*.py"
    yield from (
        f"{path.relative_to(distribution.root)}: src holds the package {distribution.module} and nothing else"
        for path in sorted((distribution.folder / "src").glob("*"))
        if path != package and path.name != "__pycache__"
    )


def _strangers(distribution: Distribution) -> Iterator[str]:
    path = distribution.package / "__init__.py"
    if not path.is_file():
        return
    body = parse(path).body
    if ast.get_docstring(parse(path)) is None:
        yield f"{distribution.where(path)}: has no docstring"
    yield from (
        f"{distribution.where(path, node)}: move this to a module of its own; `__init__` holds "
        "imports, __all__, __version__ and hook implementations"
        for node in body
        if not _belongs(node)
    )


def _belongs(node: ast.stmt) -> bool:
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant(value=str())):
            return True
        case ast.Assign(targets=[ast.Name(id="__all__" | "__version__")]):
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING"), orelse=[]):
            return all(_belongs(inner) for inner in node.body)
        case ast.FunctionDef():
            return node.name.startswith("pegboard_") and any(_is_hookimpl(mark) for mark in node.decorator_list)
        case _:
            return False


def _hangs_on_hooks(distribution: Distribution) -> bool:
    path = distribution.package / "__init__.py"
    marks = (
        [mark for node in ast.walk(parse(path)) for mark in getattr(node, "decorator_list", ())]
        if path.is_file()
        else []
    )
    return any(map(_is_hookimpl, marks))


def _is_hookimpl(mark: ast.expr) -> bool:
    called = mark.func if isinstance(mark, ast.Call) else mark
    return ast.unparse(called).split(".")[-1] == "hookimpl"


def _holds_files(folder: Path) -> bool:
    return any(path.is_file() and "__pycache__" not in path.parts for path in folder.rglob("*"))
