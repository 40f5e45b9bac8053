"""A path, and the function that it is."""

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from pegboard import MISSING

from .general import general
from .grammar import Step, singular

Get = Callable[[Any], Any]


@attrs.frozen
class Path:
    """A compiled path.

    `get(document)` is the value of a singular path, or MISSING where it is not there, and the list of what
    any other path chooses. `steps` are the names and indexes of a singular path, and None for any other.
    """

    text: str
    steps: tuple[Step, ...] | None = attrs.field(eq=False)
    get: Get = attrs.field(eq=False, repr=False)

    @property
    def singular(self) -> bool:
        return self.steps is not None


def compile_path(text: str) -> Path:
    """Compile a JSONPath (RFC 9535). Raises PathError, with the column and what was expected there."""
    steps = singular(text)
    return Path(text, steps, general(text) if steps is None else _getter(steps))


def is_path(instance: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    """The attrs validator of a field that holds a path. Raises PathError."""
    compile_path(value)


def _getter(steps: tuple[Step, ...]) -> Get:
    match steps:
        case ():
            return lambda document: document
        case (str(name),):
            return _name(name)
        case (str(outer), str(inner)):
            return _two_names(outer, inner)
    return _steps(steps)


def _name(name: str) -> Get:
    # A dictionary asks itself: three times as fast as the walk over steps, and as fast where the name is missing.
    return lambda document: document.get(name, MISSING) if type(document) is dict else _child(document, name)


def _two_names(outer: str, inner: str) -> Get:
    def get(document: Any) -> Any:
        document = document.get(outer, MISSING) if type(document) is dict else _child(document, outer)
        return document.get(inner, MISSING) if type(document) is dict else _child(document, inner)

    return get


def _steps(steps: tuple[Step, ...]) -> Get:
    def get(document: Any) -> Any:
        for step in steps:
            if type(document) is dict and type(step) is str:
                document = document.get(step, MISSING)
            else:
                document = _child(document, step)
            if document is MISSING:
                return MISSING
        return document

    return get


def _child(document: Any, step: Step) -> Any:
    """A name selects from an object alone, an index from an array alone (RFC 9535, sections 2.3.1.2 and 2.3.3.2)."""
    if isinstance(step, str):
        return document.get(step, MISSING) if isinstance(document, Mapping) else MISSING
    inside = isinstance(document, list | tuple) and -len(document) <= step < len(document)
    return document[step] if inside else MISSING
