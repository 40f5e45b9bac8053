"""The service that other plugins seal and open with."""

from typing import Protocol

from pegboard import Secret

from .envelope import Place, key_id, seal, unseal
from .errors import KeyMissing
from .keys import Keyring


class Keys(Protocol):
    """Where keys come from: `place` says it to people."""

    @property
    def place(self) -> str: ...

    def ring(self) -> Keyring: ...


class Vault:
    """Seals what plugins store, and opens it again. One per app."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    @property
    def keys(self) -> tuple[str, ...]:
        """The ids of the keys; the first one seals."""
        return tuple(key.id for key in self._keys.ring().keys)

    @property
    def place(self) -> str:
        """Where the keys are, for people."""
        return self._keys.place

    def seal(self, secret: Secret, place: Place) -> str:
        """An envelope of ASCII text, a third longer than the secret and 60 characters, that opens for `place` only."""
        return seal(secret.reveal().encode(), place, self._keys.ring().first)

    def open(self, envelope: str, place: Place) -> Secret:
        """Raises KeyMissing and SealBroken."""
        name = key_id(envelope)
        key = self._keys.ring().find(name)
        if key is None:
            raise KeyMissing(name, self.place)
        return Secret(unseal(envelope, place, key).decode())

    def key_of(self, envelope: str) -> str:
        """The id of the key that an envelope is sealed under, whether it is here or not. Raises SealBroken."""
        return key_id(envelope)

    async def ping(self) -> str:
        """For health checks."""
        return f"{len(self.keys)} keys; {self.keys[0]} seals"
