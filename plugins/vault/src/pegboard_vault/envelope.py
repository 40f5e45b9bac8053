"""What a sealed value looks like: ``pv1.<key id>.<base64url of nonce, ciphertext and tag>``.

AES-256-GCM (NIST SP 800-38D) with a random nonce of 96 bits and a tag of 128. The key's id and the place are
authenticated with it.
"""

import binascii
import os
import re

import attrs
import orjson
from cryptography.exceptions import InvalidTag

from .errors import SealBroken
from .keys import Key, decode, encode

VERSION = "pv1"
NONCE = 12
TAG = 16
FORM = re.compile(r"pv1\.([0-9a-f]{16})\.([A-Za-z0-9_-]+)")


@attrs.frozen
class Place:
    """What a sealed value belongs to. It opens for no other: what was sealed for one row is of no use in another.

    `owner` names the row, such as ``widget_17``; `purpose` what the value is for there.
    """

    tenant: str
    owner: str
    purpose: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.owner, self.purpose) if part)


def seal(data: bytes, place: Place, key: Key) -> str:
    nonce = os.urandom(NONCE)
    return f"{VERSION}.{key.id}.{encode(nonce + key.cipher.encrypt(nonce, data, _bound(place, key.id)))}"


def unseal(text: str, place: Place, key: Key) -> bytes:
    """Raises SealBroken."""
    body = _parts(text)[1]
    try:
        return key.cipher.decrypt(body[:NONCE], body[NONCE:], _bound(place, key.id))
    except InvalidTag:
        raise SealBroken(f"it is damaged, or was sealed for another place than {place}") from None


def key_id(text: str) -> str:
    """Raises SealBroken for what is no envelope."""
    return _parts(text)[0]


def _parts(text: str) -> tuple[str, bytes]:
    found = FORM.fullmatch(text)
    if found is None:
        raise SealBroken(f"it is no envelope of the form {VERSION}.<key id>.<base64url>")
    try:
        body = decode(found[2])
    except binascii.Error:
        body = b""
    if encode(body) != found[2] or len(body) < NONCE + TAG:
        raise SealBroken("it is cut off or changed")
    return found[1], body


def _bound(place: Place, name: str) -> bytes:
    # a list in JSON, so that no two places are written alike
    return orjson.dumps([VERSION, name, place.tenant, place.owner, place.purpose])
