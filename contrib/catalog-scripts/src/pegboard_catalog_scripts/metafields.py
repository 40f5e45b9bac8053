"""Metafields: their definitions, and a cell's text as a value of a type (Shopify's metafield data types)."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import attrs
import httpx

from .columns import quantity
from .failures import InputError
from .rules import check_keys, read_tables

KEYS = {"column", "namespace", "key", "type", "name", "description", "separator", "required"}
NAME = re.compile(r"[A-Za-z0-9_-]{2,64}")


@attrs.frozen
class Mapped:
    """A column that becomes a metafield."""

    column: str
    namespace: str
    key: str
    type: str
    name: str
    description: str = ""
    separator: str = ","
    required: bool = False

    @property
    def definition(self) -> dict[str, str]:
        """A `MetafieldDefinitionInput` for products."""
        found = {"name": self.name, "namespace": self.namespace, "key": self.key, "type": self.type}
        return {**found, "description": self.description, "ownerType": "PRODUCT"}

    def value(self, text: str) -> str:
        """What Shopify keeps. Raises ValueError with the column and the reason."""
        try:
            if self.type.startswith("list."):
                parts = [part for cell in text.split(self.separator) if (part := cell.strip())]
                return _list(self.type.removeprefix("list."), parts)
            return TYPES[self.type](text)
        except ValueError as error:
            raise ValueError(f"column {self.column!r}: {error}") from None


def read_mapping(path: Path) -> tuple[Mapped, ...]:
    """The ``[[metafield]]`` tables of a TOML file. Raises InputError with the number of the table and the key."""
    tables = read_tables(path, "metafield")
    found = [_mapped(table, f"{path.name}: metafield {number}") for number, table in enumerate(tables, 1)]
    names = [(one.namespace, one.key) for one in found]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"{path.name}: {name[0]}.{name[1]} is there twice")
    return tuple(found)


def _mapped(table: Mapping[str, Any], place: str) -> Mapped:
    check_keys(table, {"column", "key", "type"}, KEYS, place)
    for key in KEYS - {"required"}:
        if key in table and (not isinstance(table[key], str) or not table[key]):
            raise InputError(f"{place}: {key} must be a text")
    if not isinstance(table.get("required", False), bool):
        raise InputError(f"{place}: required must be true or false")
    fields = {"namespace": "custom", "name": table["column"], **table}
    for key in ("namespace", "key"):
        if not NAME.fullmatch(fields[key]):
            raise InputError(f"{place}: {key} {fields[key]!r} must be 2 to 64 letters, digits, hyphens or underscores")
    if fields["type"] not in {*TYPES, *LISTS}:
        raise InputError(f"{place}: type {fields['type']!r} is none of {', '.join((*TYPES, *LISTS))}")
    return Mapped(**fields)


def _list(type: str, parts: Sequence[str]) -> str:
    values = [TYPES[type](part) for part in parts]
    if type.startswith("number_"):  # bare in JSON, and digit for digit as they came
        return f"[{', '.join(values)}]"
    return json.dumps(values, ensure_ascii=False)


def _line(text: str) -> str:
    if "\n" in text or "\r" in text:
        raise ValueError("has several lines; the type multi_line_text_field takes those")
    return text


def _decimal(text: str) -> str:
    if not re.fullmatch(r"-?[0-9]{1,13}([.,][0-9]{1,9})?", text):
        raise ValueError(f"{text!r} is not a number like 12.5")
    return text.replace(",", ".")


def _boolean(text: str) -> str:
    found = {"true": "true", "yes": "true", "1": "true", "false": "false", "no": "false", "0": "false"}
    if text.casefold() not in found:
        raise ValueError(f"{text!r} is neither true nor false")
    return found[text.casefold()]


def _date(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError(f"{text!r} is not a date like 2026-03-31") from None


def _url(text: str) -> str:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in ("http", "https", "mailto", "sms", "tel"):
        raise ValueError(f"{text!r} is not an address like https://example.com/a")
    return text


TYPES: Mapping[str, Callable[[str], str]] = {
    "single_line_text_field": _line,
    "multi_line_text_field": str,
    "number_integer": lambda text: str(quantity(text)),
    "number_decimal": _decimal,
    "boolean": _boolean,
    "date": _date,
    "url": _url,
}
LISTS = tuple(f"list.{name}" for name in TYPES if name not in ("boolean", "multi_line_text_field"))
