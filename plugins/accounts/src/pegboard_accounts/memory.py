"""Credentials that were found good, kept in memory until something about them changes."""

from collections import OrderedDict, defaultdict
from collections.abc import Generator

import attrs
from starlette.authentication import AuthCredentials

from pegboard import Principal
from pegboard_store import Store

KEYS = "accounts.keys"
SESSIONS = "accounts.sessions"
USERS = "accounts.users"

Recognised = tuple[AuthCredentials, Principal]


@attrs.frozen
class Verified:
    """A credential that was found good; `expires` is a Unix time, `subjects` are what it stands and falls with."""

    id: str
    expires: float
    answer: Recognised
    subjects: tuple[str, ...]


@attrs.frozen
class Known:
    """An answer that is there already, for whoever awaits it: a coroutine for each request would cost more."""

    answer: Recognised

    def __await__(self) -> Generator[None, None, Recognised]:
        return self.answer
        yield  # what makes it a generator


class Memory:
    """Good credentials by digest. News of a key, a session or a user make all processes forget what hangs on it.

    What is not good is not remembered at all, so that nobody can fill the memory with guesses.
    """

    def __init__(self, store: Store, size: int) -> None:
        self._size = size
        self._verified: OrderedDict[bytes, Verified] = OrderedDict()
        self._digests: defaultdict[str, set[bytes]] = defaultdict(set)
        self.generation = 0
        self._poll = store.changes.poll
        for topic in (KEYS, SESSIONS, USERS):
            store.changes.subscribe(topic, self._forget)

    def get(self, digest: bytes) -> Verified | None:
        """What is known of the credential, as far as all news have arrived."""
        self._poll()
        found = self._verified.get(digest)
        if found is not None:
            self._verified.move_to_end(digest)
        return found

    def keep(self, digest: bytes, verified: Verified, generation: int) -> None:
        """Remember what was looked up, unless news came after the `generation` in which that began."""
        self._poll()
        if generation != self.generation:
            return
        self._verified[digest] = verified
        for subject in verified.subjects:
            self._digests[subject].add(digest)
        while len(self._verified) > self._size:
            self._drop(next(iter(self._verified)))

    def _drop(self, digest: bytes) -> None:
        for subject in self._verified.pop(digest).subjects:
            self._digests[subject].discard(digest)
            if not self._digests[subject]:
                del self._digests[subject]

    def _forget(self, subject: str | None) -> None:
        self.generation += 1
        if subject is None:
            self._verified.clear()
            self._digests.clear()
            return
        for digest in tuple(self._digests.get(subject, ())):
            self._drop(digest)


def recognised(principal: Principal) -> Recognised:
    return AuthCredentials(sorted(principal.scopes)), principal
