"""Recognising access tokens: by signature, and by whether what they were given for still holds."""

import time
from typing import Any

import attrs
from jwt import InvalidTokenError
from sqlalchemy import and_, select
from starlette.authentication import AuthenticationError

from pegboard import Principal
from pegboard_store import Store

from .keys import digest_of
from .memory import Memory, Recognised, Verified, recognised
from .signing import Signing
from .tables import MemberRow, SessionRow, UserRow
from .verifier import Roles, Verifier

LONGEST = 8192
REFUSED = "the token is not valid"


def looks_like_token(text: str) -> bool:
    """Whether a text has the form of a signed token (RFC 7515, section 3.1); keys have another."""
    return text.count(".") == 2


class TokenVerifier:
    """A token is good while its session, its user's membership and its own time last; roles are those of today."""

    def __init__(self, store: Store, signing: Signing, memory: Memory, keys: Verifier, roles: Roles) -> None:
        self._store = store
        self._signing = signing
        self._memory = memory
        self._keys = keys
        self._roles = roles

    async def recognise(self, text: str) -> Recognised:
        """Whose token this is. Raises AuthenticationError, in the same words for whatever is wrong with it."""
        return (await self.verified(text)).answer

    async def verified(self, text: str) -> Verified:
        """The same, with the session, and the Unix time until which it is good."""
        digest = b"token" + digest_of(text)  # the memory is shared: a token must not be found where a key is asked for
        found = self._memory.get(digest) or await self._look_up(text, digest)
        if found.expires <= time.time():
            raise AuthenticationError(REFUSED)
        return found

    def claims(self, text: str) -> dict[str, Any]:
        """What a token of ours says. Raises AuthenticationError."""
        signer = self._signing.for_verifying()
        if signer is None or len(text) > LONGEST:
            raise AuthenticationError(REFUSED)
        try:
            return signer.verify(text)
        except InvalidTokenError:
            raise AuthenticationError(REFUSED) from None

    async def _look_up(self, text: str, digest: bytes) -> Verified:
        generation = self._memory.generation
        claims = self.claims(text)
        session, key = claims.get("sid"), claims.get("key")
        found = await (self._of_key(key) if isinstance(key, str) else self._of_session(session))
        principal = found.answer[1] if found else None
        if found is None or principal is None or (principal.id, principal.tenant) != (claims["sub"], claims["tenant"]):
            raise AuthenticationError(REFUSED)
        verified = attrs.evolve(found, expires=min(found.expires, float(claims["exp"])))
        self._memory.keep(digest, verified, generation)
        return verified

    async def _of_key(self, key: str) -> Verified | None:
        return await self._keys.by_id(key)

    async def _of_session(self, session_id: object) -> Verified | None:
        if not isinstance(session_id, str):
            return None
        is_members = and_(MemberRow.tenant == SessionRow.tenant, MemberRow.user_id == SessionRow.user_id)
        statement = (
            select(SessionRow, UserRow, MemberRow)
            .join(UserRow, UserRow.id == SessionRow.user_id)
            .join(MemberRow, is_members)
            .where(SessionRow.id == session_id, SessionRow.revoked_at.is_(None), MemberRow.is_active)
        )
        async with self._store.read() as session:
            found = (await session.execute(statement)).first()
        if found is None:
            return None
        row, user, member = found
        principal = principal_of(user, member, self._roles, row.id)
        return Verified(row.id, row.expires_at.timestamp(), recognised(principal), (row.id, user.id))


def principal_of(user: UserRow, member: MemberRow, roles: Roles, credential: str = "") -> Principal:
    """A user as the caller that he is in one tenant."""
    return Principal(
        id=user.id,
        tenant=member.tenant,
        username=user.username or user.email,
        email=user.email,
        roles=frozenset({member.role}),
        scopes=frozenset(roles.get(member.role, ())),
        credential=credential,
    )
