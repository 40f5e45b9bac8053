"""Reading rows: one, several, lists, counts. Whoever reads sees the rows of their tenant and their own, no other."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, Generic, Literal, TypeVar

import attrs
from sqlalchemy import ColumnElement, Row, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import Principal, Problem

from .catalog import Catalog, Entry
from .conditions import ESCAPE, condition, prepare
from .errors import no_row
from .filters import Every, parse_filter
from .kinds import text_mistake, unstorable
from .ordering import after, cursor_of, order_columns, parse_order, read_cursor
from .patterns import like_escaped
from .values import Id, Saved

T = TypeVar("T")

Deleted = Literal["exclude", "include", "only"]
LARGEST_SKIP = 100_000
AT_ONCE = 1000
"""Ids of one statement: databases bound how many values it has."""
LONGEST_SEARCH = 200


@attrs.frozen
class Query:
    """Which rows a list has, and in which order.

    `filter` is as `parse_filter` reads it, `search` a text that one of the searchable fields has in it (ASCII letters
    of either case), `sort` as ``price:desc,name``. A page begins after `skip` rows, or at a `cursor`, the `next` of the
    page before. `total` counts all rows, which takes time in proportion to them.
    """

    filter: Mapping[str, Any] = attrs.field(factory=dict)
    search: str = ""
    sort: str = ""
    limit: int = 50
    skip: int = 0
    cursor: str = ""
    deleted: Deleted = "exclude"
    total: bool = False


@attrs.frozen
class Listing(Generic[T]):
    """A page. `next` is the cursor of the page that follows, or empty; `total` is None unless it was asked for."""

    items: Sequence[Saved[T]]
    next: str = ""
    total: int | None = None


class Reader:
    """Rows as `principal` may see them: those of their tenant and, of a model with owners, their own.

    `everyone` shows those of all owners. `public` asks as a caller over HTTP does: by readable fields alone.
    """

    def __init__(
        self, catalog: Catalog, session: AsyncSession, principal: Principal, everyone: bool, public: bool
    ) -> None:
        self.session = session
        self.principal = principal
        self._catalog = catalog
        self._everyone = everyone
        self._public = public

    async def read(self, kind: type[T], row_id: Id, *, deleted: Deleted = "exclude") -> Saved[T]:
        """One row. Raises Problem 404; so does one of another tenant or owner."""
        found = await self.read_many(kind, [row_id], deleted=deleted)
        if not found:
            raise no_row(self._catalog.of(kind).model.noun, row_id)
        return found[row_id]

    async def read_many(self, kind: type[T], ids: Iterable[Id], *, deleted: Deleted = "exclude") -> dict[Any, Saved[T]]:
        """Those rows that are there, by their ids."""
        entry = self._catalog.of(kind)
        return {row.id: entry.read(row) for row in await self._rows(entry, ids, deleted)}

    async def find(self, kind: type[T], filter: Mapping[str, Any], *, deleted: Deleted = "exclude") -> Saved[T] | None:
        """The first row, by id, that a filter selects. Raises Problem 422."""
        found = await self.list(kind, Query(filter, limit=1, deleted=deleted))
        return found.items[0] if found.items else None

    async def list(self, kind: type[T], query: Query = Query()) -> Listing[T]:
        """A page of a list. Raises Problem 422 for filter, sort, search, cursor."""
        entry = self._catalog.of(kind)
        node = self._parse(entry, query.filter)
        where = self._where(entry, query, node)
        order = parse_order(query.sort, self._sortable(entry), entry.model.system["id"])
        _check_page(query)
        statement = select(entry.table).where(*where).order_by(*order_columns(order, entry.table))
        if query.cursor:
            statement = statement.where(after(order, read_cursor(query.cursor, order), entry.table))
        await prepare(self.session, node, self._catalog.dialect)
        rows = (await self.session.execute(statement.limit(query.limit + 1).offset(query.skip or None))).all()
        total = await self._count(entry, where) if query.total else None
        more = cursor_of(order, rows[query.limit - 1]) if len(rows) > query.limit else ""
        return Listing([entry.read(row) for row in rows[: query.limit]], more, total)

    async def count(
        self, kind: type, filter: Mapping[str, Any] | None = None, *, search: str = "", deleted: Deleted = "exclude"
    ) -> int:
        """How many rows a list would have in all. Raises Problem 422."""
        entry = self._catalog.of(kind)
        node = self._parse(entry, filter or {})
        await prepare(self.session, node, self._catalog.dialect)
        return await self._count(entry, self._where(entry, Query(search=search, deleted=deleted), node))

    async def walk(self, kind: type[T], query: Query = Query(), step: int = 1000) -> AsyncIterator[Sequence[Saved[T]]]:
        """All rows that `query` selects, in parts of `step`, in the order of their ids: a row is there once at most."""
        page = attrs.evolve(query, sort="", limit=step, skip=0, cursor="", total=False)
        while True:
            found = await self.list(kind, page)
            if found.items:
                yield found.items
            if not found.next:
                return
            page = attrs.evolve(page, cursor=found.next)

    async def _rows(
        self, entry: Entry, ids: Iterable[Id], deleted: Deleted = "exclude", lock: bool = False
    ) -> Sequence[Row[Any]]:
        """In the order of the ids, which is also the order of locks: so nobody waits in a circle."""
        wanted, found = sorted({one for one in ids if _is_id(entry, one)}), []
        for start in range(0, len(wanted), AT_ONCE):
            statement = self._selected(entry, wanted[start : start + AT_ONCE], deleted, lock)
            found += (await self.session.execute(statement)).all()
        return found

    def _selected(self, entry: Entry, ids: Sequence[Id], deleted: Deleted, lock: bool) -> Select[Any]:
        column = entry.table.c.id
        same = column == ids[0] if len(ids) == 1 else column.in_(ids)
        statement: Select[Any] = select(entry.table).where(same, *self.conditions(entry, deleted))
        # a key share lock of a row that refers to this one need not wait for it
        return statement.order_by(column).with_for_update(key_share=True) if lock else statement

    def entry(self, name: str) -> Entry:
        """A model by its name. Raises LookupError."""
        return self._catalog.named(name)

    def conditions(self, entry: Entry, deleted: Deleted = "exclude") -> Sequence[ColumnElement[bool]]:
        """What is true of every row that this principal may see."""
        return [*self._seen(entry), *_alive(entry, deleted)]

    def _seen(self, entry: Entry) -> Sequence[ColumnElement[bool]]:
        made: list[ColumnElement[bool]] = []
        if entry.model.tenant:
            made.append(entry.table.c.tenant == self.principal.tenant)
        if entry.model.owner and not self._everyone:
            made.append(entry.table.c[entry.model.owner] == self.principal.id)
        return made

    def _parse(self, entry: Entry, asked: Mapping[str, Any]) -> Every:
        fields = entry.model.columns
        if self._public:
            fields = {name: spec for name, spec in fields.items() if spec.filterable}
        return parse_filter(asked, fields)

    def _sortable(self, entry: Entry) -> Mapping[str, Any]:
        fields = entry.model.columns
        return {name: spec for name, spec in fields.items() if spec.sortable or not self._public}

    def _where(self, entry: Entry, query: Query, node: Every) -> Sequence[ColumnElement[bool]]:
        made = [*self.conditions(entry, query.deleted)]
        if node.parts:
            made.append(condition(node, entry.table, self._catalog.dialect))
        if query.search:
            made.append(_searched(entry, query.search, self._public))
        return made

    async def _count(self, entry: Entry, where: Sequence[ColumnElement[bool]]) -> int:
        statement = select(func.count()).select_from(entry.table).where(*where)
        return await self.session.scalar(statement) or 0


def _is_id(entry: Entry, value: Any) -> bool:
    """A number that no row can have is no mistake: there is no such row."""
    return isinstance(value, entry.model.id_type) and unstorable(entry.model.id, value) is None


def _alive(entry: Entry, deleted: Deleted) -> Sequence[ColumnElement[bool]]:
    if not entry.model.soft_delete or deleted == "include":
        return []
    column = entry.table.c.deleted_at
    return [column.is_(None) if deleted == "exclude" else column.is_not(None)]


def _searched(entry: Entry, text: str, public: bool) -> ColumnElement[bool]:
    fields = [
        spec.name for spec in entry.model.fields.values() if spec.rules.searchable and (spec.readable or not public)
    ]
    mistake = text_mistake(text) or (
        f"has more than {LONGEST_SEARCH} characters" if len(text) > LONGEST_SEARCH else None
    )
    if not fields:
        mistake = f"is not possible: a {entry.model.noun} has no searchable field"
    if mistake:
        raise _invalid("search", mistake)
    pattern = f"%{like_escaped(text)}%"
    return or_(*(entry.table.c[name].ilike(pattern, escape=ESCAPE) for name in fields))


def _check_page(query: Query) -> None:
    if query.cursor and query.skip:
        raise _invalid("skip", "cannot be used with a cursor: take one of them")
    if not 0 <= query.skip <= LARGEST_SKIP:
        raise _invalid("skip", f"is between 0 and {LARGEST_SKIP}: walk on by cursor instead")
    if query.limit < 1:
        raise _invalid("limit", "is at least 1")


def _invalid(name: str, detail: str) -> Problem:
    errors = [{"detail": detail, "pointer": f"/{name}"}]
    return Problem(422, "invalid-input", f"The query is not valid: {name} {detail}", errors=errors)
