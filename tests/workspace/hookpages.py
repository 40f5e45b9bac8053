"""Every hook is documented, tested and used."""

from collections.abc import Iterable
from pathlib import Path

from .api import Hook, fields, hooks
from .tree import distributions, has_word, parse

LATER: dict[str, str] = {}
"""Hooks whose first plugin is still to come, and which. An entry that is no longer true is a breach."""


def hooks_have_pages(root: Path) -> list[str]:
    """docs/hooks/<hook>.md shows the exact signature, names every field of its records, and runs an example."""
    pages = root / "docs/hooks"
    known = {hook.name for hook in hooks(root)}
    strays = [path for path in sorted(pages.glob("pegboard_*.md")) if path.stem not in known]
    return [
        *(breach for hook in hooks(root) for breach in _page(root, hook, pages / f"{hook.name}.md")),
        *(f"docs/hooks/{path.name}: there is no such hook" for path in strays),
    ]


def hooks_have_tests(root: Path) -> list[str]:
    """Some test names each hook; the tests of these rules do not count."""
    ours = [path for path in (root / "tests").glob("test_*.py") if not path.name.startswith("test_workspace")]
    theirs = [path for distribution in distributions(root) for path in distribution.tests()]
    texts = [path.read_text() for path in (*ours, *theirs)]
    return [f"{hook.name}: no test names it" for hook in hooks(root) if not _named(hook, texts)]


def hooks_have_plugins(root: Path, later: Iterable[str] = tuple(LATER)) -> list[str]:
    """A plugin of this repository implements each hook, but for those of `later`, which none does yet."""
    found = [distribution for distribution in distributions(root) if distribution.is_plugin]
    opened = [parse(path) for one in found if (path := one.package / "__init__.py").is_file()]
    used = {node.name for tree in opened for node in tree.body if hasattr(node, "name")}
    known = [hook.name for hook in hooks(root)]
    return [
        *(f"{name}: no plugin implements it" for name in known if name not in used and name not in later),
        *(f"{name}: has a plugin by now; take it out of LATER" for name in sorted(used.intersection(later))),
        *(f"{name}: is in LATER, and is no hook" for name in sorted(set(later) - set(known))),
    ]


def _page(root: Path, hook: Hook, path: Path) -> list[str]:
    if not path.is_file():
        return [f"docs/hooks/{path.name} is missing"]
    text = path.read_text()
    breaches = [] if hook.signature in text else [f"docs/hooks/{path.name}: must show `{hook.signature}`"]
    if "```python run\n" not in text:
        breaches.append(f"docs/hooks/{path.name}: has no example marked ```python run")
    missing = [
        f"{record}.{name}" for record in hook.records for name in fields(root, record) if f"`{name}`" not in text
    ]
    return breaches + [f"docs/hooks/{path.name}: does not tell of `{name}`" for name in missing]


def _named(hook: Hook, texts: list[str]) -> bool:
    return any(has_word(text, hook.name) for text in texts)
