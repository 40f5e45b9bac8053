"""HTTP message signatures (RFC 9421) with a digest of the body (RFC 9530)."""

import datetime
from collections.abc import Sequence
from typing import Any, Literal

import attrs
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    algorithms,
)
from http_message_signatures.exceptions import HTTPMessageSignaturesException

from pegboard import Secret, setting

from .comparing import TOLERANCE, fresh, needed
from .contract import Delivery, Message, Refused, Signed, Verified, WebhookScheme

ALGORITHMS = {
    "hmac-sha256": algorithms.HMAC_SHA256,
    "ed25519": algorithms.ED25519,
    "ecdsa-p256-sha256": algorithms.ECDSA_P256_SHA256,
    "rsa-pss-sha512": algorithms.RSA_PSS_SHA512,
}
COVERED = ("@method", "@target-uri")


def _covered(instance: object, attribute: Any, value: tuple[str, ...]) -> None:
    if not value:
        raise ValueError("must name what a signature has to cover, such as @target-uri")


@attrs.frozen
class MessageSignatureConfig:
    """``http-message-signature``. The digest of the body has to be covered, whatever `components` says."""

    algorithm: Literal["hmac-sha256", "ed25519", "ecdsa-p256-sha256", "rsa-pss-sha512"] = setting(
        "hmac-sha256", help="how it is signed; for all but hmac-sha256 the secret is a key in PEM"
    )
    keyId: str = setting("", help="the keyid that a signature must have; empty: any")
    components: tuple[str, ...] = setting(COVERED, help="what a signature has to cover", validator=_covered)
    tag: str = setting("", help="the tag that a signature must have; empty: any")
    toleranceSeconds: int = setting(
        TOLERANCE, help="how far the time of a signature may be from ours", validator=attrs.validators.ge(1)
    )


@attrs.define
class Request:
    """A message as the library wants it."""

    method: str
    url: str
    headers: dict[str, str]


@attrs.frozen
class Resolver(HTTPSignatureKeyResolver):  # type: ignore[misc]
    """One key, for the key id that is wanted."""

    config: MessageSignatureConfig
    key: Any = attrs.field(repr=False)

    def resolve_public_key(self, key_id: str) -> Any:
        if self.config.keyId and key_id != self.config.keyId:
            raise HTTPMessageSignaturesException("the keyid is another")
        return self.key

    def resolve_private_key(self, key_id: str) -> Any:
        return self.key


def key_of(config: MessageSignatureConfig, secret: Secret, private: bool) -> Any:
    """A key as the library wants it; a private one also serves where a public one is wanted.

    Raises ValueError, which does not repeat the secret.
    """
    data = secret.reveal().encode()
    if config.algorithm == "hmac-sha256":
        return data
    try:
        if b"PRIVATE KEY" not in data:
            key: Any = load_pem_public_key(data)
        else:
            key = load_pem_private_key(data, None)
    except (ValueError, TypeError):
        raise ValueError("is not a key in PEM") from None
    if private:
        return key
    return key.public_key() if hasattr(key, "private_bytes") else key


def check(config: MessageSignatureConfig, secret: Secret) -> None:
    if not secret:
        raise ValueError("is empty")
    key_of(config, secret, private=False)


def verify(config: MessageSignatureConfig, secrets: Sequence[Secret], delivery: Delivery) -> Verified:
    delivery.header("signature")
    delivery.header("signature-input")
    delivery.values("content-digest")
    found = [_parameters(config, secret, delivery) for secret in needed(secrets)]
    fitting = [(index, parameters) for index, parameters in enumerate(found) if parameters is not None]
    if not fitting:
        raise Refused("wrong-signature", "no signature fits: the message was changed, or the key is another")
    place, parameters = fitting[0]
    if "created" not in parameters:
        raise Refused("malformed", "the signature has no time: created is missing")
    when = fresh(str(parameters["created"]), delivery, config.toleranceSeconds)
    nonce = str(parameters.get("nonce", ""))
    return Verified(place, nonce, bool(nonce), when)


def _parameters(config: MessageSignatureConfig, secret: Secret, delivery: Delivery) -> dict[str, Any] | None:
    """The parameters of the signature that fits, if one does."""
    request = Request(delivery.method.upper(), delivery.url, _combined(delivery))
    try:
        key = key_of(config, secret, private=False)
    except ValueError as error:
        raise Refused("no-secret", f"a secret cannot be used: it {error}") from None
    verifier = HTTPMessageVerifier(signature_algorithm=ALGORITHMS[config.algorithm], key_resolver=Resolver(config, key))
    wanted = (*config.components, "content-digest") if delivery.body else config.components
    try:
        results = verifier.verify(
            request, max_age=None, expect_tag=config.tag or None, require_components=wanted, body=delivery.body
        )
    except HTTPMessageSignaturesException:
        return None
    return dict(results[0].parameters) if results else None


def _combined(delivery: Delivery) -> dict[str, str]:
    combined: dict[str, str] = {}
    for name, value in delivery.headers:
        combined[name] = f"{combined[name]}, {value}" if name in combined else value
    return combined


def sign(config: MessageSignatureConfig, secret: Secret, message: Message) -> Signed:
    request = Request("POST", message.url, {"content-type": message.content_type})
    key = key_of(config, secret, private=True)
    signer = HTTPMessageSigner(signature_algorithm=ALGORITHMS[config.algorithm], key_resolver=Resolver(config, key))
    signer.sign(
        request,
        key_id=config.keyId or "default",
        created=datetime.datetime.fromtimestamp(message.timestamp, datetime.UTC),
        nonce=message.id,
        tag=config.tag or None,
        covered_component_ids=config.components,
        body=message.body,
    )
    made = {name: value for name, value in request.headers.items() if name.lower() != "content-type"}
    return Signed(made, message.url)


MESSAGE_SIGNATURE = WebhookScheme(
    "http-message-signature",
    "HTTP message signatures (RFC 9421)",
    MessageSignatureConfig,
    verify=verify,
    sign=sign,
    check=check,
)
