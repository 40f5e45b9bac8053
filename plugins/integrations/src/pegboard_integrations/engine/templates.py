"""JSON with `{{placeholders}}` in it."""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import attrs

from pegboard import MISSING
from pegboard_jsonpath import Template

Scope = Mapping[str, Any]
Render = Callable[[Scope], Any]
OUTSIDE = re.compile(r'"(?:[^"\\]|\\.)*"|(\{\{.*?\}\})', re.DOTALL)
"""Texts of JSON, which are skipped, and placeholders that stand outside of them."""


@attrs.frozen
class JsonTemplate:
    """A JSON value whose texts are templates: a placeholder that stands alone keeps its value's type.

    `render(scope)` leaves MISSING where a lone placeholder has no value; see `without_missing`.
    """

    templates: tuple[Template, ...]
    render: Render = attrs.field(repr=False)

    @property
    def names(self) -> frozenset[str]:
        return frozenset().union(*(template.names for template in self.templates))

    def missing(self, scope: Scope) -> list[str]:
        """The placeholders without a value. Null is a value."""
        return [
            placeholder.text
            for template in self.templates
            for placeholder in template.placeholders
            if placeholder.value(scope) is MISSING
        ]


def compile_json(value: Any, names: Collection[str] | None = None) -> JsonTemplate:
    """`names` are those that are bound, all if None. Raises PathError."""
    templates: list[Template] = []
    return JsonTemplate(render=_compiled(value, names, templates), templates=tuple(templates))


def _compiled(value: Any, names: Collection[str] | None, found: list[Template]) -> Render:
    if isinstance(value, str) and "{{" in value:
        template = Template.parse(value, names)
        found.append(template)
        return template.render
    if isinstance(value, Mapping):
        members = {key: _compiled(inner, names, found) for key, inner in value.items()}
        return lambda scope: {key: render(scope) for key, render in members.items()}
    if isinstance(value, list | tuple):
        items = [_compiled(inner, names, found) for inner in value]
        return lambda scope: [render(scope) for render in items]
    return lambda scope: value


def read_json(text: str) -> Any:
    """The JSON of a template's text, in which placeholders may stand with quotes around them and without.

    Raises ValueError with line and column.
    """
    try:
        return json.loads(OUTSIDE.sub(_quoted, text), parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise ValueError(f"is no JSON: line {error.lineno}, column {error.colno}: {error.msg}") from None


def _quoted(found: re.Match[str]) -> str:
    return json.dumps(found[1]) if found[1] else found[0]


def _refuse(word: str) -> Any:
    raise ValueError(f"is no JSON: {word} is no number of it")


def without_missing(value: Any, null: bool) -> Any:
    """The value without members and items that are MISSING, or with null in their place."""
    if isinstance(value, dict):
        pairs = ((key, without_missing(inner, null)) for key, inner in value.items())
        return {key: inner for key, inner in pairs if inner is not MISSING}
    if isinstance(value, list):
        return [inner for inner in (without_missing(item, null) for item in value) if inner is not MISSING]
    return None if null and value is MISSING else value


def texts(value: Any, pointer: str = "") -> Iterator[tuple[str, str]]:
    """Each text in a JSON value, with the pointer to it."""
    if isinstance(value, str):
        yield value, pointer
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from texts(inner, f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from texts(inner, f"{pointer}/{index}")
