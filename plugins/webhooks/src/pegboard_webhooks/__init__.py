"""Webhooks: the schemes by which senders sign their events."""

from collections.abc import Iterable

from pegboard import Point, hookimpl

from .schemes.contract import Answer, Delivery, Message, Refused, Signed, Verified, WebhookScheme
from .schemes.hmacs import HMAC, HmacConfig
from .schemes.message_signatures import MESSAGE_SIGNATURE, MessageSignatureConfig
from .schemes.plain import BASIC, NONE, BasicConfig, NoneConfig
from .schemes.senders import GITHUB, SHOPIFY, SLACK, SlackConfig
from .schemes.standard import STANDARD, StandardConfig
from .schemes.stripe import STRIPE, StripeConfig
from .schemes.twilio import TWILIO, TwilioConfig

__version__ = "0.1.0"

__all__ = [
    "Answer",
    "BasicConfig",
    "Delivery",
    "HmacConfig",
    "Message",
    "MessageSignatureConfig",
    "NoneConfig",
    "Refused",
    "Signed",
    "SlackConfig",
    "StandardConfig",
    "StripeConfig",
    "TwilioConfig",
    "Verified",
    "WebhookScheme",
]


@hookimpl
def pegboard_points() -> Point:
    return Point("webhook-schemes", "Ways to sign events", hook="pegboard_webhook_schemes", record=WebhookScheme)


@hookimpl
def pegboard_webhook_schemes() -> Iterable[WebhookScheme]:
    return (HMAC, STANDARD, STRIPE, GITHUB, SLACK, SHOPIFY, TWILIO, BASIC, MESSAGE_SIGNATURE, NONE)
