"""What happens to records, told to whoever wants to know: within the transaction of the change."""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard_events import EventSink, Happened, tell

from .items import Row as Given
from .items import Upserted
from .shards import Shard
from .tables import shards
from .writing import put, write

CREATED, UPDATED, DELETED = "record.created", "record.updated", "record.deleted"
Documents = Mapping[str, Mapping[str, Any]]


@attrs.frozen
class Telling:
    """Tells a sink, where there is one. A tenant of whom nobody wants to hear costs a look into memory."""

    sink: EventSink | None = None

    async def wants(self, tenant: str, *types: str) -> bool:
        return self.sink is not None and await self.sink.wants(tenant, *types)

    async def put(
        self, session: AsyncSession, tenant: str, type_id: str, rows: Sequence[Given], documents: Documents, source: str
    ) -> Upserted | None:
        """Write rows, and tell of those that are new or different: the database counts where nobody listens."""
        if not await self.wants(tenant, CREATED, UPDATED):
            return await put(session, tenant, type_id, rows, source)
        written = await write(session, tenant, type_id, rows, source)
        if written is None:
            return None
        await self.written(session, tenant, type_id, written, documents, source)
        new = sum(row.revision == 1 for row in written)
        return Upserted(new, len(written) - new, len(rows) - len(written))

    async def written(
        self,
        session: AsyncSession,
        tenant: str,
        type_id: str,
        written: Sequence[Any],
        documents: Documents,
        source: str,
    ) -> None:
        """`written` are (external id, revision, id)."""
        if not written or not await self.wants(tenant, CREATED, UPDATED):
            return
        common = {"type": type_id, "source": source}
        await tell(self.sink, session, tenant, *(_told(row, common, documents[row.external_id]) for row in written))

    async def changed(self, session: AsyncSession, tenant: str, before: Shard | None, after: Shard) -> Shard:
        """One record was made, or is another than before."""
        if before is None or before.revision != after.revision:
            row = _Written(after.externalId, after.revision, after.id)
            await self.written(session, tenant, after.type, [row], {after.externalId: after.data}, after.source)
        return after

    async def removed(self, session: AsyncSession, tenant: str, type_id: str, ids: Sequence[str], source: str) -> None:
        """Those of these external ids that are there are about to be deleted."""
        if not await self.wants(tenant, DELETED):
            return
        own = (shards.c.tenant == tenant, shards.c.type == type_id, shards.c.external_id.in_(ids))
        there = select(shards.c.id, shards.c.external_id).where(*own, shards.c.deleted_at.is_(None))
        found = (await session.execute(there)).all()
        if found:
            common = {"type": type_id, "source": source}
            data = [{"id": row.id, "externalId": row.external_id, **common} for row in found]
            await tell(self.sink, session, tenant, *(Happened(DELETED, one["id"], one) for one in data))


@attrs.frozen
class _Written:
    external_id: str
    revision: int
    id: str


def _told(row: Any, common: Mapping[str, str], document: Mapping[str, Any]) -> Happened:
    named = {"id": row.id, "externalId": row.external_id, **common, "revision": row.revision, "data": document}
    return Happened(CREATED if row.revision == 1 else UPDATED, row.id, named)
