"""Recognising keys: from memory where possible, and never longer than a key is good."""

import hmac
import math
import time
from collections import OrderedDict

import attrs
from sqlalchemy import select
from starlette.authentication import AuthCredentials, AuthenticationError

from pegboard import Principal
from pegboard_store import Store

from .keys import digest_of, prefix_of
from .tables import KeyRow
from .usage import Usage

TOPIC = "accounts.keys"
NOBODY = bytes(32)

Recognised = tuple[AuthCredentials, Principal]


@attrs.frozen
class Verified:
    """A key that was found good; `expires` is a Unix time."""

    id: str
    expires: float
    answer: Recognised


class Verifier:
    """Keys by digest. A revoked key is forgotten in all processes by way of `Store.changes`.

    What is not a good key is not remembered at all, so that nobody can fill the memory with guesses.
    """

    def __init__(self, store: Store, usage: Usage, size: int) -> None:
        self._store = store
        self._usage = usage
        self._size = size
        self._verified: OrderedDict[bytes, Verified] = OrderedDict()
        self._digests: dict[str, bytes] = {}
        self._generation = 0
        self._fixed: tuple[bytes, Recognised] | None = None
        self._poll = store.changes.poll
        store.changes.subscribe(TOPIC, self._forget)

    def fix(self, text: str, principal: Principal) -> None:
        """Accept a key that is not in the database, such as one from the environment."""
        self._fixed = digest_of(text), _answer(principal)

    async def recognise(self, text: str) -> Recognised:
        """Whose key this is. Raises AuthenticationError, in the same words for whatever is wrong with it."""
        digest = digest_of(text)
        if self._fixed is not None and hmac.compare_digest(digest, self._fixed[0]):
            return self._fixed[1]
        self._poll()
        verified = self._verified.get(digest)
        if verified is None:
            verified = await self._look_up(text, digest)
        else:
            self._verified.move_to_end(digest)
        now = time.time()
        if verified.expires <= now:
            raise AuthenticationError("the key is not valid")
        self._usage.note(verified.id, now)
        return verified.answer

    async def _look_up(self, text: str, digest: bytes) -> Verified:
        prefix, generation = prefix_of(text), self._generation
        if prefix is None:
            raise AuthenticationError("the key is not valid")
        async with self._store.read() as session:
            row = await session.scalar(select(KeyRow).where(KeyRow.prefix == prefix))
        good = hmac.compare_digest(digest, row.digest if row else NOBODY)
        if row is None or not good or row.revoked_at is not None:
            raise AuthenticationError("the key is not valid")
        verified = Verified(
            row.id, row.expires_at.timestamp() if row.expires_at else math.inf, _answer(_principal(row))
        )
        self._poll()
        if generation == self._generation:
            self._keep(digest, verified)
        return verified

    def _keep(self, digest: bytes, verified: Verified) -> None:
        self._verified[digest] = verified
        self._digests[verified.id] = digest
        while len(self._verified) > self._size:
            _, oldest = self._verified.popitem(last=False)
            self._digests.pop(oldest.id, None)

    def _forget(self, key: str | None) -> None:
        self._generation += 1
        if key is None:
            self._verified.clear()
            self._digests.clear()
            return
        digest = self._digests.pop(key, None)
        if digest is not None:
            self._verified.pop(digest, None)


def _principal(row: KeyRow) -> Principal:
    return Principal(
        id=row.user_id,
        tenant=row.tenant,
        username=row.username,
        email=row.email,
        scopes=frozenset(row.scopes),
        credential=row.id,
    )


def _answer(principal: Principal) -> Recognised:
    return AuthCredentials(sorted(principal.scopes)), principal
