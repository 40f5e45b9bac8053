"""The order of a list, and cursors: where in that order the next page begins."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import orjson
from sqlalchemy import ColumnElement, Row, Table, and_, false, literal, or_

from .errors import refused_cursor, refused_sort
from .fields import FieldSpec
from .kinds import SORTED
from .values import read_field

KEYS = 5
"""Fields that one order may have."""
LONGEST_CURSOR = 16_000


@attrs.frozen
class Key:
    """One step of an order. Null comes last, whichever the direction."""

    spec: FieldSpec
    descending: bool = False

    def __str__(self) -> str:
        return f"{self.spec.name}:{'desc' if self.descending else 'asc'}"


Order = Sequence[Key]


def parse_order(sort: str, fields: Mapping[str, FieldSpec], tie: FieldSpec) -> Order:
    """``price:desc,name`` with the id as its last step, in the direction of the one before it.

    `fields` are those one may sort by. Raises Problem 422.
    """
    keys: dict[str, Key] = {}
    for part in (one.strip() for one in sort.split(",") if one.strip()):
        name, _, direction = part.partition(":")
        spec = fields.get(name)
        if spec is None or spec.kind not in SORTED or direction not in ("", "asc", "desc") or name in keys:
            raise refused_sort(part, [one.name for one in fields.values() if one.kind in SORTED])
        keys[name] = Key(spec, direction == "desc")
        if len(keys) > KEYS:
            raise refused_sort(part, [f"at most {KEYS} fields"])
    if tie.name in keys:
        return [*keys.values()][: [*keys].index(tie.name) + 1]
    descending = bool(keys) and [*keys.values()][-1].descending
    return [*keys.values(), Key(tie, descending)]


def order_columns(order: Order, table: Table) -> list[ColumnElement[Any]]:
    """For ``ORDER BY``; nothing is said of nulls where there is none, so that an index can be walked backwards."""
    return [_ordered(key, table.c[key.spec.name]) for key in order]


def _ordered(key: Key, column: Any) -> ColumnElement[Any]:
    made = column.desc() if key.descending else column.asc()
    return made.nulls_last() if key.spec.nullable else made  # type: ignore[no-any-return]


def cursor_of(order: Order, row: Row[Any]) -> str:
    """What comes after `row`. It holds values of that row alone, so there is nothing in it to protect."""
    values = [_plain(key.spec, row._mapping[key.spec.name]) for key in order]
    return base64.urlsafe_b64encode(orjson.dumps([_name(order), values])).decode().rstrip("=")


def _plain(spec: FieldSpec, value: Any) -> Any:
    return str(value) if spec.kind in ("decimal", "uuid") and value is not None else value


def _name(order: Order) -> str:
    return ",".join(map(str, order))


def read_cursor(cursor: str, order: Order) -> list[Any]:
    """The values of a row in this order, each of its field's type. Raises Problem 422."""
    try:
        if len(cursor) > LONGEST_CURSOR or not cursor.isascii():
            raise ValueError(cursor)
        name, values = orjson.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))
        if not isinstance(values, list):
            raise ValueError(values)
    except (ValueError, TypeError):
        raise refused_cursor("cannot be read") from None
    if name != _name(order) or len(values) != len(order):
        raise refused_cursor("belongs to another order")
    return [_value(key.spec, value) for key, value in zip(order, values, strict=True)]


def _value(spec: FieldSpec, value: Any) -> Any:
    if value is None and spec.nullable:
        return None
    try:
        read = read_field(spec, value)
    except Exception:
        raise refused_cursor("has a value of another type in it") from None
    if spec.mistake(read):
        raise refused_cursor("has a value in it that no row has")
    return spec.stored(read)


def after(order: Order, values: Sequence[Any], table: Table) -> ColumnElement[bool]:
    """The rows that come later than those values.

    The first step is also said by itself, where it cannot be null: so an index begins there, and not at the top.
    """
    columns = [table.c[key.spec.name] for key in order]
    # bound, all of them: SQLAlchemy takes a bare true for a word of SQL, which nothing is more than
    bound = [
        literal(value, column.type) if value is not None else None
        for value, column in zip(values, columns, strict=True)
    ]
    same = [
        column.is_(None) if value is None else column == value for column, value in zip(columns, bound, strict=True)
    ]
    steps = [and_(*same[:index], _beyond(key, columns[index], bound[index])) for index, key in enumerate(order)]
    first = [] if order[0].spec.nullable else [_from(order[0], columns[0], bound[0])]
    return and_(*first, or_(*steps))


def _beyond(key: Key, column: Any, value: Any) -> ColumnElement[bool]:
    if value is None:
        return false()
    later = column < value if key.descending else column > value
    return or_(later, column.is_(None)) if key.spec.nullable else later


def _from(key: Key, column: Any, value: Any) -> ColumnElement[bool]:
    return column <= value if key.descending else column >= value  # type: ignore[no-any-return]
