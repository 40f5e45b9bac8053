"""The rows of grants: read, leased, and written by whoever holds the lease.

A lease has a fencing number that only grows. What a process writes counts only while the number is still its own, so
one that was stopped for too long can no longer do harm when it goes on.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard_store import Store
from pegboard_vault import Place, Vault

from .tables import grants
from .tokens import Token, opened


@attrs.frozen
class Ref:
    """Whose grant, and which: the tenant and the name of the stored credential."""

    tenant: str
    key: str

    @property
    def id(self) -> str:
        # of one length and one alphabet, whatever the names are
        return hashlib.sha256(f"{self.tenant}\0{self.key}".encode()).hexdigest()


@attrs.frozen
class Grant:
    """A row. Before there was a token, `version` is 0 and `sealed` is ""."""

    id: str
    tenant: str
    key: str
    fingerprint: str
    sealed: str = attrs.field(repr=False)
    expires_at: datetime | None
    obtained_at: datetime | None
    forced_at: datetime | None
    version: int
    lease_fence: int
    lease_until: datetime | None
    failure: Mapping[str, Any] | None
    failed_fence: int
    failed_at: datetime | None

    @property
    def place(self) -> Place:
        """With the fingerprint, tokens open for no other config, however a row came to another one."""
        return Place(self.tenant, self.key, f"oauth2 tokens {self.fingerprint}")

    def leased(self, now: datetime) -> bool:
        return self.lease_until is not None and self.lease_until > now


@attrs.frozen
class Lease:
    """The right to renew one grant; `grant` is the row as it was just before."""

    ref: Ref
    fence: int
    grant: Grant


class Grants:
    """The table of grants."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store, self._vault = store, vault

    async def read(self, ref: Ref) -> Grant | None:
        async with self._store.read() as session:
            return await _row(session, ref)

    def token(self, grant: Grant) -> Token:
        """The token of a row that has one. Raises Problem 503 or 500 where it cannot be opened."""
        text = self._vault.open(grant.sealed, grant.place)
        return opened(text, grant.expires_at, grant.obtained_at, grant.version)

    async def lease(self, ref: Ref, version: int, seconds: float) -> Lease | None:
        """The lease, if nobody has it and the row still is at `version`."""
        async with self._store.begin() as session:
            await self._make(session, ref)
            now = await self._now(session)
            free = or_(grants.c.lease_until.is_(None), grants.c.lease_until <= now)
            until = now + timedelta(seconds=seconds)
            values = {"lease_fence": grants.c.lease_fence + 1, "lease_until": until}
            if not await _write(session, ref, values, free, grants.c.version == version):
                return None
            grant = await _row(session, ref)
        assert grant is not None
        return Lease(ref, grant.lease_fence, attrs.evolve(grant, lease_until=None))

    async def keep(self, lease: Lease, fingerprint: str, token: Token, forced: bool) -> Token | None:
        """Store a token and end the lease; None, and nothing is stored, where the lease is another's by now."""
        fenced = grants.c.lease_fence == lease.fence
        async with self._store.begin() as session:
            return await self._stored(session, lease.ref, fingerprint, token, forced, fenced)

    async def connect(self, ref: Ref, fingerprint: str, token: Token) -> Token:
        """Store the token of a login. Whoever is renewing the old one loses his lease."""
        async with self._store.begin() as session:
            await self._make(session, ref)
            stored = await self._stored(session, ref, fingerprint, token, False)
        assert stored is not None
        return stored

    async def fail(self, lease: Lease, failure: Mapping[str, Any]) -> None:
        """Note why there is no new token, for those who wait, and end the lease."""
        async with self._store.begin() as session:
            now = await self._now(session)
            values = {"failure": failure, "failed_fence": lease.fence, "failed_at": now, "lease_until": None}
            await _write(session, lease.ref, values, grants.c.lease_fence == lease.fence)

    async def release(self, lease: Lease) -> None:
        """End the lease, with nothing to tell."""
        async with self._store.begin() as session:
            await _write(session, lease.ref, {"lease_until": None}, grants.c.lease_fence == lease.fence)

    async def forget(self, ref: Ref) -> bool:
        """Whether there was one."""
        async with self._store.begin() as session:
            result: Any = await session.execute(delete(grants).where(grants.c.id == ref.id))
        return bool(result.rowcount)

    async def _stored(
        self, session: AsyncSession, ref: Ref, mark: str, token: Token, forced: bool, *where: ColumnElement[bool]
    ) -> Token | None:
        now = await self._now(session)
        place = Place(ref.tenant, ref.key, f"oauth2 tokens {mark}")
        values = {
            "fingerprint": mark,
            "sealed": self._vault.seal(token.sealable(), place),
            "expires_at": token.expires_at,
            "obtained_at": token.obtained_at,
            "version": grants.c.version + 1,
            "lease_fence": grants.c.lease_fence + 1,
            "lease_until": None,
            "failure": None,
            **({"forced_at": now} if forced else {}),
        }
        if not await _write(session, ref, values, *where):
            return None
        grant = await _row(session, ref)
        assert grant is not None
        return attrs.evolve(token, version=grant.version)

    async def _make(self, session: AsyncSession, ref: Ref) -> None:
        insert = (sqlite if self._store.dialect == "sqlite" else postgresql).insert(grants)
        empty = {"fingerprint": "", "sealed": "", "version": 0, "lease_fence": 0, "failed_fence": 0}
        row = insert.values(id=ref.id, tenant=ref.tenant, key=ref.key, **empty)
        await session.execute(row.on_conflict_do_nothing())

    async def _now(self, session: AsyncSession) -> datetime:
        """One clock for all machines: the server's. A SQLite file is on one machine, whose clock it is."""
        if self._store.dialect == "sqlite":
            return datetime.now(UTC)
        now: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
        return now


async def _row(session: AsyncSession, ref: Ref) -> Grant | None:
    row = (await session.execute(select(*grants.c).where(grants.c.id == ref.id))).one_or_none()
    return None if row is None else Grant(**row._mapping)


async def _write(session: AsyncSession, ref: Ref, values: Mapping[str, Any], *where: ColumnElement[bool]) -> bool:
    result: Any = await session.execute(update(grants).where(grants.c.id == ref.id, *where).values(**values))
    return bool(result.rowcount)
