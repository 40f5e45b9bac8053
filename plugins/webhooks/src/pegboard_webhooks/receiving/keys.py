"""What tells an event from another of the same address: the sender's id, or the digest of what he sent."""

import hashlib
from typing import Any

from ..schemes.contract import Delivery, Verified
from .contract import Hook

LONGEST = 500


def key_of(hook: Hook, delivery: Delivery, verified: Verified, document: Any) -> str:
    """An id that the signature covers; else what the hook says; else the digest of time stamp and body.

    An id that is not signed is no proof of anything: who replays a body could give it another one.
    """
    if verified.id and verified.signed_id:
        return _named("id", verified.id)
    if hook.event_id is not None and (found := hook.event_id(document)):
        return _named("path", found)
    if hook.id_header and (found := delivery.optional(hook.id_header)):
        return _named("header", found)
    content = f"{verified.timestamp or ''}\n".encode() + delivery.body
    return f"digest:{hashlib.sha256(content).hexdigest()}"


def _named(kind: str, text: str) -> str:
    if len(text) <= LONGEST and text.isprintable():
        return f"{kind}:{text}"
    return f"{kind}-digest:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"
