"""Recognising keys: from memory where possible, and never longer than a key is good."""

import hmac
import math
import time
from collections.abc import Awaitable, Mapping, Sequence

from sqlalchemy import and_, select
from starlette.authentication import AuthenticationError

from pegboard import Principal
from pegboard.auth import grants
from pegboard_store import Store

from .keys import digest_of, prefix_of
from .memory import Known, Memory, Recognised, Verified, recognised
from .tables import KeyRow, MemberRow
from .usage import Usage

NOBODY = bytes(32)

Roles = Mapping[str, Sequence[str]]


class Verifier:
    """API keys. A user's key grants what he still has, and nothing once he is no active member of its tenant."""

    def __init__(self, store: Store, usage: Usage, memory: Memory, roles: Roles) -> None:
        self._store = store
        self._usage = usage
        self._memory = memory
        self._roles = roles
        self._fixed: tuple[bytes, Verified] | None = None

    def fix(self, text: str, principal: Principal) -> None:
        """Accept a key that is not in the database, such as one from the environment."""
        self._fixed = digest_of(text), Verified(principal.credential, math.inf, recognised(principal), ())

    def fixed(self, digest: bytes) -> Verified | None:
        """Whose key this is, if it is that of the environment."""
        return self._fixed[1] if self._fixed and hmac.compare_digest(digest, self._fixed[0]) else None

    def recognise(self, text: str) -> Awaitable[Recognised]:
        """Whose key this is. Raises AuthenticationError, in the same words for whatever is wrong with it."""
        known = self.known(text)
        return Known(known.answer) if known is not None else self._recognised(text)

    async def _recognised(self, text: str) -> Recognised:
        return self._used(await self._look_up(text, digest_of(text))).answer

    async def verified(self, text: str) -> Verified:
        """The same, with its id and the Unix time until which it is good."""
        return self.known(text) or self._used(await self._look_up(text, digest_of(text)))

    def known(self, text: str) -> Verified | None:
        """The same for a key that needs no look-up, as nearly every request's does; None for any other."""
        digest = digest_of(text)
        fixed = self.fixed(digest)
        if fixed is not None:
            return fixed
        found = self._memory.get(digest)
        return None if found is None else self._used(found)

    def _used(self, found: Verified) -> Verified:
        now = time.time()
        if found.expires <= now:
            raise AuthenticationError("the key is not valid")
        self._usage.note(found.id, now)
        return found

    async def by_id(self, key: str) -> Verified | None:
        """The same for whoever was given a token for a key; None where the key is not good any more."""
        return await self._good(KeyRow.id == key, None)

    async def _look_up(self, text: str, digest: bytes) -> Verified:
        prefix, generation = prefix_of(text), self._memory.generation
        verified = None if prefix is None else await self._good(KeyRow.prefix == prefix, digest)
        if verified is None:
            raise AuthenticationError("the key is not valid")
        self._memory.keep(digest, verified, generation)
        return verified

    async def _good(self, which: object, digest: bytes | None) -> Verified | None:
        is_members = and_(MemberRow.tenant == KeyRow.tenant, MemberRow.user_id == KeyRow.user_id)
        statement = select(KeyRow, MemberRow).outerjoin(MemberRow, is_members).where(which)  # type: ignore[arg-type]
        async with self._store.read() as session:
            found = (await session.execute(statement)).first()
        row, member = found or (None, None)
        matches = digest is None or hmac.compare_digest(digest, row.digest if row else NOBODY)
        if row is None or not matches or row.revoked_at is not None:
            return None
        if row.expires_at is not None and row.expires_at.timestamp() <= time.time():
            return None
        return self._verified(row, member)

    def _verified(self, row: KeyRow, member: MemberRow | None) -> Verified | None:
        scopes, roles = frozenset(row.scopes), frozenset[str]()
        if row.user_id.startswith("usr_"):
            if member is None or not member.is_active:
                return None
            held = self._roles.get(member.role, ())
            scopes, roles = frozenset(scope for scope in scopes if grants(held, scope)), frozenset({member.role})
        principal = Principal(row.user_id, row.tenant, row.username, row.email, roles, scopes, row.id)
        expires = row.expires_at.timestamp() if row.expires_at else math.inf
        return Verified(row.id, expires, recognised(principal), (row.id, row.user_id))
