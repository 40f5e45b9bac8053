"""Which records a list or an export has: conditions of a query as SQL."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson
from sqlalchemy import ColumnElement, or_

from pegboard import FieldError, Problem
from pegboard.invalid import escape
from pegboard.problems import nearest
from pegboard_store import order_by

from .expressions import ORDERED, bound, has_item, has_part, has_text, is_null, value_of
from .fields import NUMBERS, TEXTS, Field
from .membership import is_among
from .shard_types import ShardType
from .shards import Selection
from .tables import shards

Condition = ColumnElement[bool]

MOST = 1000
"""Values that one "in" may have."""

COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "eq": lambda column, value: column == value,
    "ne": lambda column, value: column.is_distinct_from(value),
    "gt": lambda column, value: column > value,
    "ge": lambda column, value: column >= value,
    "lt": lambda column, value: column < value,
    "le": lambda column, value: column <= value,
}
OPERATORS = (*COMPARISONS, "in", "contains")
COLUMNS = {
    "externalId": shards.c.external_id,
    "createdAt": shards.c.created_at,
    "updatedAt": shards.c.updated_at,
}


def selected(tenant: str, asked: Selection, kind: ShardType | None, dialect: str) -> list[Condition]:
    """The conditions of a query, the tenant's the first. Raises Problem 422 with a JSON pointer to each mistake."""
    made: list[Any] = [shards.c.tenant == tenant]
    if kind is not None:
        made.append(shards.c.type == kind.id)
    if not asked.includeDeleted:
        made.append(shards.c.deleted_at.is_(None))
    if asked.externalId:
        made.append(shards.c.external_id == asked.externalId)
    if asked.updatedSince is not None:
        made.append(shards.c.updated_at >= asked.updatedSince)
    if asked.search:
        made.append(_holding(asked.search, kind, dialect))
    return [*made, *_filtered(asked.filter, kind, dialect)]


def _holding(part: str, kind: ShardType | None, dialect: str) -> Condition:
    """A part of the external id, or of any text that the type declares."""
    texts = [value_of(field, dialect) for field in kind.fields if field.type in TEXTS] if kind else []
    return or_(*(has_part(text, part, dialect) for text in (shards.c.external_id, *texts)))


def _filtered(text: str, kind: ShardType | None, dialect: str) -> Iterator[Condition]:
    if not text:
        return
    if kind is None:
        raise _refused("", "needs a type: only the fields of one can be named")
    try:
        asked = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _refused("", f"is not valid JSON: {error}") from None
    if not isinstance(asked, dict):
        raise _refused("", 'write an object, such as {"status": "active", "age": {"gt": 30}}')
    for name, wanted in asked.items():
        field = kind.field(name)
        if field is None:
            known = [one.name for one in kind.fields]
            raise _refused(f"/{escape(name)}", f'is no field of "{kind.id}"{nearest(name, known)}')
        for operator, value in (wanted if isinstance(wanted, dict) else {"eq": wanted}).items():
            yield _condition(field, operator, value, dialect)


def _condition(field: Field, operator: str, value: Any, dialect: str) -> Condition:
    place = f"/{escape(field.name)}/{escape(operator)}"
    if operator not in OPERATORS:
        raise _refused(place, f"is no operator{nearest(operator, OPERATORS)}")
    if value is None and operator in ("eq", "ne"):
        missing = is_null(field, dialect)
        return missing if operator == "eq" else ~missing
    if operator == "contains":
        return _contains(field, value, place, dialect)
    if field.type not in ORDERED:
        raise _refused(place, f'"{field.name}" is {field.type}: it can be null or not, and an array can contain')
    column = value_of(field, dialect)
    if operator == "in":
        values = [bound(field, _fitting(field, one, place), dialect) for one in _several(value, place)]
        return is_among(column, values, field, dialect)
    made: Condition = COMPARISONS[operator](column, bound(field, _fitting(field, value, place), dialect))
    return made


def _contains(field: Field, value: Any, place: str, dialect: str) -> Condition:
    if field.type == "array":
        if not isinstance(value, str | int | float):
            raise _refused(place, "an item is a text, a number, or true or false")
        return has_item(field, value, dialect)
    if field.type not in TEXTS:
        raise _refused(place, f'"{field.name}" is {field.type}: only texts and arrays contain')
    return has_text(field, _fitting(field, value, place), dialect)


def _several(value: Any, place: str) -> list[Any]:
    if not isinstance(value, list) or not 0 < len(value) <= MOST:
        raise _refused(place, f"write a list of 1 to {MOST} values")
    return value


def _fitting(field: Field, value: Any, place: str) -> Any:
    """The value, if it is of the field's type."""
    if field.type in NUMBERS:
        fits, what = isinstance(value, int | float) and not isinstance(value, bool), "a number"
    elif field.type == "boolean":
        fits, what = isinstance(value, bool), "true or false"
    else:
        fits, what = isinstance(value, str) and "\0" not in value, "a text"
    if not fits:
        raise _refused(place, f'"{field.name}" is {field.type}: compare it with {what}')
    return value


def ordered(sort: str, kind: ShardType | None, dialect: str) -> list[Any]:
    """The order of a list, the newest first where none is asked for. Raises Problem 422 for an unknown one."""
    columns: dict[str, Any] = dict(COLUMNS)
    for field in kind.fields if kind else ():
        if field.type in ORDERED:
            columns[f"data.{field.name}"] = value_of(field, dialect)
    made = []
    for part in (sort or "updatedAt:desc").split(","):
        for column in order_by(part, columns):
            # the databases differ in where they put what is not there
            made.append(column.nulls_last() if part.strip().startswith("data.") else column)
    return [*made, shards.c.id]


def _refused(pointer: str, detail: str) -> Problem:
    errors = [FieldError(detail, f"/filter{pointer}")]
    return Problem(422, "invalid-filter", f"The filter is not valid: filter{pointer}: {detail}", errors=errors)
