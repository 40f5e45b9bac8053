"""A filter as SQL: every value is bound, and a condition is true or false where a column is null, never unknown."""

import operator
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Connection, Table, and_, exists, false, func, literal, not_, or_, select
from sqlalchemy import true as always
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from .filters import Compare, Every, Node, Not, Some, compares

Condition = ColumnElement[bool]

REGEX = "pegboard_models_regex"
ESCAPE = "\\"

ORDER: Mapping[str, Callable[[Any, Any], Any]] = {
    "$eq": operator.eq,
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
}


def condition(node: Node, table: Table, dialect: str) -> Condition:
    """The condition that a tree is for the rows of `table`."""
    match node:
        case Every(parts):
            return and_(always(), *(condition(part, table, dialect) for part in parts))
        case Some(parts):
            return or_(false(), *(condition(part, table, dialect) for part in parts))
        case Not(part):
            # unknown would stay unknown: a row without a price is no row of a price above 10
            return not_(func.coalesce(condition(part, table, dialect), false(), type_=Boolean))
        case Compare():
            return _compare(node, table.c[node.spec.name], dialect)


def _compare(node: Compare, column: Any, dialect: str) -> Condition:
    value = node.value
    match node.operator:
        case "$null":
            found: Condition = column.is_(None) if value else column.is_not(None)
            return found
        case "$ne":
            return column.is_distinct_from(node.spec.stored(value))  # type: ignore[no-any-return]
        case "$in":
            return column.in_([node.spec.stored(one) for one in value])  # type: ignore[no-any-return]
        case "$nin":
            return or_(column.is_(None), column.not_in([node.spec.stored(one) for one in value]))
        case "$like":
            return column.ilike(value, escape=ESCAPE)  # type: ignore[no-any-return]
        case "$regex":
            return _regex(column, value, dialect)
        case "$contains":
            return _contains(column, value, node.spec.kind, dialect)
        case order:
            return ORDER[order](column, node.spec.stored(value))  # type: ignore[no-any-return]


def _regex(column: Any, pattern: str, dialect: str) -> Condition:
    if dialect == "postgresql":
        return column.op("~", is_comparison=True)(pattern)  # type: ignore[no-any-return]
    found: Condition = getattr(func, REGEX)(pattern, column, type_=Boolean) == 1
    return found


def _contains(column: Any, value: Any, kind: str, dialect: str) -> Condition:
    if kind != "json":
        find: Callable[..., Any] = func.strpos if dialect == "postgresql" else func.instr
        found: Condition = find(column, value) > 0
        return found
    if dialect == "postgresql":
        return and_(
            func.coalesce(func.jsonb_typeof(column), "null") == "array",
            column.op("@>", is_comparison=True)(literal([value], JSONB)),
        )
    each = func.json_each(column).table_valued("value", "type")
    if isinstance(value, bool):
        same = each.c.type == str(value).lower()
    else:
        same = and_(each.c.value == value, each.c.type.in_(["text"] if isinstance(value, str) else ["integer", "real"]))
    return and_(func.json_type(column) == "array", exists(select(1).select_from(each).where(same)))


async def prepare(session: AsyncSession, node: Node, dialect: str) -> None:
    """Give SQLite's connection the function that ``$regex`` needs, where a filter has one."""
    if dialect == "sqlite" and any(one.operator == "$regex" for one in compares(node)):
        await (await session.connection()).run_sync(_add_regex)


def _add_regex(connection: Connection) -> None:
    if REGEX not in connection.info:
        connection.connection.dbapi_connection.create_function(REGEX, 2, _search, deterministic=True)  # type: ignore[union-attr]
        connection.info[REGEX] = True


def _search(pattern: str, value: str | None) -> bool | None:
    return None if value is None else _compiled(pattern).search(value) is not None


@lru_cache(100)
def _compiled(pattern: str) -> Any:
    """By RE2, which takes a time that grows with the text alone; `re` would go back and try again."""
    import re2  # type: ignore[import-untyped]

    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options)
