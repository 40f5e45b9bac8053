"""The rows: who has a key, for how long, and which answer was given. Every step is one transaction."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
from sqlalchemy import Row, Update, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import IdempotencyKey, Problem
from pegboard_store import Store, insert_into

from .settings import IdempotencySettings
from .tables import keys

STEP = 1000
"""Rows deleted in one transaction: other writers must not wait for all of them."""


@attrs.frozen
class Claim:
    """A key that is ours until the lease ends; `attempt` tells us from whoever takes it after that."""

    digest: str
    attempt: str


@attrs.frozen
class Answered:
    """An answer that was given; its body is None where it could not be kept."""

    status: int
    headers: dict[str, str]
    body: bytes | None


def digest(key: IdempotencyKey) -> str:
    """One name for a key of one caller, method and path."""
    parts = (key.tenant, key.principal, key.method, key.path, key.key)
    return hashlib.sha256(b"".join(f"{len(part)}:{part}".encode(errors="surrogatepass") for part in parts)).hexdigest()


@attrs.frozen
class Claims:
    """The table of one app's store."""

    store: Store
    settings: IdempotencySettings

    async def take(self, key: IdempotencyKey, fingerprint: str) -> Claim | Answered:
        """Ours from now on, or the answer that was given. Raises Problem 409 or 422."""
        claim = Claim(digest(key), secrets.token_hex(12))
        row = self._row(claim, fingerprint) | {"tenant": key.tenant}
        async with self.store.begin() as session:
            inserted = insert_into(self.store.dialect, keys).values(row).on_conflict_do_nothing()
            while not await _changed(session, inserted):
                found = await _locked(session, claim.digest)
                if found is not None:
                    return await self._second(session, claim, row, found)
        return claim

    async def _second(self, session: AsyncSession, claim: Claim, row: dict[str, Any], found: Row[Any]) -> Any:
        """What becomes of a key that is there already, whose row is locked."""
        now = datetime.now(UTC)
        if found.expires_at <= now or (found.status is None and found.leased_until <= now):
            await session.execute(update(keys).where(keys.c.digest == claim.digest).values(row))
            return claim
        if found.fingerprint != row["fingerprint"]:
            detail = "this Idempotency-Key was sent with another request; use a new key for a new request"
            raise Problem(422, "idempotency-mismatch", detail)
        if found.status is None:
            detail = "the first request with this Idempotency-Key is still under way; try again"
            raise Problem(409, "idempotency-running", detail, headers={"Retry-After": "1"})
        return Answered(found.status, found.headers or {}, found.body)

    def _row(self, claim: Claim, fingerprint: str) -> dict[str, Any]:
        unanswered = {"status": None, "headers": None, "body": None}
        return attrs.asdict(claim) | {"fingerprint": fingerprint} | unanswered | self._times()

    def _times(self) -> dict[str, datetime]:
        """From now on: a key is never shorter there than its lease."""
        now = datetime.now(UTC)
        lease, keep = self.settings.lease, self.settings.keep
        return {"leased_until": now + timedelta(seconds=lease), "expires_at": now + timedelta(seconds=max(lease, keep))}

    async def renew(self, claim: Claim) -> bool:
        """A new lease; tells whether the key was still ours."""
        return await self._change(_of(claim).values(self._times()))

    async def keep(self, claim: Claim, given: Answered) -> bool:
        """Keep the answer, for its time from now on; tells whether the key was still ours."""
        return await self._change(_of(claim).values(attrs.asdict(given) | self._times()))

    async def release(self, claim: Claim) -> None:
        """As if the key had not been used."""
        async with self.store.begin() as session:
            await session.execute(delete(keys).where(_is(claim)))

    async def _change(self, statement: Update) -> bool:
        async with self.store.begin() as session:
            return await _changed(session, statement)

    async def sweep(self) -> int:
        """Remove what has expired; how many there were."""
        now, total, deleted = datetime.now(UTC), 0, STEP
        while deleted == STEP:
            old = select(keys.c.digest).where(keys.c.expires_at <= now).limit(STEP)
            async with self.store.begin() as session:
                result: Any = await session.execute(
                    delete(keys).where(keys.c.digest.in_(old), keys.c.expires_at <= now)
                )
                deleted = int(result.rowcount)
            total += deleted
        return total

    async def ping(self) -> None:
        async with self.store.read() as session:
            await session.execute(select(keys.c.digest).limit(1))


def _is(claim: Claim) -> Any:
    return (keys.c.digest == claim.digest) & (keys.c.attempt == claim.attempt) & keys.c.status.is_(None)


def _of(claim: Claim) -> Update:
    return update(keys).where(_is(claim))


async def _changed(session: AsyncSession, statement: Any) -> bool:
    result: Any = await session.execute(statement)
    return bool(result.rowcount)


async def _locked(session: AsyncSession, name: str) -> Row[Any] | None:
    """The row, which nobody else changes before we are done; None where it has just been removed."""
    return (await session.execute(select(*keys.c).where(keys.c.digest == name).with_for_update())).one_or_none()
