"""Saved shard types: reading and writing them, each for its tenant."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import attrs
from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import Problem
from pegboard.invalid import invalid
from pegboard.json import converter
from pegboard_store import Store, order_by

from .errors import no_type
from .fields import Field
from .matching import Match, check_match
from .shard_types import ShardType, ShardTypeDraft, ShardTypes, TypesQuery
from .tables import shard_types, shards

COLUMNS = {
    "id": shard_types.c.id,
    "displayName": shard_types.c.display_name,
    "createdAt": shard_types.c.created_at,
    "updatedAt": shard_types.c.updated_at,
}
NEAR = 1000
"""Ids among which a near one is looked for."""


class Catalog:
    """The shard types of all tenants."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def create(self, tenant: str, draft: ShardTypeDraft) -> ShardType:
        """Raises Problem 409 if the tenant has the id already."""
        now = datetime.now(UTC)
        row = _values(draft) | {"tenant": tenant, "id": draft.id, "revision": 1, "created_at": now, "updated_at": now}
        async with self._store.begin() as session:
            try:
                await session.execute(insert(shard_types).values(row))
            except IntegrityError:
                detail = f'there is a shard type "{draft.id}" already: change it, or choose another id'
                raise Problem(409, "shard-type-exists", detail) from None
        return _saved(draft, 1, now, now)

    async def get(self, tenant: str, type_id: str) -> ShardType:
        """Raises Problem 404, with the nearest id of the tenant."""
        async with self._store.read() as session:
            return await self._one(session, tenant, type_id)

    async def page(self, tenant: str, query: TypesQuery) -> ShardTypes:
        """Raises Problem 422 for an unknown sort."""
        order = [*order_by(query.sort or "id", COLUMNS), shard_types.c.id]
        mine = select(*shard_types.c).where(shard_types.c.tenant == tenant)
        async with self._store.read() as session:
            total = await session.scalar(select(func.count()).select_from(mine.subquery())) or 0
            rows = await session.execute(mine.order_by(*order).limit(query.limit).offset(query.offset))
            return ShardTypes([_read(row) for row in rows], total, query.limit, query.offset)

    async def patch(self, tenant: str, type_id: str, patch: Mapping[str, Any], match: Match = None) -> ShardType:
        """A merge patch (RFC 7396); `fields` are replaced whole. Records that are there are not checked anew.

        Raises Problem 404, 412, and 422 for what would be no type.
        """
        async with self._store.begin() as session:
            before = await self._one(session, tenant, type_id, hold=True)
            check_match(match, before.revision, "shard type")
            draft, now = _merged(before, patch), datetime.now(UTC)
            values = _values(draft) | {"revision": before.revision + 1, "updated_at": now}
            await session.execute(update(shard_types).where(*_is(tenant, type_id)).values(values))
        return _saved(draft, before.revision + 1, before.createdAt, now)

    async def delete(self, tenant: str, type_id: str, records: bool, match: Match = None) -> None:
        """Take a type out, with its records where `records` says so.

        Raises Problem 404, 412, and 409 where there are records that would be left behind.
        """
        own = (shards.c.tenant == tenant, shards.c.type == type_id)
        async with self._store.begin() as session:
            check_match(match, (await self._one(session, tenant, type_id, hold=True)).revision, "shard type")
            await session.execute(delete(shard_types).where(*_is(tenant, type_id)))
            if records:
                await session.execute(delete(shards).where(*own))
            elif count := await session.scalar(select(func.count()).select_from(shards).where(*own)):
                detail = (
                    f'"{type_id}" has {count} records, soft-deleted ones among them: ?records=delete takes them too'
                )
                raise Problem(409, "shard-type-in-use", detail)

    async def _one(self, session: AsyncSession, tenant: str, type_id: str, hold: bool = False) -> ShardType:
        statement = select(*shard_types.c).where(*_is(tenant, type_id))
        row = (await session.execute(statement.with_for_update() if hold else statement)).one_or_none()
        if row is None:
            raise await missing_type(session, tenant, type_id)
        return _read(row)


async def missing_type(session: AsyncSession, tenant: str, type_id: str) -> Problem:
    """The 404 for a type, with what the tenant has."""
    statement = select(shard_types.c.id).where(shard_types.c.tenant == tenant)
    return no_type(type_id, (await session.scalars(statement.limit(NEAR))).all())


def _is(tenant: str, type_id: str) -> tuple[Any, Any]:
    return shard_types.c.tenant == tenant, shard_types.c.id == type_id


def _values(draft: ShardTypeDraft) -> dict[str, Any]:
    return {
        "display_name": draft.displayName,
        "description": draft.description,
        "fields": converter.unstructure(list(draft.fields), Sequence[Field]),
        "strict": draft.strict,
    }


def _read(row: Row[Any]) -> ShardType:
    fields = converter.structure(row.fields, list[Field])
    return ShardType(
        row.id, row.display_name, row.description, fields, row.strict, row.revision, row.created_at, row.updated_at
    )


def _saved(draft: ShardTypeDraft, revision: int, created: datetime, updated: datetime) -> ShardType:
    members = attrs.asdict(draft, recurse=False)
    return ShardType(**members, revision=revision, createdAt=created, updatedAt=updated)


def _merged(before: ShardType, patch: Mapping[str, Any]) -> ShardTypeDraft:
    if patch.get("id", before.id) != before.id:
        errors = [{"detail": f'cannot be changed; it is "{before.id}"', "pointer": "/id"}]
        raise Problem(422, "invalid-input", "The id of a shard type cannot be changed", errors=errors)
    names = [field.name for field in attrs.fields(ShardTypeDraft)]
    whole = {name: converter.unstructure(getattr(before, name)) for name in names} | dict(patch)
    try:
        # a null takes a member out: it has its default again
        return converter.structure(
            {n: v for n, v in whole.items() if v is not None} | {"id": before.id}, ShardTypeDraft
        )
    except Exception as error:
        raise invalid(error) from None
