"""What a tree holds: its distributions, as their folders and their pyproject files tell."""

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import attrs
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
GROUP = "pegboard.plugin.v1"
SHELVES = ("plugins", "contrib")


@attrs.frozen(slots=False)
class Distribution:
    """One distribution of the tree at `root`, in the folder `place` such as ``plugins/store``."""

    root: Path
    place: str

    @property
    def folder(self) -> Path:
        return self.root / self.place

    @property
    def suffix(self) -> str:
        """The name that folder, distribution and entry point share; empty for the kernel."""
        return "" if self.place == "kernel" else self.folder.name

    @property
    def name(self) -> str:
        return "-".join(filter(None, ("pegboard", self.suffix)))

    @property
    def module(self) -> str:
        return self.name.replace("-", "_")

    @property
    def package(self) -> Path:
        return self.folder / "src" / self.module

    @cached_property
    def pyproject(self) -> dict[str, Any]:
        return tomllib.loads((self.folder / "pyproject.toml").read_text())

    @property
    def project(self) -> dict[str, Any]:
        project: dict[str, Any] = self.pyproject.get("project", {})
        return project

    @property
    def is_plugin(self) -> bool:
        return GROUP in self.project.get("entry-points", {})

    def requirements(self, *extras: str) -> tuple[Requirement, ...]:
        """What it declares to need, with what the named extras add."""
        optional = self.project.get("optional-dependencies", {})
        lines = [*self.project.get("dependencies", ()), *(line for extra in extras for line in optional.get(extra, ()))]
        return tuple(Requirement(line) for line in lines)

    @property
    def extras(self) -> tuple[str, ...]:
        return tuple(self.project.get("optional-dependencies", {}))

    def neighbours(self, *extras: str) -> frozenset[str]:
        """The names of this repository's distributions that it declares to need."""
        names = {canonicalize_name(requirement.name) for requirement in self.requirements(*extras)}
        return frozenset(name for name in names if name == "pegboard" or name.startswith("pegboard-"))

    def sources(self) -> Iterator[Path]:
        return python_files(self.folder / "src")

    def tests(self) -> Iterator[Path]:
        return python_files(self.folder / "tests")

    def where(self, path: Path, node: ast.AST | None = None) -> str:
        """``plugins/store/src/pegboard_store/x.py:12``, for messages."""
        line = f":{node.lineno}" if isinstance(node, ast.stmt | ast.expr) else ""
        return f"{path.relative_to(self.root)}{line}"


def distributions(root: Path) -> list[Distribution]:
    """The kernel, then the plugins, then what is built on them, each shelf in the order of names."""
    files = [root / "kernel/pyproject.toml", *(file for shelf in SHELVES for file in shelf_files(root, shelf))]
    found = (Distribution(root, file.parent.relative_to(root).as_posix()) for file in files if file.is_file())
    return [distribution for distribution in found if distribution.project]


def shelf_files(root: Path, shelf: str) -> list[Path]:
    return sorted((root / shelf).glob("*/pyproject.toml"))


def python_files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*.py")) if "__pycache__" not in path.parts)


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def strings(tree: ast.AST) -> Iterator[ast.Constant]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))


def has_word(text: str, word: str) -> bool:
    """Whether `word` stands in `text` by itself: not within a longer name."""
    return word in text and re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text) is not None
