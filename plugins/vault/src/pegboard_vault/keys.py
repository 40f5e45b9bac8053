"""Keys, and how they are written down."""

import base64
import binascii
import hashlib
import os
import re
from collections.abc import Iterator

import attrs
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pegboard import Secret

BYTES = 32
ID = re.compile(r"[0-9a-f]{16}")
DISTINCT = 8
"""Random bytes have more different ones than this among 32; a key that was made up by hand has not."""

FORM = f"expected {BYTES} random bytes in base64, as `pegboard vault new-key` prints them"


@attrs.frozen
class Key:
    """256 bits. `id` is made of them, so that a mistyped key is not taken for the one that was meant.

    `text` is how it is written down: ``<id>.<base64url>``.
    """

    id: str
    text: Secret
    cipher: AESGCM = attrs.field(repr=False, eq=False)

    @classmethod
    def of(cls, bits: bytes) -> "Key":
        """Raises ValueError where they are not 32 bytes, or plainly not random."""
        if len(bits) != BYTES:
            raise ValueError(f"{FORM}; these are {len(bits)} bytes")
        if len(set(bits)) < DISTINCT:
            raise ValueError(f"{FORM}; these are not random")
        name = hashlib.sha256(b"pegboard-vault-key" + bits).hexdigest()[:16]
        return cls(name, Secret(f"{name}.{encode(bits)}"), AESGCM(bits))

    @classmethod
    def new(cls) -> "Key":
        return cls.of(os.urandom(BYTES))

    @classmethod
    def read(cls, text: str) -> "Key":
        """``<id>.<base64>``, or base64 alone. Raises ValueError, which does not repeat the text."""
        told, _, encoded = text.rpartition(".")
        try:
            key = cls.of(decode(encoded))
        except binascii.Error:
            raise ValueError(f"{FORM}; this is no base64") from None
        if told and told != key.id:
            raise ValueError(f"it is damaged: it calls itself {_name(told)} and is {key.id}")
        return key


@attrs.frozen
class Keyring:
    """The keys of an app: the first seals, all open."""

    keys: tuple[Key, ...]

    @property
    def first(self) -> Key:
        return self.keys[0]

    def find(self, key_id: str) -> Key | None:
        return next((key for key in self.keys if key.id == key_id), None)

    @classmethod
    def read(cls, text: str) -> "Keyring":
        """Keys between commas, spaces or line ends; lines with ``#`` are comments.

        Raises ValueError, which says the how-manieth key is wrong and does not repeat it.
        """
        words = [word for line in text.splitlines() if line[:1] != "#" for word in line.replace(",", " ").split()]
        keys = tuple(_numbered(words))
        if not keys:
            raise ValueError("there is no key")
        if len({key.id for key in keys}) < len(keys):
            raise ValueError("a key is there twice")
        return cls(keys)


def _numbered(words: list[str]) -> Iterator[Key]:
    for number, word in enumerate(words, 1):
        try:
            yield Key.read(word)
        except ValueError as error:
            raise ValueError(f"key {number} of {len(words)}: {error}") from None


def _name(told: str) -> str:
    # what stands there may be half of a key
    return told if ID.fullmatch(told) else "something else"


def encode(data: bytes) -> str:
    """Base64url without padding (RFC 4648, section 5)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Either alphabet, with padding or without. Raises binascii.Error."""
    plain = text.rstrip("=").replace("+", "-").replace("/", "_")
    try:
        return base64.b64decode(plain.encode() + b"=" * (-len(plain) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise binascii.Error(str(error)) from None
