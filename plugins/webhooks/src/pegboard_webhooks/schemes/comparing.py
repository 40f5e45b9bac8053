"""Comparing signatures and clocks."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Sequence

from pegboard import Secret

from .contract import Delivery, Refused

TOLERANCE = 300  # seconds: what Standard Webhooks, Stripe and Slack recommend
OFFERED = 16  # signatures in one delivery: while secrets are replaced there are two or three


def equal(one: bytes, other: bytes) -> bool:
    """Whether two signatures are the same, in a time that says nothing about either, nor about their lengths."""
    return hmac.compare_digest(hashlib.sha256(one).digest(), hashlib.sha256(other).digest())


def matching(offered: Sequence[bytes], expected: Iterable[bytes]) -> int:
    """The place of the first secret whose signature is among those offered. Every pair is compared.

    Raises Refused.
    """
    if len(offered) > OFFERED:
        raise Refused("malformed", f"the delivery has {len(offered)} signatures; {OFFERED} are allowed")
    fitting = [index for index, own in enumerate(expected) for other in offered if equal(own, other)]
    if not fitting:
        raise Refused("wrong-signature", "the signature does not fit: the body was changed, or the secret is another")
    return fitting[0]


def needed(secrets: Sequence[Secret]) -> Sequence[Secret]:
    """The secrets. Raises Refused where there is none, or an empty one, that anybody could sign with."""
    if not secrets or not all(secrets):
        raise Refused("no-secret", "there is no secret to verify with")
    return secrets


def fresh(timestamp: str, delivery: Delivery, tolerance: int) -> int:
    """A time stamp as a number. Raises Refused where it is no time, or too far from when the delivery was received."""
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        raise Refused("malformed", "the time stamp is not a number of seconds")
    age = delivery.received - int(timestamp)
    if abs(age) > tolerance:
        when = "old" if age > 0 else "in the future"
        raise Refused("stale", f"the time stamp is {abs(age):.0f} s {when}; {tolerance} s are allowed")
    return int(timestamp)


def from_base64(text: str) -> bytes:
    """The bytes. Raises Refused for what is not base64, and for a second spelling of the same bytes."""
    try:
        data = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        raise Refused("malformed", "the signature is not base64") from None
    if base64.b64encode(data).decode() != text:
        raise Refused("malformed", "the signature has bits after its last byte")
    return data
