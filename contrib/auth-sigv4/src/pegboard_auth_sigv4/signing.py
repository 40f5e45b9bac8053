"""Signature Version 4 without any I/O (AWS IAM User Guide, "Create a signed AWS API request")."""

import hashlib
import hmac
from datetime import UTC, datetime
from functools import reduce

import attrs

from pegboard import Secret

from . import canonical

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"
UNSIGNED = "UNSIGNED-PAYLOAD"
"""In place of the payload's hash, where the body is not signed."""


@attrs.frozen
class Credentials:
    """Whose key signs, and for what it is good."""

    access_key_id: str
    secret_access_key: Secret
    region: str
    service: str


@attrs.frozen
class Signable:
    """What is signed: `path` and `query` as they are sent, of the headers those that are to be signed."""

    method: str
    path: str
    query: str
    headers: canonical.Pairs
    payload_hash: str
    normalize_path: bool = True


@attrs.frozen
class Signature:
    """The steps, to compare with what a server says it expected, and the value of the header ``Authorization``."""

    canonical_request: str
    string_to_sign: str
    authorization: str


def sign(request: Signable, credentials: Credentials, at: datetime) -> Signature:
    """Sign `request`; `at` is an aware datetime, which the request's header ``X-Amz-Date`` must say as well."""
    headers = canonical.headers(request.headers)
    names = ";".join(name for name, _ in headers)
    asked = canonical_request(request, headers, names)
    time = timestamp(at)
    scope = f"{time[:8]}/{credentials.region}/{credentials.service}/{TERMINATOR}"
    told = "\n".join((ALGORITHM, time, scope, sha256(asked.encode())))
    signature = _hmac(signing_key(credentials, time[:8]), told).hex()
    credential = f"Credential={credentials.access_key_id}/{scope}"
    return Signature(asked, told, f"{ALGORITHM} {credential}, SignedHeaders={names}, Signature={signature}")


def canonical_request(request: Signable, headers: canonical.Pairs, names: str) -> str:
    lines = (
        request.method,
        canonical.path(request.path, normalize=request.normalize_path),
        canonical.joined(sorted(canonical.pairs(request.query))),
        *(f"{name}:{value}" for name, value in headers),
        "",
        names,
        request.payload_hash,
    )
    return "\n".join(lines)


def signing_key(credentials: Credentials, day: str) -> bytes:
    """Good for one day, region and service; never shown."""
    secret = f"AWS4{credentials.secret_access_key.reveal()}".encode()
    return reduce(_hmac, (day, credentials.region, credentials.service, TERMINATOR), secret)


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def timestamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
