"""Signing access tokens (RFC 7519, RFC 9068), and telling others how to verify them (RFC 7517)."""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import get_default_algorithms

from pegboard import StartupError

from . import keyfile
from .errors import SigningKeyMissing

SHORTEST = {"HS256": 32, "HS384": 48, "HS512": 64}
"""Bytes that a secret must have (RFC 7518, section 3.2)."""
KNOWN = (
    "your-secret-key-change-in-production",
    "your-secret-key-here",
    "your-production-secret-key",
    "your-secret-key",
)
"""Secrets that examples have: whoever read them can sign in as anybody."""
REQUIRED = ["exp", "iat", "iss", "aud", "sub", "jti", "tenant"]
MEMBERS = ("crv", "e", "k", "kty", "n", "x", "y")
"""What a thumbprint covers (RFC 7638, section 3.2)."""


@attrs.frozen
class Signer:
    """Signs with one key and one algorithm, and takes no others, whatever a token's header says."""

    algorithm: str
    issuer: str
    _private: Any = attrs.field(repr=False)
    _public: Any = attrs.field(repr=False)
    keys: tuple[Mapping[str, Any], ...] = ()

    def sign(self, claims: Mapping[str, Any]) -> str:
        """An access token of these claims."""
        headers = {"typ": "at+jwt"} | ({"kid": self.keys[0]["kid"]} if self.keys else {})
        full = {"iss": self.issuer, "aud": self.issuer, "type": "access", **claims}
        return jwt.encode(full, self._private, self.algorithm, headers=headers)

    def verify(self, text: str) -> dict[str, Any]:
        """The claims of an access token of ours that is good now. Raises jwt.InvalidTokenError."""
        token = jwt.decode_complete(
            text,
            self._public,
            algorithms=[self.algorithm],
            issuer=self.issuer,
            audience=self.issuer,
            options={"require": REQUIRED},
        )
        claims: dict[str, Any] = token["payload"]
        if token["header"].get("typ") != "at+jwt" or claims.get("type") != "access":
            raise jwt.InvalidTokenError("is no access token")
        return claims


@attrs.define
class Signing:
    """The key of one app: given, or in a file that is made when a token is first signed."""

    algorithm: str
    issuer: str
    path: Path
    generate: bool
    _given: str = attrs.field(default="", repr=False)
    _signer: Signer | None = attrs.field(default=None, repr=False)

    @property
    def is_asymmetric(self) -> bool:
        return self.algorithm not in SHORTEST

    def for_signing(self) -> Signer:
        """Raises `SigningKeyMissing` where there is no key, and none may be made."""
        signer = self.for_verifying()
        if signer is None:
            if not self.generate:
                raise SigningKeyMissing()
            keyfile.make(self.path, new_key(self.algorithm))
            signer = self.for_verifying()
        if signer is None:
            raise SigningKeyMissing()
        return signer

    def for_verifying(self) -> Signer | None:
        """None where nothing was ever signed. Raises StartupError for a file that cannot be trusted."""
        if self._signer is None:
            text = self._given or keyfile.read(self.path)
            self._signer = None if text is None else make_signer(text, self.algorithm, self.issuer)
        return self._signer


def make_signer(text: str, algorithm: str, issuer: str) -> Signer:
    """Raises StartupError for a key that is no good for the algorithm; none of it is in the error."""
    if algorithm in SHORTEST:
        check_secret(text, algorithm)
        return Signer(algorithm, issuer, text.encode(), text.encode())
    private = _private(text, algorithm)
    document = get_default_algorithms()[algorithm].to_jwk(private.public_key(), as_dict=True)
    document = {name: value for name, value in document.items() if name in MEMBERS}
    public = {**document, "kid": _thumbprint(document), "use": "sig", "alg": algorithm}
    return Signer(algorithm, issuer, private, private.public_key(), (public,))


def check_secret(text: str, algorithm: str) -> None:
    """Raises StartupError for a secret that others know or may guess."""
    if text.strip().lower() in KNOWN or len(set(text)) < 8:
        raise StartupError("accounts: secret_key (SECRET_KEY) is one that everybody knows: set one of your own")
    if len(text.encode()) < SHORTEST[algorithm]:
        raise StartupError(
            f"accounts: secret_key (SECRET_KEY) has {len(text.encode())} bytes, and {algorithm} needs at least "
            f"{SHORTEST[algorithm]}: `openssl rand -hex {SHORTEST[algorithm]}` makes one"
        )


def new_key(algorithm: str) -> str:
    """A key for the algorithm, as a setting or a file holds it."""
    if algorithm in SHORTEST:
        return secrets.token_hex(SHORTEST[algorithm])
    key: Any = {
        "RS256": lambda: rsa.generate_private_key(65537, 3072),
        "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate,
    }[algorithm]()
    return str(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode().strip())


def _private(text: str, algorithm: str) -> Any:
    kinds: dict[str, type] = {
        "RS256": rsa.RSAPrivateKey,
        "ES256": ec.EllipticCurvePrivateKey,
        "EdDSA": ed25519.Ed25519PrivateKey,
    }
    try:
        key = load_pem_private_key(text.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise StartupError(
            f"accounts: secret_key must be a private key in PEM, since algorithm is {algorithm}"
        ) from None
    fits = isinstance(key, kinds[algorithm])
    if isinstance(key, rsa.RSAPrivateKey):
        fits = fits and key.key_size >= 2048
    if isinstance(key, ec.EllipticCurvePrivateKey):
        fits = fits and isinstance(key.curve, ec.SECP256R1)
    if not fits:
        raise StartupError(f"accounts: secret_key is no key for {algorithm} (RS256 needs 2048 bits, ES256 P-256)")
    return key


def _thumbprint(document: Mapping[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(document, sort_keys=True, separators=(",", ":")).encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
