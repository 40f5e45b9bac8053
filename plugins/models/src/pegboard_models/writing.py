"""Changing rows, within one transaction: what is read for a change is locked, checked, written and recorded."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar
from uuid import uuid4

import attrs
from sqlalchemy import bindparam, delete, insert, select, update
from starlette.requests import HTTPConnection

from pegboard import AuditEvent, Problem, Services, record_event

from .catalog import Entry
from .declaring import Model
from .errors import changed, no_row
from .reading import AT_ONCE, Deleted, Reader
from .references import check_references
from .values import Id, Saved, Values, changed_fields, complete, key_of, patched, recorded, stored, values_of
from .violations import explained, is_violation

T = TypeVar("T")

Match = int | frozenset[int] | None
"""The version, or one of the versions, that a row must have; None where any will do."""
Action = Literal["create", "update", "delete", "restore", "purge"]


class Writer(Reader):
    """Changes of single rows; `bulk.Transaction` adds those of many."""

    def __init__(self, services: Services, request: HTTPConnection | None, *reader: Any) -> None:
        super().__init__(*reader)
        self._services = services
        self._request = request
        self._held: dict[tuple[str, Id], bool] = {}  # whether a row that nobody else can change is there, or deleted

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """An error that leaves the block undoes what the block did, and no more."""
        held = dict(self._held)
        try:
            async with self.session.begin_nested():
                yield
        except BaseException:
            self._held = held  # what was locked or made since then is not any more
            raise

    def holds(self, entry: Entry) -> set[Id]:
        """The ids of those rows of a model that this transaction has made or locked, and not deleted."""
        return {row_id for (name, row_id), there in self._held.items() if there and name == entry.model.name}

    async def lock(self, kind: type[T], ids: Iterable[Id], *, deleted: Deleted = "exclude") -> dict[Any, Saved[T]]:
        """Those rows that are there, by their ids; nobody else changes them until this transaction ends.

        They are locked in the order of their ids, so that two who want the same rows never wait for each other.
        """
        entry = self._catalog.of(kind)
        found = {row.id: entry.read(row) for row in await self._rows(entry, ids, deleted, lock=True)}
        self._held |= {(entry.model.name, row.id): row.deleted_at is None for row in found.values()}
        return found

    async def create(self, kind: type[T], given: T | Values) -> Saved[T]:
        """Make a row. Raises Problem 422 for what its model refuses, 409 where a unique value is taken."""
        entry = self._catalog.of(kind)
        [made] = await self._insert(entry, [complete(entry.model, self._owned(entry.model, given))])
        return made

    async def create_all(self, kind: type[T], items: Iterable[T | Values]) -> Sequence[Saved[T]]:
        """Make rows in one statement, in the order of the items. Raises as `create` does, for the first mistake."""
        entry = self._catalog.of(kind)
        rows = [complete(entry.model, self._owned(entry.model, item)) for item in items]
        return await self._insert(entry, rows) if rows else []

    async def update(self, kind: type[T], row_id: Id, changes: Values, *, match: Match = None) -> Saved[T]:
        """Change some fields. One that changes nothing writes nothing.

        `match` is the version that the caller has read. Raises Problem 404, 409, 412, 422.
        """
        entry = self._catalog.of(kind)
        return await self._change(entry, await self._one(entry, row_id, match), changes)

    async def update_held(self, kind: type[T], changes: Iterable[tuple[Saved[T], Values]]) -> Sequence[Saved[T]]:
        """Change rows, each once, that `lock` or `create` gave in this transaction: they are not read again.

        Raises Problem 409, 422, and LookupError for a row that is not held.
        """
        entry, pairs = self._catalog.of(kind), list(changes)
        strangers = [row.id for row, _ in pairs if (entry.model.name, row.id) not in self._held]
        if strangers:
            raise LookupError(f"lock them first: {entry.model.noun} {strangers}")
        made = [(row, await self._changed(entry, row, values)) for row, values in pairs]
        written = [(before, after) for before, after in made if after is not before]
        if written:
            await self._write(entry, "update", written)
        return [after for _, after in made]

    async def delete(self, kind: type, row_id: Id, *, match: Match = None, purge: bool = False) -> None:
        """Mark a row of a soft-delete model as deleted, or take it out: all others, and where `purge` says so.

        Raises Problem 404, 412, and 409 where other rows refer to one that is taken out.
        """
        entry = self._catalog.of(kind)
        row = await self._one(entry, row_id, match, "include" if purge else "exclude")
        await (self._take_out if purge or not entry.model.soft_delete else self._mark)(entry, [row])

    async def restore(self, kind: type[T], row_id: Id, *, match: Match = None) -> Saved[T]:
        """A row that is marked as deleted is there again. Raises Problem 404, 412, and 409 where a unique value is
        taken by now."""
        entry = self._catalog.of(kind)
        before: Saved[T] = await self._one(entry, row_id, match, "only")
        after = _next(before, deleted_at=None)
        await self._write(entry, "restore", [(before, after)])
        return after

    async def upsert(self, kind: type[T], given: T | Values) -> tuple[Saved[T], bool]:
        """Make a row, or change that with the same values of the model's `key`; whether it was made is told too.

        Of a mapping, fields that are not given keep their values. Raises Problem 409, 422.
        """
        entry = self._catalog.of(kind)
        values = values_of(entry.model, given) if isinstance(given, entry.model.type) else dict(given)  # type: ignore[arg-type]
        return await self._put(entry, values)

    async def _put(self, entry: Entry, values: Values) -> tuple[Saved[Any], bool]:
        key = key_of(entry.model, values)
        found = await self._find(entry, key)
        if found is None:
            try:
                async with self.savepoint():
                    owned = self._owned(entry.model, values)
                    [made] = await self._insert(entry, [complete(entry.model, owned)])
                    return made, True
            except Problem as problem:  # somebody made it since it was looked for; or another key is taken
                found = await self._find(entry, key) if is_violation(problem) else None
                if found is None:
                    raise
        return await self._change(entry, found, values), False

    async def _find(self, entry: Entry, key: Mapping[str, Any]) -> Saved[Any] | None:
        same = [entry.table.c[name] == value for name, value in stored(entry.model, key).items()]
        statement = select(entry.table).where(*same, *self.conditions(entry))
        row = (await self.session.execute(statement.with_for_update(key_share=True))).one_or_none()
        return None if row is None else entry.read(row)

    def _owned(self, model: Model, given: Any) -> Any:
        """Rows that are made belong to whoever makes them, unless all owners are theirs to choose."""
        if not model.owner:
            return given
        own = {model.owner: self.principal.id}
        if isinstance(given, model.type):
            return given if self._everyone else attrs.evolve(given, **own)
        return own | dict(given) if self._everyone else dict(given) | own

    async def _one(self, entry: Entry, row_id: Id, match: Match, deleted: Deleted = "exclude") -> Saved[Any]:
        rows = await self._rows(entry, [row_id], deleted, lock=True)
        if not rows:
            raise no_row(entry.model.noun, row_id)
        return check_match(entry, entry.read(rows[0]), match)

    async def _insert(self, entry: Entry, rows: Sequence[Values]) -> Sequence[Saved[Any]]:
        await check_references(self, entry, rows)
        now = datetime.now(UTC)
        fixed = {"version": 1, "created_at": now, "updated_at": now}
        fixed |= {"tenant": self.principal.tenant} if entry.model.tenant else {}
        full: list[dict[str, Any]] = [fixed | stored(entry.model, row) for row in rows]
        if entry.model.id == "uuid":
            full = [{"id": uuid4()} | row for row in full]
        statement = insert(entry.table).returning(entry.table.c.id, sort_by_parameter_order=True)
        with explained(entry):
            ids = (await self.session.scalars(statement, full)).all()
        made = [entry.make(row | {"id": row_id}) for row, row_id in zip(full, ids, strict=True)]
        self._held |= {(entry.model.name, one.id): True for one in made}
        for one in made:
            await self._record(entry, "create", None, one)
        return made

    async def _change(self, entry: Entry, before: Saved[Any], changes: Values) -> Saved[Any]:
        after = await self._changed(entry, before, changes)
        if after is not before:
            await self._write(entry, "update", [(before, after)])
        return after

    async def _changed(self, entry: Entry, before: Saved[Any], changes: Values) -> Saved[Any]:
        """The row as it will be; itself where nothing changes."""
        if entry.model.owner and not self._everyone:
            changes = {name: value for name, value in changes.items() if name != entry.model.owner}
        old = values_of(entry.model, before.data)
        new = patched(entry.model, old, changes)
        differing = changed_fields(old, new)
        if not differing:
            return before
        await check_references(self, entry, [differing])
        return _next(before, data=entry.make(_columns(before) | new).data)

    async def _write(self, entry: Entry, action: Action, rows: Sequence[tuple[Saved[Any], Saved[Any]]]) -> None:
        """Rows that are locked, as they were and as they are to be: one statement, sent for each."""
        names = _written(entry.model, rows)
        statement = update(entry.table).where(entry.table.c.id == bindparam("_id"))
        columns = [_columns(after) | stored(entry.model, values_of(entry.model, after.data)) for _, after in rows]
        with explained(entry):
            await self.session.execute(
                statement.values({name: bindparam(name) for name in names}),
                [{name: row[name] for name in names} | {"_id": row["id"]} for row in columns],
            )
        for before, after in rows:
            await self._record(entry, action, before, after)

    async def _mark(self, entry: Entry, rows: Sequence[Saved[Any]]) -> None:
        self._release(entry, rows)
        now = datetime.now(UTC)
        await self._write(entry, "delete", [(row, _next(row, deleted_at=now)) for row in rows])

    def _release(self, entry: Entry, rows: Sequence[Saved[Any]]) -> None:
        self._held |= {(entry.model.name, row.id): False for row in rows}

    async def _take_out(self, entry: Entry, rows: Sequence[Saved[Any]]) -> None:
        self._release(entry, rows)
        with explained(entry, rows[0].id):
            for start in range(0, len(rows), AT_ONCE):
                ids = [row.id for row in rows[start : start + AT_ONCE]]
                await self.session.execute(delete(entry.table).where(entry.table.c.id.in_(ids)))
        for row in rows:
            await self._record(entry, "purge" if entry.model.soft_delete else "delete", row, None)

    async def _record(self, entry: Entry, action: Action, before: Saved[Any] | None, after: Saved[Any] | None) -> None:
        if not entry.model.audit:
            return
        row = after or before
        assert row is not None
        name, old, new = f"{entry.model.name}.{action}", recorded(entry.model, before), recorded(entry.model, after)
        event = AuditEvent(name, kind=entry.model.name, id=str(row.id), before=old, after=new)
        await record_event(
            self._services, event, principal=self.principal, request=self._request, transaction=self.session
        )


def check_match(entry: Entry, row: Saved[Any], match: Match) -> Saved[Any]:
    """The row itself. Raises Problem 412 where it has another version than the caller has read."""
    wanted = frozenset((match,)) if isinstance(match, int) else match
    if wanted is not None and row.version not in wanted:
        raise changed(entry.model.noun, row.version)
    return row


def _next(row: Saved[Any], **changes: Any) -> Saved[Any]:
    return attrs.evolve(row, version=row.version + 1, updated_at=datetime.now(UTC), **changes)


def _written(model: Model, rows: Sequence[tuple[Saved[Any], Saved[Any]]]) -> list[str]:
    """The columns that some of the rows change."""
    own = [name for name in model.fields if any(_differ(one.data, other.data, name) for one, other in rows)]
    return ["version", "updated_at", *(["deleted_at"] if model.soft_delete else []), *own]


def _differ(one: Any, other: Any, name: str) -> bool:
    before, after = getattr(one, name), getattr(other, name)
    return before is not after and (before != after or type(before) is not type(after))


def _columns(row: Saved[Any]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("id", "version", "created_at", "updated_at", "deleted_at", "tenant")}
