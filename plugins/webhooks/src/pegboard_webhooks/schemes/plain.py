"""Senders that sign nothing: HTTP Basic (RFC 7617), and none at all."""

import base64
from collections.abc import Sequence
from typing import Any

import attrs

from pegboard import Secret, setting

from .comparing import from_base64, matching, needed
from .contract import Delivery, Message, Refused, Signed, Verified, WebhookScheme


def _username(instance: object, attribute: Any, value: str) -> None:
    if ":" in value or not value:
        raise ValueError("must be some text without a colon (RFC 7617)")


@attrs.frozen
class BasicConfig:
    """``basic``: it proves who sends, and says nothing of the body. Use it over TLS only."""

    username: str = setting(help="the user; the secret is the password", validator=_username)


def verify_basic(config: BasicConfig, secrets: Sequence[Secret], delivery: Delivery) -> Verified:
    scheme, _, text = delivery.header("authorization").partition(" ")
    if scheme.lower() != "basic":
        raise Refused("malformed", "Authorization is not Basic")
    return Verified(matching([from_base64(text.strip())], [_pair(config, secret) for secret in needed(secrets)]))


def sign_basic(config: BasicConfig, secret: Secret, message: Message) -> Signed:
    return Signed({"Authorization": f"Basic {base64.b64encode(_pair(config, secret)).decode()}"}, message.url)


def _pair(config: BasicConfig, secret: Secret) -> bytes:
    return f"{config.username}:{secret.reveal()}".encode()


def _allowed(instance: object, attribute: Any, value: bool) -> None:
    if not value:
        raise ValueError('anybody could send events: say "allowUnsigned": true if that is meant')


@attrs.frozen
class NoneConfig:
    """``none``"""

    allowUnsigned: bool = setting(False, help="must be true: anybody can send", validator=_allowed)


def verify_nothing(config: NoneConfig, secrets: Sequence[Secret], delivery: Delivery) -> Verified:
    return Verified()


def sign_nothing(config: NoneConfig, secret: Secret, message: Message) -> Signed:
    return Signed({}, message.url)


def no_secret(config: NoneConfig, secret: Secret) -> None:
    """There is nothing that a secret would have to be."""


BASIC = WebhookScheme("basic", "HTTP Basic: a user and a password", BasicConfig, verify=verify_basic, sign=sign_basic)
NONE = WebhookScheme(
    "none", "Nothing: whoever knows the address", NoneConfig, verify=verify_nothing, sign=sign_nothing, check=no_secret
)
