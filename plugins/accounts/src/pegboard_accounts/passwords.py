"""Passwords: which are taken, and how they are hashed and checked, off the event loop and only so many at a time.

New hashes are argon2id (RFC 9106). Those of bcrypt, and of another cost, are accepted, and replaced when their owner
signs in.
"""

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TypeVar

import anyio
import anyio.to_thread
from pwdlib import PasswordHash
from pwdlib.exceptions import PwdlibError
from pwdlib.hashers.argon2 import Argon2Hasher
from pwdlib.hashers.bcrypt import BcryptHasher

from .errors import HashingBusy, invalid

T = TypeVar("T")

SHORTEST = 8
LONGEST = 1024
"""Bytes; a bound for the work that a caller may ask for."""
BCRYPT_BYTES = 72
"""More of a password bcrypt never saw, and its library now refuses."""
WAITING = 100

COSTS: dict[str, dict[str, int]] = {
    "rfc9106": {"memory_cost": 65_536, "time_cost": 3, "parallelism": 4},
    "owasp": {"memory_cost": 19_456, "time_cost": 2, "parallelism": 1},
}
"""Memory in KiB, passes and threads: the second choice of RFC 9106, section 4, and the least that OWASP's Password
Storage Cheat Sheet asks for."""


class Passwords:
    """The hasher of one app."""

    def __init__(self, at_a_time: int, cost: str = "rfc9106") -> None:
        """`cost` is a name of `COSTS`."""
        self._hash = PasswordHash((Argon2Hasher(**COSTS[cost]), BcryptHasher()))
        self._limiter = anyio.CapacityLimiter(at_a_time)
        self.checked = 0
        """How many hashes were computed or compared."""

    async def hash(self, password: str) -> str:
        """Raises `HashingBusy`."""
        self.checked += 1
        return await self._run(lambda: self._hash.hash(password))

    async def check(self, password: str, hash: str | None) -> tuple[bool, str | None]:
        """Whether the password is that of the hash, and a new hash where the old one is of another kind or cost.

        Without a hash it takes as long, and is False: nobody can tell by the time whether there is an account.
        """
        if len(password.encode("utf-8", "surrogatepass")) > LONGEST:
            password, hash = "", None
        nobody = self._nobody if "_nobody" in vars(self) else await self._run(lambda: self._nobody)
        self.checked += 1
        good, fresh = await self._run(lambda: self._check(password, hash or nobody))
        return good and hash is not None, fresh

    @cached_property
    def _nobody(self) -> str:
        return self._hash.hash("nobody has this password")

    def _check(self, password: str, hash: str) -> tuple[bool, str | None]:
        given = password.encode("utf-8", "surrogatepass")
        if BcryptHasher.identify(hash):
            good = self._hash.verify(given[:BCRYPT_BYTES], hash)
            return good, self._hash.hash(given) if good else None
        try:
            return self._hash.verify_and_update(given, hash)
        except PwdlibError:  # a hash of no kind that we know: nobody signs in with it
            return False, None

    async def _run(self, work: Callable[[], T]) -> T:
        if self._limiter.statistics().tasks_waiting >= WAITING:
            raise HashingBusy()
        return await anyio.to_thread.run_sync(work, limiter=self._limiter)


def check_password(password: str, own: Iterable[str], pointer: str = "/password") -> None:
    """Raises `Problem` 422 for a password that is too short, too long, or mostly one of its owner's own words."""
    if len(password) < SHORTEST:
        raise invalid(pointer, f"must have at least {SHORTEST} characters")
    if len(password.encode("utf-8", "surrogatepass")) > LONGEST:
        raise invalid(pointer, f"may have at most {LONGEST} bytes")
    if any("\ud800" <= letter <= "\udfff" for letter in password):
        raise invalid(pointer, "must be text")
    folded = password.casefold()
    if any(word and word in folded and 2 * len(word) > len(folded) for word in _words(own)):
        raise invalid(pointer, "must not be your own name or e-mail address")


def _words(own: Iterable[str]) -> set[str]:
    folded = {text.casefold() for text in own}
    return folded | {text.partition("@")[0] for text in folded}
