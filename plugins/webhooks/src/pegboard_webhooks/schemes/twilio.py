"""Twilio: an HMAC of the address and the form, or of the address with the digest of any other body in it."""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from urllib.parse import parse_qs, parse_qsl, urlsplit, urlunsplit

import attrs

from pegboard import Secret, setting

from .comparing import equal, matching, needed
from .contract import Delivery, Message, Refused, Signed, Verified, WebhookScheme
from .hmacs import decoded, digest

HEADER, FORM, DIGEST = "X-Twilio-Signature", "application/x-www-form-urlencoded", "bodySHA256"
ID_HEADER = "I-Twilio-Idempotency-Token"


@attrs.frozen
class TwilioConfig:
    """``twilio``"""

    url: str = setting("", help="the address as Twilio calls it, where a proxy changes it on the way")


def verify(config: TwilioConfig, secrets: Sequence[Secret], delivery: Delivery) -> Verified:
    offered = [decoded(delivery.header(HEADER), "base64")]
    url = _with_query(config.url, delivery.url) if config.url else delivery.url
    form = delivery.optional("content-type").partition(";")[0].strip().lower() == FORM
    contents = [one + (_form(delivery.body) if form else b"") for one in _spellings(url)]
    signatures = [digest("hmac-sha1", secret, content) for secret in needed(secrets) for content in contents]
    place = matching(offered, signatures) // len(contents)
    if not form:
        _check_body(url, delivery.body)
    return Verified(place, delivery.optional(ID_HEADER))


def _with_query(url: str, called: str) -> str:
    return urlunsplit(urlsplit(url)._replace(query=urlsplit(called).query)) if not urlsplit(url).query else url


def _spellings(url: str) -> Iterable[bytes]:
    """The address as it is, and with or without the port that is the scheme's own: Twilio does either."""
    parts = urlsplit(url)
    port = {"http": 80, "https": 443}.get(parts.scheme)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    others = []
    if parts.port is None and port:
        others = [urlunsplit(parts._replace(netloc=f"{host}:{port}"))]
    elif parts.port == port:
        others = [urlunsplit(parts._replace(netloc=host))]
    return [text.encode("utf-8", "surrogateescape") for text in (url, *others)]


def _form(body: bytes) -> bytes:
    try:
        pairs = sorted(set(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=1000)))
    except ValueError:
        raise Refused("malformed", "the body is not a form in UTF-8 of at most 1000 fields") from None
    return "".join(name + value for name, value in pairs).encode("utf-8", "surrogateescape")


def _check_body(url: str, body: bytes) -> None:
    told = parse_qs(urlsplit(url).query).get(DIGEST, [])
    if not told and not body:
        return
    if len(told) != 1 or not equal(decoded(told[0], "hex"), hashlib.sha256(body).digest()):
        raise Refused("wrong-signature", f"{DIGEST} of the address is not the digest of the body")


def sign(config: TwilioConfig, secret: Secret, message: Message) -> Signed:
    url, content = message.url, _form(message.body) if message.content_type == FORM else b""
    if message.content_type != FORM and message.body:
        url += f"{'&' if urlsplit(url).query else '?'}{DIGEST}={hashlib.sha256(message.body).hexdigest()}"
    signature = digest("hmac-sha1", secret, url.encode() + content)
    return Signed({HEADER: base64.b64encode(signature).decode(), ID_HEADER: message.id}, url)


TWILIO = WebhookScheme("twilio", "Twilio's X-Twilio-Signature", TwilioConfig, verify=verify, sign=sign)
