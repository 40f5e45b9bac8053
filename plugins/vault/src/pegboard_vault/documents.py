"""Sealed values within JSON documents: ``{"sealed": "<envelope>"}`` where the value was."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

from pegboard import Secret

from .envelope import Place
from .vault import Vault

MARK = "sealed"
MASK = "***"
"""What answers show of a secret. Where it comes back it means: keep what is stored."""


def is_sealed(value: object) -> bool:
    return isinstance(value, Mapping) and value.keys() == {MARK} and isinstance(value[MARK], str)


def sealed(vault: Vault, value: Any, place: Place) -> dict[str, str]:
    """Any JSON value, sealed, as it is put into a document."""
    return {MARK: vault.seal(Secret(orjson.dumps(value).decode()), place)}


def opened(vault: Vault, document: Any, place: Place) -> Any:
    """The document with all its sealed values open. Raises KeyMissing and SealBroken."""
    return _mapped(document, lambda text: orjson.loads(vault.open(text, place).reveal()))


def envelopes(document: Any) -> Iterator[str]:
    """The envelopes in a document, for `Entry.values`."""
    if is_sealed(document):
        yield document[MARK]
    elif isinstance(document, Mapping | list):
        for part in document.values() if isinstance(document, Mapping) else document:
            yield from envelopes(part)


def exchanged(document: Any, new: Mapping[str, str]) -> Any | None:
    """The document with `new[old]` in the place of each envelope `old`, for `Sealed.replace`; None if one is gone."""
    if not set(new) <= set(envelopes(document)):
        return None
    return _mapped(document, lambda text: {MARK: new.get(text, text)})


def _mapped(document: Any, change: Callable[[str], Any]) -> Any:
    if is_sealed(document):
        return change(document[MARK])
    if isinstance(document, Mapping):
        return {name: _mapped(value, change) for name, value in document.items()}
    return [_mapped(value, change) for value in document] if isinstance(document, list) else document
