"""Who imports whom, and whether it is declared."""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path

import attrs
from packaging.utils import canonicalize_name

from .files import tools
from .tree import Distribution, distributions, has_word


@attrs.frozen
class Import:
    """One import of `module`; `names` are what a ``from`` import takes out of it."""

    where: str
    module: str
    names: tuple[str, ...]

    @property
    def top(self) -> str:
        return self.module.partition(".")[0]


@attrs.frozen
class Source:
    """What a file imports, by line, module and names, and the strings in it."""

    imports: list[tuple[int, str, tuple[str, ...]]] = attrs.field(factory=list)
    strings: set[str] = attrs.field(factory=set)


def plugins_meet_at_the_door(root: Path) -> list[str]:
    """A distribution imports another only through that one's top-level package, and only if it depends on it.

    A module that its `__all__` names is part of the door. Tests may also import its ``testing``, which is public as
    the kernel's own is.
    """
    found = distributions(root)
    doors = {other.module: other for other in found if other.suffix}
    return [breach for distribution in found for breach in _trespasses(distribution, doors)]


def nothing_leans_on_contrib(root: Path) -> list[str]:
    """Nothing in kernel/ or plugins/ imports or needs what is in contrib/."""
    found = distributions(root)
    contrib = {distribution.module: distribution for distribution in found if distribution.place.startswith("contrib/")}
    names = {distribution.name for distribution in contrib.values()}
    return [
        breach
        for distribution in found
        if distribution.module not in contrib
        for breach in (
            *(
                f"{use.where}: imports {use.top}, which is in contrib/"
                for use in _all(distribution)
                if use.top in contrib
            ),
            *(
                f"{distribution.place}/pyproject.toml: needs {name}, which is in contrib/"
                for name in sorted(distribution.neighbours(*distribution.extras) & names)
            ),
        )
    ]


def graph_has_no_circle(root: Path) -> list[str]:
    """The distributions' needs of one another, tests aside, have an order."""
    try:
        TopologicalSorter({one.name: one.neighbours() for one in distributions(root)}).prepare()
    except CycleError as error:
        return [f"a circle of dependencies: {' -> '.join(error.args[1])}"]
    return []


def imports_are_declared(root: Path) -> list[str]:
    """Whatever is imported is declared in the same distribution's pyproject.

    Tests, and modules named ``testing``, may also import what the ``test`` extra, the shared test tools and
    the pegboard distributions that are needed anyway bring along.
    """
    found = {distribution.name: distribution for distribution in distributions(root)}
    return [breach for distribution in found.values() for breach in _undeclared(distribution, found)]


def declarations_are_used(root: Path) -> list[str]:
    """Whatever is declared is imported, or named in a string.

    Drivers are named so (``sqlite+aiosqlite://``), and plugins whose records are asked for by their tag:
    ``"restricted"`` names sandbox-restricted.
    """
    return [breach for distribution in distributions(root) for breach in _unused(distribution)]


def imports_of(distribution: Distribution, files: Iterable[Path]) -> Iterator[Import]:
    for path in files:
        where = distribution.where(path)
        for line, module, names in _read(path.read_text()).imports:
            yield Import(f"{where}:{line}", module, names)


@cache
def _read(source: str) -> Source:
    """Kept by what the file says, as several rules look at all files."""
    found = Source()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.imports.extend((node.lineno, alias.name, ()) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.imports.append((node.lineno, node.module, tuple(alias.name for alias in node.names)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.strings.add(node.value)
    return found


def _all(distribution: Distribution) -> Iterator[Import]:
    yield from imports_of(distribution, distribution.sources())
    yield from imports_of(distribution, distribution.tests())


def _trespasses(distribution: Distribution, doors: dict[str, Distribution]) -> Iterator[str]:
    yield from _entered(distribution, doors, distribution.sources(), ())
    yield from _entered(distribution, doors, distribution.tests(), ("testing",))


def _entered(
    distribution: Distribution, doors: dict[str, Distribution], files: Iterable[Path], public: tuple[str, ...]
) -> Iterator[str]:
    """The trespasses of some files, to which the modules `public` of others are open too."""
    neighbours = distribution.neighbours(*(distribution.extras if public else ()))
    for use in imports_of(distribution, files):
        other = doors.get(use.top)
        if other is None or other == distribution:
            continue
        through = "" if use.module == use.top else use.module.split(".")[1]
        entered = [through] if through else use.names
        if through not in public and any(_is_private(other, name) for name in entered):
            yield f"{use.where}: import from {use.top} itself; its modules are private"
        if other.name not in neighbours:
            yield f"{use.where}: imports {use.top}; {distribution.place}/pyproject.toml must depend on {other.name}"


def _is_private(other: Distribution, name: str) -> bool:
    """Whether `name` is a module of the other distribution that its `__all__` does not hand out."""
    module = other.package / name
    if not (module.with_suffix(".py").is_file() or module.is_dir()):
        return False
    return name not in _read((other.package / "__init__.py").read_text()).strings


def _undeclared(distribution: Distribution, found: dict[str, Distribution]) -> Iterator[str]:
    optional = tuple(extra for extra in distribution.extras if extra != "test")
    own = _names(distribution, *optional)
    wanted = own | _names(distribution, "test")
    along = {name for other in wanted & found.keys() for name in _names(found[other])}
    tests = wanted | along | tools(distribution.root)
    for files, declared in ((_products(distribution), own), (_test_files(distribution), tests)):
        yield from _missing(imports_of(distribution, files), declared, distribution)


def _missing(uses: Iterable[Import], declared: set[str], distribution: Distribution) -> Iterator[str]:
    for use in uses:
        if use.top in sys.stdlib_module_names or use.top.split("_")[0] == "pegboard" or _is_local(use, distribution):
            continue
        givers = _givers().get(use.top, ())
        if not givers:
            yield f"{use.where}: imports {use.top}, which no installed distribution provides"
        elif not declared.intersection(givers):
            place = f"{distribution.place}/pyproject.toml"
            yield f"{use.where}: imports {use.top}; declare {' or '.join(sorted(givers))} in {place}"


def _test_files(distribution: Distribution) -> list[Path]:
    """Its tests, and what its package has for the tests of others: a module or a package named ``testing``."""
    tools = [
        path
        for path in distribution.sources()
        if "testing" in path.relative_to(distribution.package).with_suffix("").parts
    ]
    return [*distribution.tests(), *tools]


def _products(distribution: Distribution) -> list[Path]:
    for_tests = set(_test_files(distribution))
    return [path for path in distribution.sources() if path not in for_tests]


def _is_local(use: Import, distribution: Distribution) -> bool:
    """Whether tests import a module that lies beside them."""
    tests = distribution.folder / "tests"
    return (tests / use.top).is_dir() or any(tests.rglob(f"{use.top}.py"))


def _unused(distribution: Distribution) -> Iterator[str]:
    optional = tuple(extra for extra in distribution.extras if extra != "test")
    plain = _names(distribution, *optional)
    yield from _idle(distribution, plain, list(distribution.sources()), "src")
    extra = _names(distribution, "test") - _names(distribution)
    yield from _idle(distribution, extra, [*distribution.tests(), *distribution.sources()], "tests")


def _idle(distribution: Distribution, declared: set[str], files: list[Path], where: str) -> Iterator[str]:
    imported = {use.top for use in imports_of(distribution, files)}
    texts = {text for path in files for text in _read(path.read_text()).strings}
    for name in sorted(declared):
        modules = _gifts().get(name, {name.replace("-", "_")})
        words = {*modules, name.split("-")[-1]} if name.startswith("pegboard-") else modules
        if not imported & modules and not any(has_word(text, word) for word in words for text in texts):
            yield f"{distribution.place}/pyproject.toml: declares {name}, and nothing in {where} uses it"


def _names(distribution: Distribution, *extras: str) -> set[str]:
    return {canonicalize_name(requirement.name) for requirement in distribution.requirements(*extras)}


@cache
def _givers() -> dict[str, set[str]]:
    """Import names to the installed distributions that provide them."""
    return {module: {canonicalize_name(name) for name in names} for module, names in packages_distributions().items()}


@cache
def _gifts() -> dict[str, set[str]]:
    """Installed distributions to the import names that they provide."""
    gifts: dict[str, set[str]] = defaultdict(set)
    for module, names in _givers().items():
        for name in names:
            gifts[name].add(module)
    return {name: modules for name, modules in gifts.items() if not name.startswith("pegboard")}
