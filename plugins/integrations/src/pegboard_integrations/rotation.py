"""The sealed values of all integrations, for the vault: credentials, and the secrets of webhooks."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import select, update

from pegboard import Services
from pegboard_store import Store
from pegboard_vault import Entry, Place, Sealed

from .sealing import place_of
from .stored import StoredIntegration
from .tables import integrations
from .webhooks import place_of_webhook

PlaceOf = Callable[[StoredIntegration], Place]


def _record(name: str, summary: str, column: Any, place: PlaceOf) -> Sealed:
    async def walk(services: Services, after: str, limit: int) -> Sequence[Entry]:
        some = select(*integrations.c).where(integrations.c.id > after, column != "")
        async with services.get(Store).read() as session:
            rows = await session.execute(some.order_by(integrations.c.id).limit(limit))
            found = [StoredIntegration.of(row) for row in rows]
        return [Entry(one.id, place(one), (getattr(one, column.name),)) for one in found]

    async def replace(services: Services, entry: Entry, new: Mapping[str, str]) -> bool:
        """The value stays what it was, so neither the revision changes nor anything that is kept in memory."""
        [(old, envelope)] = new.items()
        where = (integrations.c.id == entry.key, column == old)
        async with services.get(Store).begin() as session:
            result: Any = await session.execute(update(integrations).where(*where).values({column.name: envelope}))
        return bool(result.rowcount)

    return Sealed(name, summary, walk=walk, replace=replace)


SEALED = (
    _record("integrations", "Credentials of integrations", integrations.c.credentials, place_of),
    _record("integration-webhooks", "Secrets of webhooks", integrations.c.webhook, place_of_webhook),
)
