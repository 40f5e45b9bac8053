"""The generic scheme: an HMAC of what a template says, in a header."""

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import attrs

from pegboard import Secret, setting
from pegboard.invalid import Refusal

from .comparing import TOLERANCE, fresh, from_base64, matching, needed
from .contract import Delivery, Message, Refused, Signed, Verified, WebhookScheme

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, section 5.6.2
PLACE = re.compile(r"\{([^{}]*)\}")
PLACES = ("body", "id", "timestamp", "url")


def _header_name(instance: object, attribute: Any, value: str) -> None:
    if value and not TOKEN.fullmatch(value):
        raise ValueError(f"{value!r} is no name of a header")


def _content(instance: object, attribute: Any, value: str) -> None:
    named = PLACE.findall(value)
    unknown = [name for name in named if name not in PLACES]
    if unknown:
        raise ValueError(f"{{{unknown[0]}}} is unknown; there are {', '.join(f'{{{name}}}' for name in PLACES)}")
    if "body" not in named:
        raise ValueError("must have {body}: otherwise any body would do")


@attrs.frozen
class HmacConfig:
    """``hmac``"""

    header: str = setting(
        help="the header of the signature, such as X-Webhook-Signature",
        validator=[attrs.validators.min_len(1), _header_name],
    )
    algorithm: Literal["hmac-sha256", "hmac-sha1", "hmac-sha512"] = setting("hmac-sha256", help="how it is made")
    encoding: Literal["hex", "base64"] = setting("hex", help="how its bytes are written")
    signaturePrefix: str = setting("", help="what stands before it, such as sha256=")
    signedContent: str = setting(
        "{body}", help="what is signed, made of {body}, {id}, {timestamp} and {url}", validator=_content
    )
    idHeader: str = setting("", help="the header of the event's id", validator=_header_name)
    timestampHeader: str = setting("", help="the header of the time in seconds since 1970", validator=_header_name)
    toleranceSeconds: int = setting(
        TOLERANCE, help="how far that time may be from ours", validator=attrs.validators.ge(1)
    )

    def __attrs_post_init__(self) -> None:
        for place, field in (("id", "idHeader"), ("timestamp", "timestampHeader")):
            if place in PLACE.findall(self.signedContent) and not getattr(self, field):
                raise Refusal(field, f"is missing: {{{place}}} of signedContent is read from it")


def digest(algorithm: str, secret: Secret, content: bytes) -> bytes:
    return hmac.digest(secret.reveal().encode(), content, algorithm.removeprefix("hmac-"))


def filled(template: str, values: Mapping[str, bytes]) -> bytes:
    """The signed content: every place is filled once, so that a value that looks like a place stays what it is."""
    parts = PLACE.split(template)
    return b"".join(values[part] if index % 2 else part.encode() for index, part in enumerate(parts))


def decoded(text: str, encoding: str) -> bytes:
    """The bytes of a signature. Raises Refused."""
    if encoding == "base64":
        return from_base64(text)
    try:
        return binascii.unhexlify(text)  # bytes.fromhex would take spaces between
    except ValueError:
        raise Refused("malformed", "the signature is not hexadecimal") from None


def encoded(signature: bytes, encoding: str) -> str:
    return signature.hex() if encoding == "hex" else base64.b64encode(signature).decode()


def verify(config: HmacConfig, secrets: Sequence[Secret], delivery: Delivery) -> Verified:
    header = delivery.header(config.header)
    if not header.startswith(config.signaturePrefix):
        raise Refused("malformed", f'{config.header} does not start with "{config.signaturePrefix}"')
    offered = [decoded(header.removeprefix(config.signaturePrefix), config.encoding)]
    timestamp = delivery.header(config.timestampHeader) if config.timestampHeader else ""
    identifier = delivery.optional(config.idHeader) if config.idHeader else ""
    values = _values(delivery.body, identifier, timestamp, delivery.url)
    content = filled(config.signedContent, values)
    place = matching(offered, [digest(config.algorithm, secret, content) for secret in needed(secrets)])
    when = fresh(timestamp, delivery, config.toleranceSeconds) if timestamp else None
    return Verified(place, identifier, "{id}" in config.signedContent, when)


def sign(config: HmacConfig, secret: Secret, message: Message) -> Signed:
    values = _values(message.body, message.id, str(message.timestamp), message.url)
    signature = digest(config.algorithm, secret, filled(config.signedContent, values))
    headers = {config.header: config.signaturePrefix + encoded(signature, config.encoding)}
    if config.idHeader:
        headers[config.idHeader] = message.id
    if config.timestampHeader:
        headers[config.timestampHeader] = str(message.timestamp)
    return Signed(headers, message.url)


def _values(body: bytes, identifier: str, timestamp: str, url: str) -> Mapping[str, bytes]:
    texts = {"id": identifier, "timestamp": timestamp, "url": url}
    return {"body": body} | {name: text.encode("utf-8", "surrogateescape") for name, text in texts.items()}


HMAC = WebhookScheme(
    "hmac", "An HMAC in a header, as the sender's documentation says", HmacConfig, verify=verify, sign=sign
)


def preset(name: str, summary: str, config: type, made: Callable[[Any], HmacConfig], **more: Any) -> WebhookScheme:
    """A sender whose scheme is the generic one with everything decided: `made` gives that of its own config."""
    return WebhookScheme(
        name,
        summary,
        config,
        verify=lambda config, secrets, delivery: verify(made(config), secrets, delivery),
        sign=lambda config, secret, message: sign(made(config), secret, message),
        **more,
    )
