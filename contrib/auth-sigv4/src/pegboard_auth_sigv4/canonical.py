"""A request in the one form that both sides sign ("Create a canonical request", AWS IAM User Guide, Signature V4)."""

from collections.abc import Iterable, Sequence
from urllib.parse import quote, unquote_to_bytes

UNRESERVED = "-_.~"
"""Besides letters and digits (RFC 3986, 2.3)."""

Pairs = Sequence[tuple[str, str]]


def path(sent: str, *, normalize: bool) -> str:
    """The path as it is signed, of the path as it is sent.

    With `normalize` dot segments and empty ones go (RFC 3986, 5.2.4), and what is left is percent-encoded once more;
    without, as S3 has it, it is signed as it is sent.
    """
    if not normalize:
        return sent or "/"
    kept: list[str] = []
    for segment in sent.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    end = "/" if kept and sent.endswith(("/", "/.", "/..")) else ""
    return quote(f"/{'/'.join(kept)}{end}", safe=f"/{UNRESERVED}")


def pairs(query: str) -> list[tuple[str, str]]:
    """The parameters of a query in their order, each encoded as it must be signed; a plus is a space."""
    found = [part.partition("=") for part in query.split("&") if part]
    return [(_encoded(name), _encoded(value)) for name, _, value in found]


def _encoded(text: str) -> str:
    return quote(unquote_to_bytes(text.replace("+", " ")), safe=UNRESERVED)


def joined(parameters: Iterable[tuple[str, str]]) -> str:
    return "&".join(f"{name}={value}" for name, value in parameters)


def headers(given: Pairs) -> list[tuple[str, str]]:
    """Names in lower case and in order, values without needless spaces; what is there twice is joined by commas."""
    found: dict[str, list[str]] = {}
    for name, value in given:
        found.setdefault(name.lower(), []).append(" ".join(value.split()))
    return [(name, ",".join(values)) for name, values in sorted(found.items())]
