"""Fields of a record as SQL, meaning the same on both databases.

A value of another JSON type than its field has, left from before the type was changed, is as if it were not there: no
comparison fails on it. Text is compared by code point.
"""

import string
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Numeric, and_, case, cast, collate, exists, func, literal, select, type_coerce
from sqlalchemy.dialects.postgresql import JSONB

from .fields import NUMBERS, TEXTS, Field
from .tables import shards

ORDERED = TEXTS | NUMBERS | {"boolean"}
"""Types of fields whose values can be compared."""

Expression = ColumnElement[Any]

LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def value_of(field: Field, dialect: str) -> Expression:
    """The value of a field whose type is in `ORDERED`, or NULL; booleans are the texts "true" and "false"."""
    return (_postgresql if dialect == "postgresql" else _sqlite)(field)


def bound(field: Field, value: Any, dialect: str) -> Any:
    """A value to compare `value_of` with."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return Decimal(str(value)) if field.type in NUMBERS and dialect == "postgresql" else value


def is_null(field: Field, dialect: str) -> Expression:
    """Whether a field of any type is missing or null."""
    if dialect == "postgresql":
        return func.coalesce(func.jsonb_typeof(_document()[field.name]), "null") == "null"
    return func.coalesce(func.json_type(shards.c.data, _path(field)), "null") == "null"


def has_text(field: Field, part: str, dialect: str) -> Expression:
    """Whether a text has `part` in it, upper and lower case apart."""
    return _finds(value_of(field, dialect), part, dialect)


def has_part(text: Expression, part: str, dialect: str) -> Expression:
    """Whether a text has `part` in it; A is a, and of other alphabets each letter is itself, on both databases."""
    plain = collate(text, "C") if dialect == "postgresql" else text
    return _finds(func.lower(plain), part.translate(LOWER), dialect)


def _finds(text: Expression, part: str, dialect: str) -> Expression:
    find: Callable[..., Any] = func.strpos if dialect == "postgresql" else func.instr
    found: Expression = find(text, part) > 0
    return found


def has_item(field: Field, item: Any, dialect: str) -> Expression:
    """Whether an array has `item`, a text, number or boolean, in it."""
    if dialect == "postgresql":
        return and_(
            func.jsonb_typeof(_document()[field.name]) == "array",
            _document()[field.name].op("@>")(literal([item], JSONB)),
        )
    each = func.json_each(shards.c.data, _path(field)).table_valued("value", "type")
    if isinstance(item, bool):
        same = each.c.type == str(item).lower()
    else:
        same = and_(each.c.value == item, each.c.type.in_(["text"] if isinstance(item, str) else ["integer", "real"]))
    is_array = func.json_type(shards.c.data, _path(field)) == "array"
    return and_(is_array, exists(select(1).select_from(each).where(same)))


def _sqlite(field: Field) -> Expression:
    kind, value = func.json_type(shards.c.data, _path(field)), func.json_extract(shards.c.data, _path(field))
    if field.type in NUMBERS:
        return case((kind.in_(["integer", "real"]), value))
    if field.type == "boolean":
        return case((kind.in_(["true", "false"]), kind))
    return case((kind == "text", value))


def _postgresql(field: Field) -> Expression:
    value = _document()[field.name]
    kind, text = func.jsonb_typeof(value), value.astext
    if field.type in NUMBERS:
        return case((kind == "number", cast(text, Numeric)))
    if field.type == "boolean":
        return case((kind == "boolean", text))
    return case((kind == "string", collate(text, "C")))


def _document() -> Any:
    return type_coerce(shards.c.data, JSONB)


def _path(field: Field) -> str:
    # a name has letters, digits, "_" and "-" only
    return f'$."{field.name}"'
