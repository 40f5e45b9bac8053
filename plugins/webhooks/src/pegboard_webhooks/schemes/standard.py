"""Standard Webhooks (standardwebhooks.com, specification 1.0): symmetric ``v1`` and asymmetric ``v1a``."""

import base64
import binascii
import hmac
import re
from collections.abc import Sequence
from typing import Any, Literal

import attrs
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pegboard import Secret, setting

from .comparing import OFFERED, TOLERANCE, equal, fresh, from_base64, needed
from .contract import Delivery, Message, Refused, Signed, Verified, WebhookScheme

PRIVATE, PUBLIC = "whsk_", "whpk_"
KIND = re.compile("^(whsec_|whsk_|whpk_)")


@attrs.frozen
class StandardConfig:
    """``standard``"""

    toleranceSeconds: int = setting(
        TOLERANCE, help="how far the time of an event may be from ours", validator=attrs.validators.ge(1)
    )
    headerPrefix: Literal["webhook", "svix"] = setting(
        "webhook", help="the headers are webhook-id, webhook-timestamp, webhook-signature; Svix's own are svix-id, …"
    )


@attrs.frozen
class Key:
    """A secret that was read: one of the three is set."""

    shared: bytes = attrs.field(default=b"", repr=False)
    private: Ed25519PrivateKey | None = None
    public: Ed25519PublicKey | None = None

    @classmethod
    def read(cls, secret: Secret) -> "Key":
        """Raises ValueError, which does not repeat the secret."""
        text = secret.reveal()
        try:
            data = base64.b64decode(KIND.sub("", text), validate=True)
        except (ValueError, binascii.Error):
            raise ValueError("is not base64 after whsec_, whsk_ or whpk_") from None
        if text.startswith(PUBLIC):
            return cls(public=Ed25519PublicKey.from_public_bytes(_sized(data, 32)))
        if text.startswith(PRIVATE):
            private = Ed25519PrivateKey.from_private_bytes(_sized(data, 32, 64)[:32])
            return cls(private=private, public=private.public_key())
        if not data:
            raise ValueError("is empty")
        return cls(shared=data)

    def fits(self, content: bytes, offered: Sequence[tuple[str, bytes]]) -> bool:
        """Whether any signature of this key's own kind is right; the other kind's are not looked at."""
        if self.public is None:
            own = hmac.digest(self.shared, content, "sha256")
            return any([equal(own, signature) for version, signature in offered if version == "v1"])
        return any([_signed(self.public, signature, content) for version, signature in offered if version == "v1a"])

    def sign(self, content: bytes) -> str:
        """Raises ValueError for a public key."""
        if self.shared:
            return f"v1,{_text(hmac.digest(self.shared, content, 'sha256'))}"
        if self.private is None:
            raise ValueError("a public key (whpk_) verifies and cannot sign")
        return f"v1a,{_text(self.private.sign(content))}"


def _sized(data: bytes, *sizes: int) -> bytes:
    if len(data) not in sizes:
        raise ValueError(f"has {len(data)} bytes; an ed25519 key has {' or '.join(map(str, sizes))}")
    return data


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _signed(key: Ed25519PublicKey, signature: bytes, content: bytes) -> bool:
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True


def check(config: Any, secret: Secret) -> None:
    Key.read(secret)


def verify(config: StandardConfig, secrets: Sequence[Secret], delivery: Delivery) -> Verified:
    prefix = config.headerPrefix
    identifier, timestamp = delivery.header(f"{prefix}-id"), delivery.header(f"{prefix}-timestamp")
    offered = _offered(delivery.header(f"{prefix}-signature"))
    content = f"{identifier}.{timestamp}.".encode("utf-8", "surrogateescape") + delivery.body
    try:
        fitting = [Key.read(secret).fits(content, offered) for secret in needed(secrets)]
    except ValueError as error:
        raise Refused("no-secret", f"a secret cannot be used: it {error}") from None
    if not any(fitting):
        raise Refused("wrong-signature", "no signature fits: the body was changed, or the secret is another")
    when = fresh(timestamp, delivery, config.toleranceSeconds)
    return Verified(fitting.index(True), identifier, True, when)


def _offered(header: str) -> list[tuple[str, bytes]]:
    parts = [part.partition(",") for part in header.split(" ") if part]
    if len(parts) > OFFERED:
        raise Refused("malformed", f"the delivery has {len(parts)} signatures; {OFFERED} are allowed")
    return [(version, from_base64(text)) for version, _, text in parts]


def sign(config: StandardConfig, secret: Secret, message: Message) -> Signed:
    """Raises ValueError for an id with a dot, which would move the border between id and time stamp."""
    if "." in message.id or not message.id:
        raise ValueError(f"the id {message.id!r} must be some text without a dot")
    content = f"{message.id}.{message.timestamp}.".encode() + message.body
    prefix = config.headerPrefix
    signature = Key.read(secret).sign(content)
    named = {"id": message.id, "timestamp": str(message.timestamp), "signature": signature}
    return Signed({f"{prefix}-{name}": value for name, value in named.items()}, message.url)


STANDARD = WebhookScheme(
    "standard", "Standard Webhooks, v1 and v1a", StandardConfig, verify=verify, sign=sign, check=check
)
