"""Finding what serves an address among any number of path templates, in as many steps as the address has."""

from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

import attrs

from .templates import Template

T = TypeVar("T")


@attrs.define
class _Node(Generic[T]):
    """A step of the trie. Most nodes are leaves: none carries an empty dictionary about."""

    literal: "dict[str, _Node[T]] | None" = None
    parameter: "_Node[T] | None" = None
    entry: T | None = None
    rest: T | None = None

    def child(self, step: str | None) -> "_Node[T] | None":
        """The next node: for a literal step, or for a parameter where `step` is None."""
        if step is None:
            return self.parameter
        return self.literal.get(step) if self.literal else None

    def grow(self, step: str | None) -> "_Node[T]":
        if step is None:
            self.parameter = self.parameter or _Node()
            return self.parameter
        if self.literal is None:
            self.literal = {}
        return self.literal.get(step) or self.literal.setdefault(step, _Node())

    def empty(self) -> bool:
        return not (self.literal or self.parameter or self.entry or self.rest)


@attrs.define
class Trie(Generic[T]):
    """Entries by template: exact paths in a dictionary, the others in a tree of their segments.

    Of the templates that match an address the exact one is found before others, a literal segment before a
    parameter, and a rest last.
    """

    _exact: dict[str, T] = attrs.field(factory=dict)
    _root: _Node[T] = attrs.field(factory=_Node)

    def __len__(self) -> int:
        return len(self._exact) + sum(1 for _ in _entries(self._root))

    def insert(self, template: Template, entry: T) -> T:
        """Put an entry in, unless there is one at this very place: the one that is there afterwards."""
        if _literal(template):
            return self._exact.setdefault(template.path, entry)
        node = self._root
        for step in _steps(template):
            node = node.grow(step)
        if template.rest:
            node.rest = node.rest or entry
            return node.rest
        node.entry = node.entry or entry
        return node.entry

    def holder(self, template: Template) -> T | None:
        """The entry at a template's place."""
        if _literal(template):
            return self._exact.get(template.path)
        node: _Node[T] | None = self._root
        for step in _steps(template):
            node = node and node.child(step)
        return None if node is None else node.rest if template.rest else node.entry

    def remove(self, template: Template) -> bool:
        """Tells whether there was an entry."""
        if _literal(template):
            return self._exact.pop(template.path, None) is not None
        return _prune(self._root, template, 0)

    def find(self, path: str) -> tuple[T, Sequence[str]] | None:
        """The entry for an address, and the values of its parameters in their order."""
        exact = self._exact.get(path)
        if exact is not None:
            return exact, ()
        steps = path.split("/")[1:]
        return _walk(self._root, steps) or _descend(self._root, steps, 0, [])


def _literal(template: Template) -> bool:
    return None not in template.pattern


def _steps(template: Template) -> Sequence[str | None]:
    return template.pattern[: -1 if template.rest else None]


def _walk(node: _Node[T], steps: Sequence[str]) -> tuple[T, list[str]] | None:
    """The first way that `_descend` would try, which nearly always is the right one."""
    values = []
    for step in steps:
        child = node.literal.get(step) if node.literal else None
        if child is None:
            child = node.parameter
            if child is None or not step:
                return None
            values.append(step)
        node = child
    return (node.entry, values) if node.entry else None


def _descend(node: _Node[T], steps: Sequence[str], at: int, values: list[str]) -> tuple[T, list[str]] | None:
    if at == len(steps):
        return (node.entry, values) if node.entry else None
    child = node.child(steps[at])
    found = _descend(child, steps, at + 1, values) if child else None
    if found is None and node.parameter is not None and steps[at]:
        found = _descend(node.parameter, steps, at + 1, [*values, steps[at]])
    if found is None and node.rest is not None:
        return node.rest, [*values, "/".join(steps[at:])]
    return found


def _prune(node: _Node[T], template: Template, depth: int) -> bool:
    """Take an entry out, and the nodes that nothing needs any more."""
    if depth == len(_steps(template)):
        found = (node.rest if template.rest else node.entry) is not None
        if template.rest:
            node.rest = None
        else:
            node.entry = None
        return found
    step = template.pattern[depth]
    child = node.child(step)
    if child is None or not _prune(child, template, depth + 1):
        return False
    if child.empty() and step is None:
        node.parameter = None
    elif child.empty() and node.literal and step is not None:
        del node.literal[step]
    return True


def _entries(node: _Node[T]) -> Iterator[T]:
    yield from (entry for entry in (node.entry, node.rest) if entry)
    for child in (*(node.literal or {}).values(), *filter(None, [node.parameter])):
        yield from _entries(child)
