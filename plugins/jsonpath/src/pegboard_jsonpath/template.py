"""Texts with `{{placeholders}}`."""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

import attrs

from pegboard import MISSING
from pegboard.problems import nearest

from .errors import PathError
from .grammar import NAME
from .path import Get, compile_path
from .text import text_of

ROOT = "$"
INNER = re.compile(r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^'"}]|\}(?!\}))*""", re.DOTALL)

Scope = Mapping[str, Any]
Render = Callable[[Scope], Any]


@attrs.frozen
class Placeholder:
    """`{{name.and.path}}`: where `name` is looked up in the scope, and `get` in what is found there."""

    text: str
    name: str
    get: Get = attrs.field(eq=False, repr=False)

    def value(self, scope: Scope) -> Any:
        return self.get(scope.get(self.name, MISSING))


@attrs.frozen
class Template:
    """A parsed template.

    A placeholder is a name that the scope binds, with a path behind it (`{{contact.emails[0]}}`), or a JSONPath
    from `$`, where the scope binds that. `render(scope)` gives a placeholder that stands alone its value's own
    type, MISSING included; mixed text is text, where null and what is missing leave nothing.
    """

    text: str
    placeholders: tuple[Placeholder, ...]
    render: Render = attrs.field(eq=False, repr=False)

    @classmethod
    def parse(cls, text: str, names: Collection[str] | None = None) -> "Template":
        """`names` are those that are bound, all if None. Raises PathError, with the column in `text`."""
        literals, placeholders = [], []
        end = 0
        while (start := text.find("{{", end)) >= 0:
            literals.append(text[end:start])
            placeholder, end = _placeholder(text, start + 2, names)
            placeholders.append(placeholder)
        literals.append(text[end:])
        return cls(text, tuple(placeholders), _renderer(literals, placeholders))

    @property
    def names(self) -> frozenset[str]:
        """What the scope has to bind."""
        return frozenset(placeholder.name for placeholder in self.placeholders)

    def missing(self, scope: Scope) -> tuple[str, ...]:
        """The placeholders that have no value there: those of null too."""
        return tuple(p.text for p in self.placeholders if p.value(scope) in (None, MISSING))


def _placeholder(text: str, start: int, names: Collection[str] | None) -> tuple[Placeholder, int]:
    found = INNER.match(text, start)
    end = found.end() if found else start
    if not text.startswith("}}", end):
        raise PathError(text, len(text) + 1, f'"}}}}" for the "{{{{" at column {start - 1}')
    inner = text[start:end].strip()
    begin = start + (len(text[start:end]) - len(text[start:end].lstrip()))
    name, path, shift = _split(text, inner, begin)
    if names is not None and name not in names:
        raise PathError(text, begin + 1, f"a name that is bound, and {name!r} is not{nearest(name, names)}")
    try:
        return Placeholder(inner, name, compile_path(path).get), end + 2
    except PathError as error:
        raise error.within(text, begin + shift) from None


def _split(text: str, inner: str, begin: int) -> tuple[str, str, int]:
    """The bound name, the path behind it, and how far the path's columns are from those of the placeholder."""
    if inner.startswith(ROOT):
        return ROOT, inner, 0
    name = NAME.match(inner)
    if name is None:
        raise PathError(text, begin + 1, "a name, or a path from $")
    return name.group(), ROOT + inner[name.end() :], name.end() - 1


def _renderer(literals: list[str], placeholders: list[Placeholder]) -> Render:
    if not placeholders:
        return lambda scope: literals[0]
    if len(placeholders) == 1 and literals == ["", ""]:
        return placeholders[0].value
    filled = "%s".join(literal.replace("%", "%%") for literal in literals)
    parts = [(placeholder.name, placeholder.get) for placeholder in placeholders]
    name, gets = parts[0][0], [get for _, get in parts]

    def of_one(scope: Scope) -> str:
        root, texts = scope.get(name, MISSING), []
        for get in gets:
            value = get(root)
            texts.append(value if type(value) is str else text_of(value))
        return filled % tuple(texts)

    def of_many(scope: Scope) -> str:
        return filled % tuple([text_of(get(scope.get(name, MISSING))) for name, get in parts])

    return of_one if all(other == name for other, _ in parts) else of_many
