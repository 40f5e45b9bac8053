"""What goes over the wire: the body in its format, and headers that sign it (Standard Webhooks, 1.0)."""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import attrs
import orjson

from pegboard import Secret
from pegboard_egress import EgressRequest, Timeouts

from .. import cloud_events
from ..schemes.contract import Message
from ..schemes.standard import STANDARD, StandardConfig
from .sealing import Generation

Format = Literal["standard", "cloudevents", "cloudevents-binary"]
JSON = "application/json"
ANSWER = 64 * 1024
"""Bytes of an answer that are read; it is not looked at but for its status."""


@attrs.frozen
class Letter:
    """An event, and how it is to be written. `format` is "" for a body that is sent as it is."""

    id: str
    type: str
    subject: str
    data: bytes = attrs.field(repr=False)
    created_at: datetime
    format: Format | Literal[""]
    source: str


def request_of(letter: Letter, url: str, secrets: Sequence[Generation], seconds: float) -> EgressRequest:
    """A request that is signed now, with every secret that counts. Redirects are not followed: they lose the body."""
    headers, body = written(letter)
    now, content_type = int(time.time()), headers.get("content-type", JSON)
    message = Message(letter.id, now, body, url, content_type)
    signed = [dict(STANDARD.sign(StandardConfig(), Secret(one.secret), message).headers) for one in secrets]
    signatures = " ".join(one["webhook-signature"] for one in signed)
    return EgressRequest(
        url=url,
        method="POST",
        headers={**headers, "content-type": content_type, **signed[0], "webhook-signature": signatures},
        content=body,
        timeout=Timeouts(total=seconds),
        max_body=ANSWER,
        follow_redirects=False,
    )


def written(letter: Letter) -> tuple[dict[str, str], bytes]:
    """Headers and body of the format."""
    if not letter.format:
        return {}, letter.data
    data: Any = orjson.loads(letter.data)
    if letter.format == "standard":
        stamp = letter.created_at.isoformat().replace("+00:00", "Z")
        return {}, orjson.dumps({"type": letter.type, "timestamp": stamp, "data": data})
    attributes = {"id": letter.id, "source": letter.source, "type": letter.type, "time": letter.created_at}
    if letter.subject:
        attributes["subject"] = letter.subject
    mode: cloud_events.Mode = "structured" if letter.format == "cloudevents" else "binary"
    made = cloud_events.write(attributes, data, mode)
    return dict(made.headers), made.body
