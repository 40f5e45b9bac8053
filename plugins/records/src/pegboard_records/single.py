"""Records one by one."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import Problem

from .errors import no_shard
from .items import canonical
from .shards import Shard
from .tables import shard_types, shards
from .writing import new_ids

SHOWN = [column for column in shards.c if column.name not in ("tenant", "digest")]


def shard_of(row: Row[Any]) -> Shard:
    return Shard(
        row.id,
        row.type,
        row.external_id,
        row.data,
        row.revision,
        row.source,
        row.created_at,
        row.updated_at,
        row.deleted_at,
    )


async def read_shard(
    session: AsyncSession, tenant: str, shard_id: str, *, deleted: bool = False, hold: bool = False
) -> Shard:
    """One record; a soft-deleted one where `deleted` says so. Raises Problem 404."""
    statement = select(*SHOWN).where(shards.c.tenant == tenant, shards.c.id == shard_id)
    if not deleted:
        statement = statement.where(shards.c.deleted_at.is_(None))
    # PostgreSQL refuses to be asked for a text with NUL in it
    row = None if "\0" in shard_id else (await session.execute(_held(statement, hold))).one_or_none()
    if row is None:
        raise no_shard(shard_id)
    return shard_of(row)


async def find_shard(session: AsyncSession, tenant: str, type_id: str, external_id: str) -> Shard:
    """The record of an external id, held until the end of the transaction. Raises Problem 404."""
    own = (shards.c.tenant == tenant, shards.c.type == type_id, shards.c.external_id == external_id)
    statement = select(*SHOWN).where(*own, shards.c.deleted_at.is_(None)).with_for_update()
    row = None if "\0" in external_id else (await session.execute(statement)).one_or_none()
    if row is None:
        raise no_shard(external_id)
    return shard_of(row)


def _held(statement: Any, hold: bool) -> Any:
    return statement.with_for_update() if hold else statement


async def hold_type(session: AsyncSession, tenant: str, type_id: str) -> bool:
    """Keep a type from being deleted until the end of the transaction; tells whether it is there."""
    kind = shard_types.c
    statement = select(kind.id).where(kind.tenant == tenant, kind.id == type_id)
    return await session.scalar(statement.with_for_update(read=True, key_share=True)) is not None


async def insert_shard(
    session: AsyncSession, tenant: str, type_id: str, external_id: str | None, data: Mapping[str, Any], source: str
) -> Shard:
    """A new record of a type that is held. Raises Problem 409 if its external id is taken, by a deleted one too."""
    [shard_id] = new_ids(1)
    key, now = external_id or shard_id, datetime.now(UTC)
    digest, _ = canonical(key, data)
    made = Shard(shard_id, type_id, key, dict(data), 1, source, now, now, None)
    values = {"id": shard_id, "tenant": tenant, "type": type_id, "external_id": key, "digest": digest, "revision": 1}
    values |= {"source": source, "created_at": now, "updated_at": now, "data": made.data}
    try:
        await session.execute(insert(shards).values(values))
    except IntegrityError:
        detail = f'"{type_id}" has a record {key!r} already, which may be soft-deleted: change it, or restore it'
        raise Problem(409, "shard-exists", detail) from None
    return made


async def rewrite_shard(
    session: AsyncSession, tenant: str, before: Shard, data: Mapping[str, Any], source: str
) -> Shard:
    """Another document for a record that is held; the same one changes nothing."""
    if before.data == data:
        return before
    digest, _ = canonical(before.externalId, data)
    return await _change(session, tenant, before, source, data=dict(data), digest=digest)


async def mark_shard(session: AsyncSession, tenant: str, before: Shard, deleted: bool, source: str) -> Shard:
    """Soft-delete a record that is held, or restore it."""
    if (before.deletedAt is not None) == deleted:
        return before
    return await _change(session, tenant, before, source, deleted_at=datetime.now(UTC) if deleted else None)


async def _change(session: AsyncSession, tenant: str, before: Shard, source: str, **values: Any) -> Shard:
    own = (shards.c.tenant == tenant, shards.c.id == before.id)
    values |= {"revision": before.revision + 1, "updated_at": datetime.now(UTC), "source": source}
    await session.execute(update(shards).where(*own).values(values))
    return await read_shard(session, tenant, before.id, deleted=True)


async def purge_shard(session: AsyncSession, tenant: str, shard_id: str) -> None:
    """Take a record that is held out for good."""
    await session.execute(delete(shards).where(shards.c.tenant == tenant, shards.c.id == shard_id))


async def mark_all(session: AsyncSession, tenant: str, type_id: str, external_ids: Sequence[str], source: str) -> int:
    """Soft-delete records by their external ids; the number of those that were there."""
    now, own = datetime.now(UTC), (shards.c.tenant == tenant, shards.c.type == type_id)
    chosen = (*own, shards.c.external_id.in_(external_ids), shards.c.deleted_at.is_(None))
    # locked in the order in which upserts lock them
    locked = select(shards.c.id).where(*chosen).order_by(shards.c.external_id).with_for_update()
    ids = (await session.scalars(locked)).all()
    values = {"deleted_at": now, "updated_at": now, "revision": shards.c.revision + 1, "source": source}
    await session.execute(update(shards).where(shards.c.tenant == tenant, shards.c.id.in_(ids)).values(values))
    return len(ids)
