"""Secrets for signing answers: one for each tenant, made when it is first needed, and shown to the tenant."""

import base64
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import attrs
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import Secret, Services
from pegboard_store import Store, insert_into
from pegboard_vault import Entry, Place, Sealed, Vault

from .tables import signing


def _place(tenant: str) -> Place:
    return Place(tenant, "execute", "signing secret")


@attrs.frozen
class Signing:
    """``whsec_`` and base64, as Standard Webhooks has it."""

    store: Store
    vault: Vault

    async def secret(self, tenant: str) -> Secret:
        """The tenant's own. Raises Problem 503 or 500 where it cannot be opened."""
        async with self.store.begin() as session:
            return await self.within(session, tenant)

    async def within(self, session: AsyncSession, tenant: str) -> Secret:
        """The same in a transaction that is there."""
        its = select(signing.c.sealed).where(signing.c.tenant == tenant)
        sealed = await session.scalar(its)
        if sealed is None:
            await session.execute(self._made(tenant))
            sealed = await session.scalar(its)
        assert sealed is not None, "it was just made, here or by another"
        return self.vault.open(sealed, _place(tenant))

    def _made(self, tenant: str) -> Any:
        made = Secret("whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())
        row = {"tenant": tenant, "sealed": self.vault.seal(made, _place(tenant)), "created_at": datetime.now(UTC)}
        return insert_into(self.store.dialect, signing).values(row).on_conflict_do_nothing()


async def walk(services: Services, after: str, limit: int) -> Sequence[Entry]:
    some = select(signing).where(signing.c.tenant > after).order_by(signing.c.tenant).limit(limit)
    async with services.get(Store).read() as session:
        rows = (await session.execute(some)).all()
    return [Entry(row.tenant, _place(row.tenant), (row.sealed,)) for row in rows]


async def replace(services: Services, entry: Entry, new: Mapping[str, str]) -> bool:
    [(old, envelope)] = new.items()
    its = (signing.c.tenant == entry.key, signing.c.sealed == old)
    async with services.get(Store).begin() as session:
        result: Any = await session.execute(update(signing).where(*its).values(sealed=envelope))
    return bool(result.rowcount)


SEALED = Sealed("execute", "Secrets for signing answers", walk=walk, replace=replace)
