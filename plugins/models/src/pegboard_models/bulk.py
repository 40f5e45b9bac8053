"""Many rows in one call, each with a result of its own: one that is refused stops no other, unless all must count."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import select, tuple_

from pegboard import Problem

from .catalog import Entry
from .errors import no_row
from .reading import AT_ONCE
from .results import BulkResult, Change, Planned, settled
from .values import Id, Saved, Values, complete, key_of, patched, stored, values_of
from .writing import Writer, check_match

T = TypeVar("T")

Check = Callable[[Any], Any]
"""Asked for what is given of each item, and answers with it; what it raises is the result of that item."""


Plan = Callable[[Any], Awaitable[Planned]]
"""What one item asks for, with nothing written yet. Raises Problem."""


def _as_it_is(given: Any) -> Any:
    return given


class Transaction(Writer):
    """Changes of rows that are kept together, or not at all.

    An error that leaves the block of `Models.begin` undoes all of it. After one that was caught PostgreSQL takes no
    more statements, unless a `savepoint` was around what failed. Where many are changed, `atomic` raises Problem 422
    ``bulk-refused`` if any item is refused.
    """

    async def create_many(
        self, kind: type[T], items: Sequence[T | Values], *, atomic: bool = False, check: Check = _as_it_is
    ) -> BulkResult:
        """Make rows."""
        entry = self._catalog.of(kind)

        async def plan(item: T | Values) -> Planned:
            return Planned("created", values=complete(entry.model, self._owned(entry.model, check(item))))

        async def one(item: T | Values) -> Planned:
            return Planned("created", await self.create(kind, check(item)))

        return await self._all(entry, items, plan, one, atomic)

    async def update_many(
        self, kind: type, items: Sequence[Change], *, atomic: bool = False, check: Check = _as_it_is
    ) -> BulkResult:
        """Change rows; all of them are locked at the start."""
        entry, current = self._catalog.of(kind), dict(await self.lock(kind, [item.id for item in items]))

        async def plan(item: Change) -> Planned:
            before = check_match(entry, _known(entry, current, item.id), item.match)
            after = current[item.id] = await self._changed(entry, before, check(item.values))
            return Planned("unchanged" if after is before else "updated", after, before)

        async def one(item: Change) -> Planned:
            before: Saved[Any] = await self._one(entry, item.id, item.match)
            after = await self._change(entry, before, check(item.values))
            return Planned("unchanged" if after is before else "updated", after)

        return await self._all(entry, items, plan, one, atomic)

    async def delete_many(self, kind: type, ids: Sequence[Id], *, atomic: bool = False) -> BulkResult:
        """Delete rows, each as `delete` does."""
        entry, current = self._catalog.of(kind), dict(await self.lock(kind, ids))

        async def plan(row_id: Id) -> Planned:
            before = _known(entry, current, row_id)
            del current[row_id]
            return Planned("deleted", before, before)

        async def one(row_id: Id) -> Planned:
            before: Saved[Any] = await self._one(entry, row_id, None)
            await (self._mark if entry.model.soft_delete else self._take_out)(entry, [before])
            return Planned("deleted", before)

        return await self._all(entry, ids, plan, one, atomic)

    async def upsert_many(
        self, kind: type[T], items: Sequence[T | Values], *, atomic: bool = False, check: Check = _as_it_is
    ) -> BulkResult:
        """Make or change rows by their model's `key`; of those with the same key the later comes on top.

        Rows that are there are locked at the start, in the order of their ids.
        """
        entry = self._catalog.of(kind)
        there = await self._there(entry, [_key(entry, check, item) for item in items])
        new: dict[Any, Planned] = {}

        async def plan(item: T | Values) -> Planned:
            values, key = _mapping(entry, check(item)), _key(entry, check, item)
            if not key:
                key_of(entry.model, values)  # tells what is missing
            if key in new:
                made = new[key]
                made.values = patched(entry.model, made.values, values)
                return Planned("updated", same=made)
            if key in there:
                before = there[key]
                after = there[key] = await self._changed(entry, before, values)
                return Planned("unchanged" if after is before else "updated", after, before)
            ready = complete(entry.model, self._owned(entry.model, values))
            new[key] = Planned("created", values=ready, key=key)
            return new[key]

        async def one(item: T | Values) -> Planned:
            row, made = await self._put(entry, _mapping(entry, check(item)))
            return Planned("created" if made else "updated", row)

        return await self._all(entry, items, plan, one, atomic)

    async def _there(self, entry: Entry, keys: Sequence[tuple[Any, ...]]) -> dict[Any, Saved[Any]]:
        """The rows of these keys, by them, locked in the order of their ids."""
        columns, wanted = [entry.table.c[name] for name in entry.model.key], sorted({key for key in keys if key})
        ids: list[Id] = []
        for start in range(0, len(wanted), AT_ONCE):
            same = tuple_(*columns).in_(wanted[start : start + AT_ONCE])
            ids += await self.session.scalars(select(entry.table.c.id).where(same, *self.conditions(entry)))
        locked = [entry.read(row) for row in await self._rows(entry, ids, lock=True)]
        return {_key_of_row(entry, row): row for row in locked}

    async def _all(self, entry: Entry, items: Sequence[Any], plan: Plan, one: Plan, atomic: bool) -> BulkResult:
        """All that can be written in few statements; where the database refuses them, one by one by `one`."""
        planned = [await _tried(plan, item) for item in items]
        try:
            async with self.savepoint():
                await self._flush(entry, [each for each in planned if isinstance(each, Planned)])
        except Problem:
            planned = [await self._guarded(one, item) for item in items]
        return settled(planned, atomic)

    async def _flush(self, entry: Entry, planned: Sequence[Planned]) -> None:
        new = sorted((each for each in planned if each.status == "created"), key=lambda each: each.key)
        if new:
            for each, row in zip(new, await self._insert(entry, [each.values for each in new]), strict=True):
                each.row = row
        changed = [(each.before, each.row) for each in planned if each.status == "updated" and each.before and each.row]
        if changed:
            await self._write(entry, "update", changed)
        gone = [each.row for each in planned if each.status == "deleted" and each.row]
        if gone:
            await (self._mark if entry.model.soft_delete else self._take_out)(entry, gone)

    async def _guarded(self, one: Plan, item: Any) -> "Planned | Problem":
        try:
            async with self.savepoint():
                return await one(item)
        except Problem as problem:
            return problem


async def _tried(plan: Plan, item: Any) -> Planned | Problem:
    try:
        return await plan(item)
    except Problem as problem:
        return problem


def _mapping(entry: Entry, item: Any) -> dict[str, Any]:
    return values_of(entry.model, item) if isinstance(item, entry.model.type) else dict(item)


def _key(entry: Entry, check: Check, item: Any) -> tuple[Any, ...]:
    """The values that tell an item's row; empty where it lacks one, of which its result will tell."""
    try:
        return tuple(stored(entry.model, key_of(entry.model, _mapping(entry, check(item)))).values())
    except Problem:
        return ()


def _key_of_row(entry: Entry, row: Saved[Any]) -> tuple[Any, ...]:
    return tuple(entry.model.fields[name].stored(getattr(row.data, name)) for name in entry.model.key)


def _known(entry: Entry, rows: dict[Any, Saved[Any]], row_id: Id) -> Saved[Any]:
    if row_id not in rows:
        raise no_row(entry.model.noun, row_id)
    return rows[row_id]
