"""The versions of records that events brought, so that an older event never overwrites a newer one."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard_store import insert_into

from .engine import Entry, version_of
from .tables import versions


async def newest(
    session: AsyncSession, integration: str, type_id: str, entries: Sequence[Entry]
) -> tuple[list[Entry], int]:
    """The entries that are not older than what was there, their versions noted; and how many are older.

    The rows are locked until the end of the transaction. A record that was deleted keeps its version.
    """
    known = await _known(session, integration, type_id, [one.external_id for one in entries if one.version])
    kept: list[Entry] = []
    for one in entries:
        before = known.get(one.external_id)
        if one.version is None or before is None or not one.version.older_than(version_of(before)):
            kept.append(one)
            if one.version is not None:
                known[one.external_id] = str(one.version)
    await _note(session, integration, type_id, [one for one in kept if one.version])
    return kept, len(entries) - len(kept)


async def _known(session: AsyncSession, integration: str, type_id: str, ids: Sequence[str]) -> dict[str, str]:
    if not ids:
        return {}
    own = (versions.c.integration == integration, versions.c.type == type_id, versions.c.external_id.in_(ids))
    some = select(versions.c.external_id, versions.c.version).where(*own).order_by(versions.c.external_id)
    return {row.external_id: row.version for row in await session.execute(some.with_for_update())}


async def _note(session: AsyncSession, integration: str, type_id: str, entries: Sequence[Entry]) -> None:
    now, last = datetime.now(UTC), {one.external_id: str(one.version) for one in entries}
    common = {"integration": integration, "type": type_id, "updated_at": now}
    rows = [{**common, "external_id": key, "version": last[key]} for key in sorted(last)]
    if rows:
        insert = insert_into(session.get_bind().dialect.name, versions)
        changed = {name: insert.excluded[name] for name in ("version", "updated_at")}
        keys = ["integration", "type", "external_id"]
        await session.execute(insert.on_conflict_do_update(index_elements=keys, set_=changed), rows)
