"""Values that every database takes: PostgreSQL has no room for NUL characters, neither in text nor in JSON."""

import re
from typing import Any

import orjson

NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
LARGEST = 8 * 1024 * 1024  # bytes of a document


def plain(text: str) -> str:
    return text.replace("\0", "\ufffd")


def plain_document(value: Any) -> Any:
    """Raises ValueError for what is no JSON, or more of it than is kept."""
    text = document(value)
    return orjson.loads(NUL.sub(rb"\1\\ufffd", text)) if b"\\u0000" in text else value


def document(value: Any) -> bytes:
    """A value as JSON. Raises ValueError."""
    try:
        text = orjson.dumps(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"it is no JSON ({error})") from None
    if len(text) > LARGEST:
        raise ValueError(f"it has {len(text)} bytes; at most {LARGEST} are kept")
    return text


def has_nul(value: Any) -> bool:
    return NUL.search(document(value)) is not None
