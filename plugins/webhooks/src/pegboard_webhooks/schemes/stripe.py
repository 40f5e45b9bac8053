"""Stripe: time stamp and signatures in one header, ``t=…,v1=…``."""

from collections.abc import Sequence

import attrs

from pegboard import Secret, setting

from .comparing import TOLERANCE, fresh, matching, needed
from .contract import Delivery, Message, Refused, Signed, Verified, WebhookScheme
from .hmacs import decoded, digest

HEADER = "Stripe-Signature"


@attrs.frozen
class StripeConfig:
    """``stripe``"""

    toleranceSeconds: int = setting(
        TOLERANCE, help="how far the time of an event may be from ours", validator=attrs.validators.ge(1)
    )


def verify(config: StripeConfig, secrets: Sequence[Secret], delivery: Delivery) -> Verified:
    pairs = [item.strip().partition("=") for item in delivery.header(HEADER).split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    if len(times) != 1:
        raise Refused("malformed", f"{HEADER} must have one t=")
    # v0 is of test events only, and no proof: Stripe's documentation says to ignore all but v1
    offered = [decoded(value, "hex") for name, _, value in pairs if name == "v1"]
    content = times[0].encode("utf-8", "surrogateescape") + b"." + delivery.body
    place = matching(offered, [digest("hmac-sha256", secret, content) for secret in needed(secrets)])
    return Verified(place, timestamp=fresh(times[0], delivery, config.toleranceSeconds))


def sign(config: StripeConfig, secret: Secret, message: Message) -> Signed:
    signature = digest("hmac-sha256", secret, f"{message.timestamp}.".encode() + message.body)
    return Signed({HEADER: f"t={message.timestamp},v1={signature.hex()}"}, message.url)


STRIPE = WebhookScheme("stripe", "Stripe's Stripe-Signature", StripeConfig, verify=verify, sign=sign)
