"""Records on their way into the database: documents in one form, each with a digest of it."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from hashlib import blake2b
from typing import Any

import attrs
import orjson

from .errors import not_storable

LONGEST = 500
"""Characters of an external id; an index entry of PostgreSQL has room for 2,700 bytes."""

DIGEST = 16

Row = tuple[str, bytes, str]


@attrs.frozen
class Item:
    """A record as its source knows it: `external_id` is its own within tenant and shard type."""

    external_id: str
    data: Mapping[str, Any]


@attrs.frozen
class Upserted:
    """What became of the distinct external ids of a batch: the three add up to their number."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: "Upserted") -> "Upserted":
        return Upserted(self.created + other.created, self.updated + other.updated, self.unchanged + other.unchanged)


def rows_of(documents: Mapping[str, Mapping[str, Any]]) -> list[Row]:
    """(external id, digest, document) in the order of the ids.

    Raises Problem 422, with the external id, for what a database cannot hold.
    """
    check_ids(documents)
    return [(key, *canonical(key, documents[key])) for key in sorted(documents)]


def canonical(external_id: str, data: Mapping[str, Any]) -> tuple[bytes, str]:
    """The digest of a document and its JSON. The order of its keys counts in neither. Raises Problem 422."""
    try:
        document = orjson.dumps(data, _plain, orjson.OPT_SORT_KEYS)
    except TypeError as error:
        raise not_storable(external_id, str(error)) from None
    if b"\\u0000" in document and _has_nul(data):
        raise not_storable(external_id, "a text holds the character U+0000")
    return blake2b(document, digest_size=DIGEST).digest(), document.decode()


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"a {type(value).__name__} has no JSON form")


def _has_nul(value: Any) -> bool:
    # a backslash before "u0000" looks the same in JSON, so the values themselves are asked
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, Mapping):
        return any(_has_nul(inner) for pair in value.items() for inner in pair)
    return isinstance(value, list | tuple) and any(map(_has_nul, value))


def check_ids(ids: Mapping[str, Any]) -> None:
    """Raises Problem 422 for an external id that is empty, too long or no text; in the good case all at once."""
    try:
        joined = "".join(ids).encode()
    except (TypeError, UnicodeEncodeError):
        joined = b"\0"
    if b"\0" in joined or not all(ids) or max(map(len, ids), default=0) > LONGEST:
        for key in ids:
            for reason in id_mistakes(key):
                raise not_storable(key, reason)


def id_mistakes(key: Any) -> Iterator[str]:
    """Why something cannot be an external id."""
    if not isinstance(key, str):
        yield f"an external id is a text, not {type(key).__name__}"
    elif not key:
        yield "the external id is empty"
    elif len(key) > LONGEST:
        yield f"an external id may have {LONGEST} characters; this one has {len(key)}"
    elif "\0" in key or _unpaired(key):
        yield "the external id holds a character that is not allowed: U+0000, or half of a surrogate pair"


def _unpaired(key: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in key)
