"""What a field may hold: its type in Python, its column, and which values a database can keep."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import EnumType
from math import isfinite
from typing import Any, Literal, get_args, get_origin
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Date, Double, Uuid
from sqlalchemy.types import TypeEngine

from pegboard.json import converter
from pegboard_store import Json, UtcDateTime

from .columns import Exact, PlainText

Kind = Literal["text", "choice", "integer", "number", "decimal", "boolean", "time", "date", "uuid", "json"]

TYPES: Mapping[Any, Kind] = {
    str: "text",
    int: "integer",
    float: "number",
    Decimal: "decimal",
    bool: "boolean",
    datetime: "time",
    date: "date",
    UUID: "uuid",
    dict: "json",
    list: "json",
    Any: "json",
}
ORDERED = frozenset({"text", "choice", "integer", "number", "decimal", "time", "date", "uuid"})
"""Kinds whose values are compared."""
SORTED = ORDERED | {"boolean"}
"""Kinds that lists are sorted by: false comes before true."""
SMALLEST, LARGEST = -(2**63), 2**63 - 1
DEEPEST = 32
"""Levels of a JSON value."""
ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
UUID_TEXT = re.compile(r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


def kind_of(annotation: Any) -> Kind:
    """Raises TypeError for a type that has no column."""
    origin = get_origin(annotation) or annotation
    if origin is Literal or isinstance(annotation, EnumType):
        return _choice(annotation)
    if origin in TYPES:
        return TYPES[origin]
    raise TypeError(f"{annotation!r} has no column: use {', '.join(getattr(t, '__name__', str(t)) for t in TYPES)}")


def _choice(annotation: Any) -> Kind:
    members: Any = annotation
    values = [member.value for member in members] if isinstance(annotation, EnumType) else get_args(annotation)
    if not all(isinstance(value, str) for value in values):
        raise TypeError(f"{annotation!r}: the values of a choice are texts")
    return "choice"


def column_type(kind: Kind, length: int | None, precision: int, scale: int) -> TypeEngine[Any]:
    """The column of a kind; `length` is for texts, `precision` and `scale` are for decimals."""
    if kind == "text":
        return PlainText(length)
    if kind == "decimal":
        return Exact(precision, scale)
    return _COLUMNS[kind]()


_COLUMNS: Mapping[str, Callable[[], TypeEngine[Any]]] = {
    "choice": PlainText,
    "integer": BigInteger,
    "number": Double,
    "boolean": Boolean,
    "time": UtcDateTime,
    "date": Date,
    "uuid": Uuid,
    "json": lambda: Json,
}


def read_value(annotation: Any, kind: Kind, value: Any) -> Any:
    """A value from JSON, or one from Python that has its type already. Raises ValueError or what cattrs raises."""
    if kind == "json":
        return value if annotation is Any else converter.structure(value, annotation)
    if kind == "date":
        return _date(value)
    if kind == "uuid":
        return _uuid(value)
    if kind == "choice" and isinstance(annotation, EnumType) and isinstance(value, annotation):
        return value
    if kind == "decimal" and isinstance(value, Decimal):
        return value
    try:
        return converter.structure(value, annotation)
    except OverflowError:
        raise ValueError("is outside of the years that there are") from None


def _date(value: Any) -> date:
    if type(value) is date:
        return value
    if not isinstance(value, str) or not ISO_DATE.fullmatch(value):
        raise ValueError("expected a date such as 2026-01-31")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("expected a date that exists") from None


def _uuid(value: Any) -> UUID:
    if isinstance(value, UUID):
        return value
    if not isinstance(value, str) or not UUID_TEXT.fullmatch(value):
        raise ValueError("expected a UUID such as 123e4567-e89b-12d3-a456-426614174000")
    return UUID(value)


def stored_form(kind: Kind, value: Any) -> Any:
    """A value as its column takes it: an enumeration's member is its value."""
    return value if value is None or kind != "choice" else getattr(value, "value", value)


def unstorable(kind: Kind, value: Any, precision: int = 0, scale: int = 0) -> str | None:
    """Why a value that is not None cannot be kept exactly as it is, or None where it can."""
    match kind:
        case "text" | "choice":
            return text_mistake(getattr(value, "value", value))
        case "integer":
            return None if type(value) is int and SMALLEST <= value <= LARGEST else "is no integer of 64 bits"
        case "number":
            return None if isinstance(value, int | float) and isfinite(value) else "is no finite number"
        case "decimal":
            return _digits_mistake(value, precision, scale)
        case "time":
            aware = isinstance(value, datetime) and value.tzinfo is not None
            return None if aware else "is no time with a time zone"
        case "json":
            return json_mistake(value)
        case _:
            return None if isinstance(value, _PYTHON[kind]) else f"is no {kind}"


_PYTHON: Mapping[str, type] = {"boolean": bool, "date": date, "uuid": UUID}


def text_mistake(value: Any) -> str | None:
    """Why no database keeps a text."""
    if not isinstance(value, str):
        return "is no text"
    if "\0" in value:
        return "has a NUL in it, which no database keeps: take it out"
    try:
        value.encode()
    except UnicodeEncodeError:
        return "has half of a surrogate pair in it: take it out"
    return None


def _digits_mistake(value: Any, precision: int, scale: int) -> str | None:
    if not isinstance(value, Decimal) or not value.is_finite():
        return "is no finite decimal"
    _, digits, exponent = value.normalize().as_tuple()
    assert isinstance(exponent, int)  # it is finite
    if -exponent > scale:
        return f"has more than {scale} decimals"
    if len(digits) + exponent > precision - scale:
        return f"has more than {precision - scale} digits before the point"
    return None


def json_mistake(value: Any, depth: int = 0) -> str | None:
    """Why a value has no JSON form that both databases keep."""
    if depth > DEEPEST:
        return f"is nested deeper than {DEEPEST} levels"
    match value:
        case None | bool():
            return None
        case str():
            return text_mistake(value)
        case int():
            return None if SMALLEST <= value <= LARGEST else "has an integer of more than 64 bits in it"
        case float():
            return None if isfinite(value) else "has a number in it that is not finite"
        case list() | tuple():
            return next(filter(None, (json_mistake(item, depth + 1) for item in value)), None)
        case dict():
            return next(filter(None, (_member_mistake(*item, depth) for item in value.items())), None)
        case _:
            return f"has a {type(value).__name__} in it, which JSON does not have"


def _member_mistake(key: Any, value: Any, depth: int) -> str | None:
    return text_mistake(key) or json_mistake(value, depth + 1)
