"""Each rule of the repository, seen to fail: a small tree that keeps all rules, and one change that breaks one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from workspace import api, features, files, hookpages, imports, layout

Rule = Callable[[Path], list[str]]
Change = Callable[[Path], object]

PYPROJECT = """
[build-system]
requires = ["flit_core >=3.11,<5"]
build-backend = "flit_core.buildapi"
[project]
name = "{name}"
license = "Apache-2.0"
requires-python = ">=3.11"
dependencies = [{dependencies}]
[project.optional-dependencies]
test = [{test}]
{entry_points}
[tool.flit.module]
name = "{module}"
"""

PLUGIN = '''"""A plugin."""

from pegboard import hookimpl

from .shelf import Shelf

__all__ = ["Shelf"]
__version__ = "0.1.0"


@hookimpl
def pegboard_colours(settings):
    yield from Shelf.colours(settings)
'''

TREE = {
    "kernel/src/pegboard/__init__.py": '"""The kernel."""\n\n__version__ = "0.1.0"\n',
    "kernel/src/pegboard/hookspecs.py": """
import attrs
@hookspec
def pegboard_colours(settings: "Settings") -> Some[Colour]: ...
""",
    "kernel/src/pegboard/contracts/__init__.py": '__all__ = ["Colour"]\n',
    "kernel/src/pegboard/contracts/colour.py": """
class Colour:
    name: str
    hue: int = 0

    def lighter(self, by: int) -> "Colour": ...
""",
    "kernel/tests/test_kernel.py": "# pegboard_colours is collected\n",
    "plugins/shelf/src/pegboard_shelf/__init__.py": PLUGIN,
    "plugins/shelf/src/pegboard_shelf/shelf.py": "import packaging.version\n",
    "plugins/shelf/src/pegboard_shelf/testing.py": "import pytest\n",
    "plugins/shelf/tests/test_shelf.py": "import pegboard_shelf, pluggy, attrs, pytest\n",
    "plugins/book-end/src/pegboard_book_end/__init__.py": '"""A plugin."""\n\nfrom pegboard_shelf import Shelf\n',
    "plugins/book-end/tests/test_book_end.py": "from pegboard_shelf.testing import shelves\n",
    "contrib/house/src/pegboard_house/__init__.py": '"""An application."""\n\nimport pegboard_shelf\n',
    "contrib/house/tests/test_house.py": "import pegboard_house\n",
    "tests/requirements.txt": "-e ./kernel[test]\n-e ./plugins/book-end[test]\n-e ./plugins/shelf[test]\n"
    "-e ./contrib/house[test]\npytest\n",
    "tests/constraints.txt": "attrs==1.0\npackaging==1!4.0\npluggy==1\npytest==9.0rc1\niniconfig==1\npygments==2\n",
    "docs/hooks/pegboard_colours.md": "pegboard_colours(settings: Settings) -> Some[Colour]\n\n`name` `hue`\n\n"
    "```python run\n```\n",
}

DISTRIBUTIONS = {
    "kernel": ("pegboard", '"attrs >=1"', ""),
    "plugins/shelf": ("pegboard-shelf", '"pegboard", "packaging"', '"pluggy"'),
    "plugins/book-end": ("pegboard-book-end", '"pegboard-shelf"', ""),
    "contrib/house": ("pegboard-house", '"pegboard-shelf"', ""),
}

RULES: tuple[Rule, ...] = (
    features.kernel_names_no_feature,
    imports.plugins_meet_at_the_door,
    imports.nothing_leans_on_contrib,
    imports.graph_has_no_circle,
    imports.imports_are_declared,
    imports.declarations_are_used,
    layout.names_agree,
    layout.parts_are_there,
    layout.packages_open_with_names,
    files.requirements_name_each,
    files.constraints_pin_everything,
    files.nothing_tells_of_a_machine,
    files.locks_hold_no_address,
    hookpages.hooks_have_pages,
    hookpages.hooks_have_tests,
    lambda root: hookpages.hooks_have_plugins(root, later=()),
    api.snapshot_is_current,
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree that keeps every rule."""
    for name, text in TREE.items():
        write(name, text)(tmp_path)
    for place, (name, dependencies, test) in DISTRIBUTIONS.items():
        module = name.replace("-", "_")
        write(f"{place}/pyproject.toml", pyproject(place, name, dependencies, test))(tmp_path)
        write(f"{place}/README.md", "A distribution.")(tmp_path)
        write(f"{place}/src/{module}/py.typed", "")(tmp_path)
    write(api.SNAPSHOT, api.snapshot(tmp_path))(tmp_path)
    return tmp_path


def pyproject(place: str, name: str, dependencies: str, test: str) -> str:
    module, (shelf, _, folder) = name.replace("-", "_"), place.partition("/")
    entry_points = f'[project.entry-points."pegboard.plugin.v1"]\n{folder} = "{module}"' if shelf == "plugins" else ""
    return PYPROJECT.format(name=name, module=module, dependencies=dependencies, test=test, entry_points=entry_points)


def write(name: str, text: str) -> Change:
    def change(root: Path) -> None:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)

    return change


def add(name: str, text: str) -> Change:
    return lambda root: write(name, (root / name).read_text() + text)(root)


def replace(name: str, old: str, new: str) -> Change:
    def change(root: Path) -> None:
        text = (root / name).read_text()
        assert old in text
        write(name, text.replace(old, new))(root)

    return change


def remove(name: str) -> Change:
    return lambda root: (root / name).unlink()


BREACHES: tuple[tuple[Rule, Change, str], ...] = (
    (
        features.kernel_names_no_feature,
        write("kernel/src/pegboard/app.py", "import os\nimport pegboard_shelf\n"),
        "kernel/src/pegboard/app.py:2: names the feature pegboard_shelf",
    ),
    (
        features.kernel_names_no_feature,
        add("kernel/README.md", "\npip install pegboard-shelf"),
        "feature pegboard-shelf",
    ),
    (features.kernel_names_no_feature, add("kernel/README.md", "see the `shelf` plugin"), "feature shelf"),
    (features.kernel_names_no_feature, add("kernel/README.md", " A book-end."), "feature book-end"),
    (
        features.kernel_names_no_feature,
        add("kernel/tests/test_kernel.py", 'if name == "shelf": ...'),
        ":2: names the feature",
    ),
    (
        imports.plugins_meet_at_the_door,
        write("plugins/book-end/src/pegboard_book_end/x.py", "from pegboard_shelf.shelf import Shelf\n"),
        "x.py:1: import from pegboard_shelf itself",
    ),
    (
        imports.plugins_meet_at_the_door,
        write("contrib/house/src/pegboard_house/x.py", "from pegboard_shelf import shelf\n"),
        "import from pegboard_shelf itself",
    ),
    (
        imports.plugins_meet_at_the_door,
        write("plugins/shelf/tests/test_x.py", "import pegboard_book_end\n"),
        "plugins/shelf/pyproject.toml must depend on pegboard-book-end",
    ),
    (
        imports.plugins_meet_at_the_door,
        write("plugins/book-end/src/pegboard_book_end/x.py", "from pegboard_shelf.testing import shelves\n"),
        "import from pegboard_shelf itself",
    ),
    (
        imports.nothing_leans_on_contrib,
        write("plugins/shelf/tests/test_x.py", "def test():\n    import pegboard_house\n"),
        "plugins/shelf/tests/test_x.py:2: imports pegboard_house",
    ),
    (
        imports.nothing_leans_on_contrib,
        replace("plugins/shelf/pyproject.toml", '"packaging"', '"packaging", "pegboard_house"'),
        "needs pegboard-house",
    ),
    (
        imports.graph_has_no_circle,
        replace("plugins/shelf/pyproject.toml", '"packaging"', '"packaging", "Pegboard_Book.end"'),
        "pegboard-shelf -> pegboard-book-end",
    ),
    (
        imports.imports_are_declared,
        write("plugins/shelf/src/pegboard_shelf/x.py", "if True:\n    from pluggy import hooks\n"),
        "x.py:2: imports pluggy; declare pluggy in plugins/shelf/pyproject.toml",
    ),
    (
        imports.imports_are_declared,
        write("plugins/shelf/tests/test_x.py", "import nowhere_to_be_found\n"),
        "which no installed distribution provides",
    ),
    (
        imports.declarations_are_used,
        write("plugins/shelf/src/pegboard_shelf/shelf.py", ""),
        "declares packaging, and nothing in src uses it",
    ),
    (
        imports.declarations_are_used,
        write("plugins/shelf/tests/test_shelf.py", ""),
        "declares pluggy, and nothing in tests uses it",
    ),
    (
        layout.names_agree,
        replace("plugins/shelf/pyproject.toml", 'shelf = "pegboard_shelf"', 'shelves = "pegboard_shelf"'),
        "{'shelves': 'pegboard_shelf'}",
    ),
    (
        layout.names_agree,
        replace("plugins/shelf/pyproject.toml", '[project.entry-points."pegboard.plugin.v1"]', "[project.scripts]"),
        "entry-points",
    ),
    (
        layout.names_agree,
        replace("kernel/pyproject.toml", 'name = "pegboard"', 'name = "board"'),
        "project.name is 'board'; the folder's name makes it 'pegboard'",
    ),
    (layout.names_agree, replace("contrib/house/pyproject.toml", "Apache-2.0", "MIT"), "project.license"),
    (layout.parts_are_there, remove("kernel/src/pegboard/py.typed"), "kernel/src/pegboard/py.typed is missing"),
    (layout.parts_are_there, remove("plugins/shelf/README.md"), "plugins/shelf/README.md is missing"),
    (layout.parts_are_there, remove("contrib/house/tests/test_house.py"), "contrib/house/tests: has no test_*.py"),
    (layout.parts_are_there, write("plugins/lamp/notes.md", ""), "plugins/lamp: has no pyproject.toml"),
    (
        layout.parts_are_there,
        write("plugins/shelf/src/second/x.py", ""),
        "src holds the package pegboard_shelf and nothing",
    ),
    (
        layout.packages_open_with_names,
        add("plugins/shelf/src/pegboard_shelf/__init__.py", "\n\ndef paint(): ...\n"),
        "__init__.py:16: move this",
    ),
    (
        layout.packages_open_with_names,
        add("plugins/shelf/src/pegboard_shelf/__init__.py", "\nlimit = 3\n"),
        "__init__.py:15: move this",
    ),
    (
        layout.packages_open_with_names,
        replace("plugins/shelf/src/pegboard_shelf/__init__.py", "@hookimpl\n", ""),
        "__init__.py:11: move this",
    ),
    (
        layout.packages_open_with_names,
        write("contrib/house/src/pegboard_house/__init__.py", "import os\n"),
        "no docstring",
    ),
    (
        files.requirements_name_each,
        replace("tests/requirements.txt", "-e ./kernel[test]\n", ""),
        "add the line '-e ./kernel",
    ),
    (
        files.requirements_name_each,
        add("tests/requirements.txt", "-e ./plugins/lamp\n"),
        "remove the line '-e ./plugins/lamp'",
    ),
    (files.requirements_name_each, add("tests/requirements.txt", "-e ./plugins/shelf[test]\n"), "twice"),
    (files.constraints_pin_everything, replace("tests/constraints.txt", "attrs==1.0\n", ""), "has no version of attrs"),
    (
        files.constraints_pin_everything,
        replace("tests/constraints.txt", "iniconfig==1\n", ""),
        "has no version of iniconfig",
    ),
    (
        files.constraints_pin_everything,
        add("tests/constraints.txt", "attrs>=1.0\n"),
        "'attrs>=1.0' is not name==version",
    ),
    (
        files.constraints_pin_everything,
        add("tests/constraints.txt", "a==1 --hash=sha256:00\n"),
        "is not name==version",
    ),
    (
        files.nothing_tells_of_a_machine,
        write("docs/x.md", "\nSee /work" + "/shared/notes.md."),
        "docs/x.md:2: names a path of one machine",
    ),
    (
        files.nothing_tells_of_a_machine,
        lambda root: write("docs/x.md", f"Run it in {root}/docs.")(root),
        "docs/x.md:1: names where this tree lies",
    ),
    (
        files.nothing_tells_of_a_machine,
        write("docs/x.md", "https://pypi" + ".org/simple"),
        "the host of a package registry",
    ),
    (
        files.nothing_tells_of_a_machine,
        write("docs/x.md", "pip --extra" + "-index-url"),
        "a place that packages come from",
    ),
    (
        files.locks_hold_no_address,
        write("plugins/shelf/package-lock.json", '{\n"resolved": "https://example.org/x.tgz"}'),
        "plugins/shelf/package-lock.json:2: a lock file with an address",
    ),
    (
        files.locks_hold_no_address,
        write("uv.lock", 'sdist = { url = "https://example.org/x.tar.gz" }'),
        "uv.lock:1: a lock file with an address",
    ),
    (hookpages.hooks_have_pages, remove("docs/hooks/pegboard_colours.md"), "docs/hooks/pegboard_colours.md is missing"),
    (
        hookpages.hooks_have_pages,
        replace("kernel/src/pegboard/hookspecs.py", 'settings: "Settings"', 'settings: "Settings", theme: str = ""'),
        "must show `pegboard_colours(settings: Settings, theme: str='') -> Some[Colour]`",
    ),
    (
        hookpages.hooks_have_pages,
        add("kernel/src/pegboard/contracts/colour.py", "    alpha: float = 1.0\n"),
        "does not tell of `Colour.alpha`",
    ),
    (
        hookpages.hooks_have_pages,
        replace("docs/hooks/pegboard_colours.md", "python run", "python"),
        "has no example marked",
    ),
    (hookpages.hooks_have_pages, write("docs/hooks/pegboard_sounds.md", ""), "there is no such hook"),
    (hookpages.hooks_have_tests, write("kernel/tests/test_kernel.py", ""), "pegboard_colours: no test names it"),
    (
        lambda root: hookpages.hooks_have_plugins(root, later=()),
        replace("plugins/shelf/src/pegboard_shelf/__init__.py", "def pegboard_colours", "def pegboard_colors"),
        "pegboard_colours: no plugin implements it",
    ),
    (
        lambda root: hookpages.hooks_have_plugins(root, later=["pegboard_colours"]),
        add("docs/hooks/pegboard_colours.md", "Later."),
        "take it out of LATER",
    ),
    (
        lambda root: hookpages.hooks_have_plugins(root, later=["pegboard_sounds"]),
        add("docs/hooks/pegboard_colours.md", "Later."),
        "is in LATER, and is no hook",
    ),
    (
        api.snapshot_is_current,
        replace("kernel/src/pegboard/hookspecs.py", 'settings: "Settings"', 'settings: "Settings", theme: str = ""'),
        "+pegboard_colours(settings: Settings, theme: str='') -> Some[Colour]",
    ),
    (
        api.snapshot_is_current,
        replace("kernel/src/pegboard/contracts/colour.py", "hue: int = 0", "hue: float = 0"),
        "-    hue: int = 0",
    ),
    (api.snapshot_is_current, replace("kernel/src/pegboard/contracts/colour.py", "by: int", "by: float"), "lighter"),
)


def test_a_tree_that_keeps_the_rules_has_no_breach(tree: Path) -> None:
    assert [breach for rule in RULES for breach in rule(tree)] == []


@pytest.mark.parametrize(("rule", "change", "told"), BREACHES)
def test_a_breach_is_told(tree: Path, rule: Rule, change: Change, told: str) -> None:
    change(tree)
    files.tracked.cache_clear()
    assert any(told in breach for breach in rule(tree)), rule(tree)


def test_a_backend_of_its_own_is_right_where_it_stands_on_flits(tree: Path) -> None:
    own = 'build-backend = "backend"\nbackend-path = ["backend"]'
    replace("plugins/shelf/pyproject.toml", 'build-backend = "flit_core.buildapi"', own)(tree)
    write("plugins/shelf/backend/backend.py", "from flit_core import buildapi\n")(tree)
    assert layout.names_agree(tree) == []
    write("plugins/shelf/backend/backend.py", "from other import buildapi\n")(tree)
    assert "build-backend is 'other.buildapi'" in layout.names_agree(tree)[0]


def test_every_rule_is_seen_to_fail() -> None:
    named = {rule.__name__ for rule, _, _ in BREACHES}
    assert {rule.__name__ for rule in RULES} == named
