"""The kernel is the board: what hangs on it has no name there."""

import re
from collections.abc import Iterator
from pathlib import Path

from .api import hooks
from .tree import Distribution, distributions, has_word, parse, python_files, strings

TEXTS = {".py", ".md", ".toml", ".txt", ".json", ".html"}


def kernel_names_no_feature(root: Path) -> list[str]:
    """Nothing in kernel/ has the name of a plugin in it.

    Distribution and import names, and folder names of several words, are found anywhere in a file. A folder
    name of one word may also be a plain word, or a field of the kernel's own (``openapi``): it counts
    where a string is that name and nothing else, or where the text speaks of the plugin as one.
    """
    plugins = [distribution for distribution in distributions(root) if distribution.suffix]
    words = {word for plugin in plugins for word in _words(plugin)} - {hook.name for hook in hooks(root)}
    tags = {plugin.suffix for plugin in plugins}
    return [*_in_texts(root, words, tags), *_in_strings(root, tags)]


def _words(plugin: Distribution) -> Iterator[str]:
    yield plugin.name
    yield plugin.module
    if "-" in plugin.suffix:
        yield plugin.suffix


def _in_texts(root: Path, words: set[str], tags: set[str]) -> Iterator[str]:
    spoken = {tag: re.compile(rf"\b(the|plugin) [`'\"]*{re.escape(tag)}[`'\"]* plugin\b") for tag in tags}
    for path in sorted((root / "kernel").rglob("*")):
        if path.suffix not in TEXTS or "__pycache__" in path.parts:
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            named = {word for word in words if has_word(line, word)}
            named |= {tag for tag, pattern in spoken.items() if pattern.search(line)}
            yield from (f"{path.relative_to(root)}:{number}: names the feature {name}" for name in sorted(named))


def _in_strings(root: Path, tags: set[str]) -> Iterator[str]:
    for path in python_files(root / "kernel"):
        for constant in strings(parse(path)):
            if constant.value in tags:
                yield f"{path.relative_to(root)}:{constant.lineno}: names the feature {constant.value}"
