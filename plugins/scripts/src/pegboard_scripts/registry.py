"""The scripts that are there: from plugins, from folders, from manifests. Read once, at the start."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import attrs

from pegboard import Problem
from pegboard.problems import nearest

from .manifests import ManifestError, read_annotated, read_manifest
from .specs import Script

GROUP = "pegboard.scripts"
CATEGORIES = ("data_import", "data_processing", "shopify", "maintenance", "workflow")


@attrs.frozen
class Registered:
    """A script, and where it comes from."""

    script: Script
    source: str


@attrs.frozen
class Scripts:
    """All scripts by name."""

    by_name: Mapping[str, Registered]

    @classmethod
    def collect(cls, found: Iterable[Registered]) -> "Scripts":
        """Raises ManifestError for a name that is there twice, with both places."""
        by_name: dict[str, Registered] = {}
        for one in found:
            known = by_name.setdefault(one.script.name, one)
            if known is not one:
                raise ManifestError(f'script "{one.script.name}" is in {known.source} and in {one.source}')
        return cls(dict(sorted(by_name.items())))

    def get(self, name: str) -> Script:
        """Raises Problem 404 ``script-not-found``, with the nearest name."""
        found = self.by_name.get(name)
        if found is None:
            raise Problem(404, "script-not-found", f"there is no script {name!r}{nearest(name, list(self.by_name))}")
        return found.script

    def by_category(self) -> Mapping[str, Sequence[Script]]:
        """The document's categories, empty ones too, then whatever else there is."""
        scripts = [one.script for one in self.by_name.values()]
        others = sorted({script.category for script in scripts} - set(CATEGORIES))
        return {name: [one for one in scripts if one.category == name] for name in (*CATEGORIES, *others)}


def registered(folders: Sequence[Path], manifests: Sequence[Path]) -> Scripts:
    """Everything that is installed and configured. Raises ManifestError."""
    found: list[Registered] = list(_installed())
    for manifest in manifests:
        found += _of(_read(manifest), str(manifest))
    for folder in folders:
        found += _annotated(folder)
    return Scripts.collect(found)


def _installed() -> Iterator[Registered]:
    """Entry points of the group ``pegboard.scripts``: the name of a package with a ``scripts.toml`` in it."""
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        yield from _of(_packaged(point), f"package {point.value}")


def _packaged(point: EntryPoint) -> str:
    from importlib.resources import files

    try:
        return (files(point.module) / "scripts.toml").read_text("utf-8")
    except (OSError, ModuleNotFoundError) as error:
        raise ManifestError(f"package {point.value}: scripts.toml cannot be read: {error}") from None


def _of(text: str, source: str) -> Iterator[Registered]:
    for script in read_manifest(text, source):
        yield Registered(script, source)


def _annotated(folder: Path) -> Iterator[Registered]:
    """The programs of a folder that say in a comment what they are; all others in it are left alone."""
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise ManifestError(f"{folder}: cannot be read: {error.strerror}") from None
    for name in names:
        path = folder.absolute() / name  # a script is started in a folder of its own
        if path.suffix in (".py", ".sh") and path.is_file():
            start = ["{python}", str(path)] if path.suffix == ".py" else ["/bin/sh", str(path)]
            script = read_annotated(_read(path), str(path), {"name": path.stem, "argv": start})
            if script is not None:
                yield Registered(script, str(path))


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ManifestError(f"{path}: is not UTF-8") from None
