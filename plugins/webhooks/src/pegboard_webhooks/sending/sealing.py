"""Secrets that sign what is sent, under seal: a subscription's generations, and those of single deliveries."""

import base64
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import orjson
from sqlalchemy import select, update

from pegboard import Secret, Services
from pegboard.json import converter
from pegboard_store import Store
from pegboard_vault import Entry, Place, Sealed, Vault

from ..tables import deliveries, subscriptions


@attrs.frozen
class Generation:
    """A secret of a subscription; the old one signs beside the new one `until` its time is over."""

    secret: str = attrs.field(repr=False)
    until: datetime | None = None


def new_secret() -> str:
    """As Standard Webhooks has them: 32 random bytes in base64."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def place_of(tenant: str, row: str) -> Place:
    return Place(tenant, row, "secret")


def sealed(vault: Vault, tenant: str, row: str, generations: Sequence[Generation]) -> str:
    text = orjson.dumps(converter.unstructure(list(generations))).decode()
    return vault.seal(Secret(text), place_of(tenant, row))


def opened(vault: Vault, tenant: str, row: str, envelope: str) -> Sequence[Generation]:
    """The generations that count now, the newest first. Raises Problem 503 or 500."""
    document = orjson.loads(vault.open(envelope, place_of(tenant, row)).reveal())
    now = datetime.now(UTC)
    found: list[Generation] = converter.structure(document, list[Generation])
    return [one for one in found if one.until is None or one.until > now]


def renewed(before: Sequence[Generation], secret: str, grace: float) -> Sequence[Generation]:
    """A new secret; those from before sign beside it for `grace` seconds."""
    until = datetime.now(UTC) + timedelta(seconds=grace)
    return [Generation(secret), *(attrs.evolve(one, until=one.until or until) for one in before)]


def _record(name: str, summary: str, table: Any) -> Sealed:
    async def walk(services: Services, after: str, limit: int) -> Sequence[Entry]:
        some = select(table.c.id, table.c.tenant, table.c.secret)
        some = some.where(table.c.id > after, table.c.secret.is_not(None)).order_by(table.c.id).limit(limit)
        async with services.get(Store).read() as session:
            return [Entry(row.id, place_of(row.tenant, row.id), (row.secret,)) for row in await session.execute(some)]

    async def replace(services: Services, entry: Entry, new: Mapping[str, str]) -> bool:
        [(old, envelope)] = new.items()
        same = (table.c.id == entry.key, table.c.secret == old)
        async with services.get(Store).begin() as session:
            changed = update(table).where(*same).values(secret=envelope).returning(table.c.id)
            return await session.scalar(changed) is not None

    return Sealed(name, summary, walk=walk, replace=replace)


SEALED = (
    _record("webhook-subscriptions", "Secrets of webhook subscriptions", subscriptions),
    _record("webhook-deliveries", "Secrets of single webhook deliveries", deliveries),
)
