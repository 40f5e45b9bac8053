"""Lists by page, with a total, in an order that the caller may choose from an allow-list."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import attrs
from attrs.validators import and_, ge, le, max_len
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import Problem

T = TypeVar("T")

Columns = Mapping[str, Any]


@attrs.frozen
class PageQuery:
    """The query of a list: ``?page=2&per_page=50&sort=name:asc,created_at:desc``."""

    page: int = attrs.field(default=1, validator=and_(ge(1), le(1_000_000)))
    per_page: int = attrs.field(default=20, validator=and_(ge(1), le(100)))
    sort: str = attrs.field(default="", validator=max_len(200))


@attrs.frozen
class Pagination:
    page: int
    per_page: int
    total_items: int
    total_pages: int
    has_next: bool
    has_previous: bool


@attrs.frozen
class Page(Generic[T]):
    """One page of a list, as it goes over the wire."""

    data: Sequence[T]
    pagination: Pagination


async def paginate(
    session: AsyncSession,
    statement: Select[Any],
    query: PageQuery,
    *,
    columns: Columns,
    default: str,
    unique: Any,
    make: Callable[[Any], T],
) -> Page[T]:
    """Run `statement` for one page; `make` turns each entity, or row of several columns, into an item.

    `columns` are those one may sort by, by their names on the wire; `default` is the order where none is asked for;
    `unique` is a column that settles ties, so that no item is on two pages. Raises `Problem` 422 for an unknown sort.
    """
    total = await session.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0
    order = [*order_by(query.sort or default, columns), unique]
    rows = await session.execute(statement.order_by(*order).limit(query.per_page).offset(_offset(query)))
    found = rows.scalars() if len(rows.keys()) == 1 else rows
    return Page([make(row) for row in found], _pagination(query, total))


def order_by(sort: str, columns: Columns) -> list[ColumnElement[Any]]:
    """``name:asc,created_at:desc`` as SQL. Raises `Problem` 422 for any other column or direction."""
    return [_ordered(part.strip(), columns) for part in sort.split(",") if part.strip()]


def _ordered(part: str, columns: Columns) -> ColumnElement[Any]:
    name, _, direction = part.partition(":")
    if name not in columns or direction not in ("", "asc", "desc"):
        allowed = f"sort by {', '.join(sorted(columns))}, each with :asc or :desc"
        raise Problem(
            422, "unknown-sort", errors=[{"detail": f"{part!r} is not possible: {allowed}", "pointer": "/sort"}]
        )
    ordered: ColumnElement[Any] = columns[name].desc() if direction == "desc" else columns[name].asc()
    return ordered


def _offset(query: PageQuery) -> int:
    return (query.page - 1) * query.per_page


def _pagination(query: PageQuery, total: int) -> Pagination:
    pages = -(-total // query.per_page)
    return Pagination(query.page, query.per_page, total, pages, query.page < pages, query.page > 1)
