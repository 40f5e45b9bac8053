"""The service: records of all tenants, each with a shard type and an external id."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import Problem
from pegboard_events import EventSink
from pegboard_store import Store

from .batches import ids_of, sort_out, told
from .catalog import Catalog, missing_type
from .checking import Check, compile_check
from .errors import invalid_data, no_shard
from .exporting import exported
from .filters import ordered, selected
from .items import Item, Upserted, rows_of
from .lookups import look_up
from .matching import Match, check_match
from .shard_types import ShardType
from .shards import Batch, BatchResult, ExportQuery, Shard, ShardDraft, Shards, ShardsQuery
from .single import (
    SHOWN,
    find_shard,
    hold_type,
    insert_shard,
    mark_all,
    mark_shard,
    purge_shard,
    read_shard,
    rewrite_shard,
    shard_of,
)
from .tables import shards
from .telling import Telling
from .writing import write


class Records:
    """What mappings write and others read. `types` has the shard types; another tenant's objects are not there."""

    def __init__(self, store: Store, sink: EventSink | None = None) -> None:
        self._store = store
        self._telling = Telling(sink)
        self.types = Catalog(store)

    async def type(self, tenant: str, type_id: str) -> ShardType:
        """Raises Problem 404, with the nearest id that the tenant has."""
        return await self.types.get(tenant, type_id)

    def checker(self, shard_type: ShardType) -> Check:
        """The check of a type's records: compile it once, then ask it for each. Pointers lead into the record."""
        return compile_check(shard_type)

    async def upsert(
        self, session: AsyncSession, tenant: str, type_id: str, items: Sequence[Item], source: str
    ) -> Upserted:
        """Make or replace records within the caller's transaction, as one of `Store.begin()` is.

        The last item of an external id counts. One whose data is the same already is not written; one that was
        soft-deleted is there again, and counted as updated. `source` says who wrote, such as an integration and its
        run. The data is not checked against its type: ask `checker` before. Raises Problem 404 for the type, and 422
        for what no database can hold; nothing is written then.
        """
        return await self.put(session, tenant, type_id, {item.external_id: item.data for item in items}, source)

    async def put(
        self,
        session: AsyncSession,
        tenant: str,
        type_id: str,
        documents: Mapping[str, Mapping[str, Any]],
        source: str,
    ) -> Upserted:
        """The same for data by external ids: it needs no object for each record."""
        rows = rows_of(documents)
        if not rows:
            return Upserted()
        done = await self._telling.put(session, tenant, type_id, rows, documents, source)
        if done is None:
            raise await missing_type(session, tenant, type_id)
        return done

    async def assign(
        self,
        session: AsyncSession,
        tenant: str,
        type_id: str,
        external_id: str,
        data: Mapping[str, Any],
        source: str,
        check: Check,
    ) -> Shard:
        """Set fields of the record of an external id within the caller's transaction; its other fields stay.

        `check` is that of the type. Raises Problem 404, and 422 for what its type refuses.
        """
        before = await find_shard(session, tenant, type_id, external_id)
        after = {**before.data, **data}
        if errors := check(after):
            raise invalid_data(errors)
        made = await rewrite_shard(session, tenant, before, after, source)
        return await self._telling.changed(session, tenant, before, made)

    async def remove(
        self, session: AsyncSession, tenant: str, type_id: str, external_ids: Sequence[str], source: str
    ) -> int:
        """Soft-delete records within the caller's transaction; the number of those that were there."""
        await self._telling.removed(session, tenant, type_id, external_ids, source)
        return await mark_all(session, tenant, type_id, external_ids, source)

    async def lookup(
        self, tenant: str, type_id: str, by: str, values: Sequence[Any], give: str | None = None
    ) -> dict[Any, Any]:
        """What records hold in the field `give` (their id where it is None), by the values of `by`, in one query.

        `by` is ``externalId`` or a declared field; values are hashable. What is not found, or lacks the field, is not
        in the result; of several records the first by external id counts. Raises Problem 404 for the type, 422 for
        a field that it does not have.
        """
        kind = await self.type(tenant, type_id)
        async with self._store.read() as session:
            return await look_up(session, tenant, kind, by, values, give, self._store.dialect)

    async def count(self, tenant: str, type_id: str) -> int:
        """Records of a type, without those that are soft-deleted."""
        own = (shards.c.tenant == tenant, shards.c.type == type_id, shards.c.deleted_at.is_(None))
        async with self._store.read() as session:
            return await session.scalar(select(func.count()).select_from(shards).where(*own)) or 0

    async def get(self, tenant: str, shard_id: str, *, deleted: bool = False) -> Shard:
        """One record; a soft-deleted one where `deleted` says so. Raises Problem 404."""
        async with self._store.read() as session:
            return await read_shard(session, tenant, shard_id, deleted=deleted)

    async def find(self, tenant: str, type_id: str, external_id: str) -> Shard:
        """The record of an external id that is not deleted. Raises Problem 404."""
        found = await self.list(tenant, ShardsQuery(type=type_id, externalId=external_id, limit=1))
        if not found.shards:
            raise no_shard(external_id)
        return found.shards[0]

    async def list(self, tenant: str, query: ShardsQuery) -> Shards:
        """A part of the records that a query selects. Raises Problem 404 for the type, 422 for filter and sort."""
        kind = await self.type(tenant, query.type) if query.type else None
        where = selected(tenant, query, kind, self._store.dialect)
        order = ordered(query.sort, kind, self._store.dialect)
        part = select(*SHOWN).where(*where).order_by(*order).limit(query.limit).offset(query.offset)
        async with self._store.read() as session:
            total = await session.scalar(select(func.count()).select_from(shards).where(*where)) or 0
            rows = (await session.execute(part)).all()
        return Shards([shard_of(row) for row in rows], total, query.limit, query.offset)

    async def create(self, tenant: str, draft: ShardDraft, source: str) -> Shard:
        """Raises Problem 404 for the type, 409 for an external id that is taken, 422 for data that its type refuses."""
        await self._checked(tenant, draft.type, draft.data)
        async with self._store.begin() as session:
            if not await hold_type(session, tenant, draft.type):
                raise await missing_type(session, tenant, draft.type)
            made = await insert_shard(session, tenant, draft.type, draft.externalId, draft.data, source)
            return await self._telling.changed(session, tenant, None, made)

    async def patch(
        self, tenant: str, shard_id: str, data: Mapping[str, Any], source: str, match: Match = None
    ) -> Shard:
        """Merge `data` into a record's (RFC 7396). Raises Problem 404, 412, 422."""
        kind = await self.type(tenant, (await self.get(tenant, shard_id)).type)
        async with self._store.begin() as session:
            before = await read_shard(session, tenant, shard_id, hold=True)
            check_match(match, before.revision, "record")
            after = merged(before.data, data)
            if errors := self.checker(kind)(after):
                raise invalid_data(errors)
            made = await rewrite_shard(session, tenant, before, after, source)
            return await self._telling.changed(session, tenant, before, made)

    async def delete(
        self, tenant: str, shard_id: str, source: str, *, purge: bool = False, match: Match = None
    ) -> None:
        """Soft-delete a record, or take it out for good. Raises Problem 404, 412."""
        async with self._store.begin() as session:
            before = await read_shard(session, tenant, shard_id, deleted=purge, hold=True)
            check_match(match, before.revision, "record")
            await self._telling.removed(session, tenant, before.type, [before.externalId], source)
            if purge:
                return await purge_shard(session, tenant, shard_id)
            await mark_shard(session, tenant, before, True, source)

    async def restore(self, tenant: str, shard_id: str, source: str, match: Match = None) -> Shard:
        """A soft-deleted record is there again. Raises Problem 404, 412."""
        async with self._store.begin() as session:
            before = await read_shard(session, tenant, shard_id, deleted=True, hold=True)
            check_match(match, before.revision, "record")
            made = await mark_shard(session, tenant, before, False, source)
            return await self._telling.changed(session, tenant, before, made)

    async def batch(self, tenant: str, batch: Batch, source: str) -> BatchResult:
        """Upsert what can be, and say of each item what became of it. Raises Problem 404 for the type."""
        kind = await self.type(tenant, batch.type)
        found = sort_out(batch.items, self.checker(kind))
        if not found.rows:
            return told(batch.items, found.known, (), {})
        async with self._store.begin() as session:
            written = await write(session, tenant, kind.id, found.rows, source)
            if written is None:
                raise await missing_type(session, tenant, kind.id)
            documents = {item.externalId: item.data for item in batch.items}
            await self._telling.written(session, tenant, kind.id, written, documents, source)
            ids = {row.external_id: row.id for row in written}  # of what was written the statement tells them
            others = [row[0] for row in found.rows if row[0] not in ids]
            ids |= await ids_of(session, tenant, kind.id, others, self._store.dialect)
        return told(batch.items, found.known, written, ids)

    async def export(self, tenant: str, query: ExportQuery) -> AsyncIterator[bytes]:
        """The parts of an export; awaiting it checks the query. Raises Problem 404 for the type, 422 for the query."""
        if not query.type:
            errors = [{"detail": "is missing: an export has the records of one type", "pointer": "/type"}]
            raise Problem(422, "invalid-input", "The query is not valid: type is missing", errors=errors)
        kind = await self.type(tenant, query.type)
        where = selected(tenant, query, kind, self._store.dialect)
        return exported(self._store, where, kind, query.format)

    async def _checked(self, tenant: str, type_id: str, data: Mapping[str, Any]) -> None:
        if errors := self.checker(await self.type(tenant, type_id))(data):
            raise invalid_data(errors)


def merged(target: Any, patch: Any) -> Any:
    """RFC 7396, section 2."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result
