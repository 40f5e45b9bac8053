"""What a verified body says: JSON, a form, or a CloudEvent in either mode; compressed or not."""

import zlib
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

import orjson

from pegboard import Problem

from .. import cloud_events

FORM, JSON = "application/x-www-form-urlencoded", ("application/json", "text/json", "")
FIELDS = 1000

Pairs = Sequence[tuple[str, str]]


def header(headers: Pairs, name: str) -> str:
    """The last value of a header, or "". Names are in lower case."""
    return next((value for given, value in reversed(headers) if given == name), "")


def media_type(headers: Pairs) -> str:
    return header(headers, "content-type").partition(";")[0].strip().lower()


def document_of(headers: Pairs, body: bytes, limit: int) -> Any:
    """Raises Problem 400, 413, 415 with the reason. `limit` is in bytes, after decompression."""
    media = media_type(headers)
    if media != FORM and media not in JSON and not media.endswith("+json"):
        detail = f"an event of type {media!r} is not understood: send JSON, a form, or a CloudEvent in JSON"
        raise Problem(415, "unsupported-media-type", detail)
    plain = decoded(header(headers, "content-encoding").strip().lower(), body, limit)
    if cloud_events.is_structured(media):
        return cloud_events.structured(parsed(plain))
    document = form(plain) if media == FORM else parsed(plain)
    return cloud_events.binary(headers, document) if cloud_events.is_binary(headers) else document


def decoded(encoding: str, body: bytes, limit: int) -> bytes:
    """The body without its Content-Encoding. Raises Problem 413 before it is larger than `limit`, 415, 400."""
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "x-gzip", "deflate"):
        detail = f"the Content-Encoding {encoding!r} is not understood: send gzip, deflate, or none"
        raise Problem(415, "unsupported-media-type", detail)
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        plain = inflater.decompress(body, limit + 1)
    except zlib.error:
        raise Problem(400, "invalid-json", f"The body is not {encoding}, which Content-Encoding says") from None
    if len(plain) > limit:
        raise Problem(413, "body-too-large", f"The body may have at most {limit} bytes when it is decompressed")
    if not inflater.eof:
        raise Problem(400, "invalid-json", f"The body is {encoding}, and cut off")
    return plain


def parsed(body: bytes) -> Any:
    """Raises Problem 400."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        problem = "is missing" if not body else f"is not valid JSON: {error}"
        raise Problem(400, "invalid-json", f"The body {problem}") from None


def form(body: bytes) -> Any:
    """The fields, a list where one is there twice. A form of ``payload`` alone is what is in it, where that is JSON."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELDS)
    except ValueError:
        raise Problem(400, "invalid-form", f"The body is not a form in UTF-8 of at most {FIELDS} fields") from None
    fields: dict[str, Any] = {}
    for name, value in pairs:
        fields[name] = value if name not in fields else [*_listed(fields[name]), value]
    if fields.keys() == {"payload"} and isinstance(fields["payload"], str):
        try:
            return orjson.loads(fields["payload"])
        except orjson.JSONDecodeError:
            return fields
    return fields


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
