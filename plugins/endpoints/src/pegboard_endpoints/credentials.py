"""Credentials of upstreams: which values they are, what stands for them, and the origin that they are for."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import attrs

from pegboard import FieldError, Problem
from pegboard_vault import MASK

from .documents import EndpointData, WidgetDraft

SECRET_NAME = re.compile(
    r".*(authoriz|authentic|cookie|secret|passw|token|credential|session"
    r"|(api|access|auth|subscription|functions|account|shared|private).?key).*",
    re.I,
)
PLACES = ("headers", "params")

Secrets = Mapping[str, Mapping[str, Any]]
"""Values by place and name."""


def is_secret(name: str) -> bool:
    """Whether a header or a parameter of this name holds a credential."""
    return SECRET_NAME.fullmatch(name) is not None


def masked(data: EndpointData) -> EndpointData:
    """The same with credentials hidden."""
    return attrs.evolve(data, headers=_hidden(data.headers), params=_hidden(data.params))


def _hidden(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: MASK if is_secret(name) else value for name, value in values.items()}


def secrets_of(data: EndpointData) -> dict[str, dict[str, Any]]:
    """The credentials that a draft holds: those that are more than the mask."""
    return {
        place: {name: value for name, value in getattr(data, place).items() if is_secret(name) and value != MASK}
        for place in PLACES
    }


def masks_of(data: EndpointData) -> dict[str, list[str]]:
    """The names of credentials that a draft leaves as they are stored."""
    return {
        place: [name for name, value in getattr(data, place).items() if is_secret(name) and value == MASK]
        for place in PLACES
    }


def revealed(data: EndpointData, secrets: Secrets) -> EndpointData:
    """The same with credentials in the place of their masks."""
    headers, params = ({**getattr(data, place), **secrets.get(place, {})} for place in PLACES)
    return attrs.evolve(data, headers=headers, params=params)


def check_masks(
    draft: WidgetDraft, stored: WidgetDraft | None, patch: Mapping[str, Any], pointer: str = "/endpoint_data"
) -> None:
    """Where `patch` has the mask or says nothing of them, stored credentials are meant.

    Raises Problem 422 where nothing is stored, and where the upstream is another origin than the credentials were
    given for: whoever may change the address may not have them sent to himself.
    """
    errors = list(_mistakes(draft, stored, patch.get("endpoint_data") or {}, pointer))
    if errors:
        extra = {"error_code": "CREDENTIAL_NEEDED"}
        raise Problem(422, "credential-needed", "a credential must be sent again", errors=errors, extra=extra)


def _mistakes(
    draft: WidgetDraft, stored: WidgetDraft | None, sent: Mapping[str, Any], within: str
) -> Iterator[FieldError]:
    moved = stored is not None and origin(draft.endpoint) != origin(stored.endpoint)
    for place in PLACES:
        for name, value in getattr(draft.endpoint_data, place).items():
            if not is_secret(name):
                continue
            pointer = f"{within}/{place}/{name}"
            given = (sent.get(place) or {}).get(name, MASK) != MASK
            if moved and not given:
                yield FieldError("was given for another origin: send it again, or take it out", pointer)
            elif value == MASK and _known(stored, place, name) is None:
                yield FieldError("is the mask of a stored value, but none is stored: send the value", pointer)


def _known(stored: WidgetDraft | None, place: str, name: str) -> Any:
    return found(getattr(stored.endpoint_data, place), name) if stored else None


def found(values: Mapping[str, Any], name: str) -> Any:
    """The value of a name, whatever its case; None where it is not there."""
    return next((value for known, value in values.items() if known.lower() == name.lower()), None)


def origin(url: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port (RFC 6454)."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
