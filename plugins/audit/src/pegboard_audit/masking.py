"""What may be seen of a text or a name: everything but secrets.

What cannot be told from a secret is taken for one: a log that hides too much can be lived with.
"""

import re
from collections.abc import Callable
from urllib.parse import unquote_plus

MASK = "***"

NAMES = (
    r"authoriz|authentic|cookie|secret|passw|passphrase|pwd|token|credential|session|sealed|signature|bearer"
    r"|webhook.?url"
    r"|(?:api|access|auth|subscription|functions|account|shared|private|signing|encryption|master|client).?key"
)
SECRET_NAME = re.compile(NAMES, re.I)
SECRET_PARAMETER = re.compile(rf"{NAMES}|^(?:key|sig|code|auth|pass)$", re.I)

PEM = re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?(?:-----END \1-----|\Z)", re.S)
USER = re.compile(r"(?<=://)[^/\s?#\"'<>]*@")
PARAMETER = re.compile(r"([?&;]|&amp;)([^=?&#;\s\"']+)=([^&#;\s\"']+)")
SCHEME = re.compile(r"\b(bearer|basic)(\s+)[A-Za-z0-9._~+/=-]{8,}", re.I)
ENVELOPE = re.compile(r"\bpv1\.[0-9a-f]{16}\.[A-Za-z0-9_-]+")
API_KEY = re.compile(r"\bpk_[a-z0-9]{10}_[A-Za-z0-9]{43}")
LITERAL = re.compile(rf"(\b[\w.-]*(?:{NAMES})[\w.-]*[\"']?\]?\s*[:=]\s*[\"'])([^\"'\n]+)", re.I)
"""A quoted text behind a name that says what it is, in source or in JSON."""

Replacement = str | Callable[["re.Match[str]"], str]


def is_secret_name(name: str) -> bool:
    """Whether what has this name is a secret, and all that lies under it."""
    return SECRET_NAME.search(name) is not None


def _parameter(match: "re.Match[str]") -> str:
    if SECRET_PARAMETER.search(unquote_plus(match[2])) is None:
        return match[0]
    return f"{match[1]}{match[2]}={MASK}"


FORMS: tuple[tuple["re.Pattern[str]", Replacement], ...] = (
    (PEM, MASK),
    (ENVELOPE, MASK),
    (API_KEY, MASK),
    (USER, f"{MASK}@"),
    (PARAMETER, _parameter),
    (SCHEME, rf"\1\2{MASK}"),
    (LITERAL, rf"\1{MASK}"),
)


def masked_text(text: str, longest: int) -> str:
    """A text without the secrets that can be known by their form, and no longer than `longest` characters.

    These are: passwords and secret parameters of URLs (RFC 3986), credentials behind the name of their scheme (RFC
    6750, RFC 7617), private keys (RFC 7468), sealed values, keys of this app, and literals behind a secret's name.
    """
    shown = storable(text)
    for pattern, replacement in FORMS:
        shown = pattern.sub(replacement, shown)
    return shown if len(shown) <= longest else f"{shown[:longest]}… ({len(shown)} characters)"


def storable(text: str) -> str:
    """A text that both databases can store: without NUL, and with nothing that UTF-8 has no form for."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
