"""Credentials of upstreams: read back as a mask, kept where it comes back, sent to the origin they were given for."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import attrs

from pegboard import FieldError, Problem

from .documents import EndpointData, WidgetDraft

MASK = "***"
SECRET_NAME = re.compile(
    r".*(authoriz|authentic|cookie|secret|passw|token|credential|session"
    r"|(api|access|auth|subscription|functions|account|shared|private).?key).*",
    re.I,
)
PLACES = ("headers", "params")


def is_secret(name: str) -> bool:
    """Whether a header or a parameter of this name holds a credential."""
    return SECRET_NAME.fullmatch(name) is not None


def masked(data: EndpointData) -> EndpointData:
    """The same with credentials hidden."""
    return attrs.evolve(data, headers=_hidden(data.headers), params=_hidden(data.params))


def _hidden(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: MASK if is_secret(name) else value for name, value in values.items()}


def unmasked(draft: WidgetDraft, stored: WidgetDraft | None, patch: Mapping[str, Any]) -> WidgetDraft:
    """Put stored credentials back where `patch` has the mask or says nothing of them.

    Raises Problem 422 where nothing is stored, and where the upstream is another origin than the credentials were
    given for: whoever may change the address may not have them sent to himself.
    """
    errors = list(_mistakes(draft, stored, patch.get("endpoint_data") or {}))
    if errors:
        extra = {"error_code": "CREDENTIAL_NEEDED"}
        raise Problem(422, "credential-needed", "a credential must be sent again", errors=errors, extra=extra)
    if stored is None:
        return draft
    headers, params = (_restored(draft, stored, place) for place in PLACES)
    return attrs.evolve(draft, endpoint_data=attrs.evolve(draft.endpoint_data, headers=headers, params=params))


def _mistakes(draft: WidgetDraft, stored: WidgetDraft | None, sent: Mapping[str, Any]) -> Iterator[FieldError]:
    moved = stored is not None and origin(draft.endpoint) != origin(stored.endpoint)
    for place in PLACES:
        for name, value in getattr(draft.endpoint_data, place).items():
            if not is_secret(name):
                continue
            pointer = f"/endpoint_data/{place}/{name}"
            given = (sent.get(place) or {}).get(name, MASK) != MASK
            if moved and not given:
                yield FieldError("was given for another origin: send it again, or take it out", pointer)
            elif value == MASK and _known(stored, place, name) is None:
                yield FieldError("is the mask of a stored value, but none is stored: send the value", pointer)


def _known(stored: WidgetDraft | None, place: str, name: str) -> Any:
    values = getattr(stored.endpoint_data, place) if stored else {}
    return next((value for known, value in values.items() if known.lower() == name.lower()), None)


def _restored(draft: WidgetDraft, stored: WidgetDraft, place: str) -> dict[str, Any]:
    values = getattr(draft.endpoint_data, place)
    return {
        name: _known(stored, place, name) if value == MASK and is_secret(name) else value
        for name, value in values.items()
    }


def origin(url: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port (RFC 6454)."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
