"""What may be in a header, a query and a body. No message repeats a value: it may be a secret."""

import re

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
LINE = re.compile(r"[!-~]([ \t!-~]*[!-~])?")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
LONGEST = 200

CONNECTION = frozenset(
    {
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers that frame a message or belong to the connection (RFC 9110, 7.6.1); none of them says who somebody is."""


def header_name(name: str) -> None:
    """Raises ValueError for what is no header name (RFC 9110, 5.1), or is not a caller's to set."""
    if not TOKEN.fullmatch(name) or len(name) > LONGEST:
        raise ValueError("must be a header name: letters, digits and -, such as X-API-Key")
    if name.lower() in CONNECTION:
        raise ValueError(f"{name} belongs to the connection or the body and cannot be set")


def header_value(value: str) -> None:
    """Raises ValueError for what does not fit into one line of a header (RFC 9110, 5.5)."""
    if not LINE.fullmatch(value):
        raise ValueError("must be one line of ASCII, not empty, without spaces around it")


def parameter_name(name: str) -> None:
    """Raises ValueError for what is no name of a query parameter or of a member."""
    if not name or len(name) > LONGEST or CONTROL.search(name):
        raise ValueError(f"must have 1 to {LONGEST} characters, without control characters")


def parameter_value(value: str) -> None:
    if not value or "\0" in value:
        raise ValueError("must not be empty, and without the character U+0000")


def token(value: str) -> None:
    """Raises ValueError for what does not stand behind ``Bearer`` (RFC 6750, 2.1), but is not stricter than servers."""
    if value[:7].lower() == "bearer ":
        raise ValueError("must be the token alone, without the word Bearer")
    header_value(value)
    if " " in value or "\t" in value:
        raise ValueError("must not have spaces in it")


def password(value: str) -> None:
    """Raises ValueError for control characters (RFC 7617, 2); it may be empty."""
    if CONTROL.search(value):
        raise ValueError("must not have control characters in it")


def basic_user(value: str) -> None:
    """Raises ValueError for what would end before it is meant to (RFC 7617, 2)."""
    if not value or ":" in value or CONTROL.search(value):
        raise ValueError("must not be empty, and without colons and control characters")


def digest_user(value: str) -> None:
    """Raises ValueError for what does not fit between quotes in a header (RFC 7616, 3.4)."""
    header_value(value)
    if ":" in value or '"' in value or "\\" in value:
        raise ValueError('must not have :, " or \\ in it')
