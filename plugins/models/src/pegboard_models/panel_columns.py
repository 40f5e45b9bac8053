"""How a field is shown in a list."""

from collections.abc import Mapping
from typing import get_args, get_origin

from pegboard import Column
from pegboard.contracts.panel import Kind

from .fields import FieldSpec

LONG = 500
"""Characters."""

KINDS: Mapping[str, Kind] = {
    "integer": "number",
    "number": "number",
    "decimal": "number",
    "time": "time",
    "date": "time",
    "boolean": "state",
    "choice": "state",
    "json": "code",
}


def column(spec: FieldSpec, panel: str = "") -> Column:
    """A field as a column; `panel` is that of the model that it refers to: ``category_id`` is then a category."""
    digits = spec.rules.scale if spec.kind == "decimal" else None
    name = spec.name.removesuffix("_id") if panel else spec.name.removeprefix("is_")
    title = name.replace("_", " ").capitalize()
    return Column(title, f"/{spec.name}", _kind(spec, panel), spec.sortable, digits, panel)


def is_list(spec: FieldSpec) -> bool:
    """Whether it holds several texts, which stand in one line."""
    return get_origin(spec.type) is list and get_args(spec.type) == (str,)


def is_long(spec: FieldSpec) -> bool:
    """Whether it holds a text that no list has room for."""
    return spec.kind == "text" and (spec.rules.max_length or 0) > LONG


def _kind(spec: FieldSpec, panel: str) -> Kind:
    if is_list(spec):
        return "list"
    return "text" if panel else KINDS.get(spec.kind, "text")
