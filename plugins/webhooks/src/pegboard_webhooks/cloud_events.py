"""CloudEvents 1.0 (cloudevents.io) over HTTP: structured and binary mode, as they come and as they are sent."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from urllib.parse import unquote

import attrs
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.exceptions import CloudEventValidationError
from cloudevents.core.v1.event import CloudEvent

from pegboard import Problem

STRUCTURED, PREFIX = "application/cloudevents+json", "ce-"
REQUIRED = ("specversion", "id", "source", "type")
DATA = ("data", "data_base64")
Mode = Literal["structured", "binary"]


@attrs.frozen
class Written:
    """An event as HTTP has it."""

    headers: Mapping[str, str]
    body: bytes = attrs.field(repr=False)


def is_structured(media: str) -> bool:
    return media == STRUCTURED


def is_binary(headers: Iterable[tuple[str, str]]) -> bool:
    return any(name == f"{PREFIX}specversion" for name, _ in headers)


def structured(document: Any) -> Any:
    """The document of structured mode, checked. Raises Problem 400."""
    if not isinstance(document, dict):
        raise _invalid(["it is no object"])
    _check({name: value for name, value in document.items() if name not in DATA})
    return document


def binary(headers: Sequence[tuple[str, str]], data: Any) -> Any:
    """The event of binary mode, in the shape that structured mode has. Raises Problem 400."""
    given = [(name[len(PREFIX) :], unquote(value)) for name, value in headers if name.startswith(PREFIX)]
    attributes = dict(given)
    if len(attributes) < len(given):
        raise _invalid(["an attribute is there twice"])
    media = next((value for name, value in headers if name == "content-type"), "")
    _check(attributes)
    return {**attributes, **({"datacontenttype": media} if media else {}), "data": data}


def write(attributes: Mapping[str, Any], data: Mapping[str, Any], mode: Mode) -> Written:
    """An event as it is sent. `attributes` has ``id``, ``source``, ``type``, and ``time`` as a datetime."""
    event = CloudEvent({"specversion": "1.0", "datacontenttype": "application/json", **attributes}, dict(data))
    message = to_structured_event(event) if mode == "structured" else to_binary_event(event)
    return Written(message.headers, message.body)


def _check(attributes: Mapping[str, Any]) -> None:
    # the SDK gives an event without an id or a version one of its own, which says nothing of what was sent
    missing = [f"{name} is missing" for name in REQUIRED if not attributes.get(name)]
    if missing:
        raise _invalid(missing)
    values = dict(attributes)
    if "time" in values:
        values["time"] = _time(values["time"])
    try:
        CloudEvent(values)
    except CloudEventValidationError as error:
        raise _invalid([str(one) for found in error.errors.values() for one in found]) from None


def _time(text: Any) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except (ValueError, TypeError):
        raise _invalid(["time is no time such as 2026-01-31T12:00:00Z (RFC 3339)"]) from None


def _invalid(reasons: Sequence[str]) -> Problem:
    return Problem(400, "invalid-cloudevent", f"The CloudEvent is not valid: {'; '.join(reasons[:5])}")
