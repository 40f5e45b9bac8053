"""Addresses of requests: a path behind a base URL, with values in it."""

import re
from collections.abc import Callable, Collection, Iterator
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import attrs

from pegboard import MISSING, FieldError
from pegboard.invalid import escape
from pegboard_jsonpath import Template, text_of

from .templates import Scope

TOKEN = re.compile(r"\{\{.*?\}\}|\{([^{}]*)\}")
PORTS = {"http": 80, "https": 443}

Piece = str | tuple[str, Callable[[Scope], Any]]
"""Literal text, or a value with the name by which it is missed."""


@attrs.frozen
class PathPlan:
    """The address of an endpoint. `names` are the `{parameters}` in its path."""

    base: str
    query: str
    pieces: tuple[Piece, ...] = attrs.field(repr=False)
    names: tuple[str, ...] = ()

    def made(self, scope: Scope, errors: list[FieldError]) -> str:
        """The URL, values quoted; one that is missing, or that would be another path, is told in `errors`."""
        made = "".join(piece if isinstance(piece, str) else _filled(piece, scope, errors) for piece in self.pieces)
        path, mark, query = made.partition("?")
        queries = "&".join(part for part in (self.query, query if mark else "") if part)
        return f"{joined(self.base, path)}{f'?{queries}' if queries else ''}"


def joined(base: str, path: str) -> str:
    """`/v1` and `/x` are `/v1/x`: the path of the base is kept."""
    return f"{base.rstrip('/')}/{path.lstrip('/')}" if path else base


def _filled(piece: Any, scope: Scope, errors: list[FieldError]) -> str:
    name, get = piece
    value = get(scope)
    pointer = f"/params/{escape(name)}"
    if value is MISSING or value is None or value == "":
        if all(error.pointer != pointer for error in errors):  # a parameter that is required is told of already
            errors.append(FieldError("is missing: the path needs it", pointer))
        return ""
    text = ",".join(map(text_of, value)) if isinstance(value, list) else text_of(value)
    if text in (".", ".."):
        errors.append(FieldError(f"{text!r} would be another path", pointer))
        return ""
    return quote(text, safe="")


def compile_path_plan(base_url: str, path: str, names: Collection[str] | None) -> PathPlan:
    """`names` are those that placeholders may have, all if None. Raises ValueError."""
    check_base(base_url)
    check_path(path)
    base, _, query = base_url.partition("?")
    pieces: list[Piece] = []
    found: list[str] = []
    end = 0
    for token in TOKEN.finditer(path):
        pieces.append(path[end : token.start()])
        end = token.end()
        if token[1] is None:
            template = Template.parse(token.group(), names)
            pieces.append((template.placeholders[0].text, template.render))
        else:
            found.append(token[1])
            pieces.append((token[1], _lookup(token[1])))
    pieces.append(path[end:])
    return PathPlan(base, query, tuple(piece for piece in pieces if piece), tuple(found))


def _lookup(name: str) -> Callable[[Scope], Any]:
    return lambda scope: scope.get(name, MISSING)


def check_base(url: str) -> None:
    """Raises ValueError for what cannot be a base URL."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError("is no URL: write it as https://api.example.com/v1") from None
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError("is no http or https URL: write it as https://api.example.com/v1")
    if parts.fragment or parts.username is not None or parts.password is not None:
        raise ValueError("must not have a fragment or a user in it: credentials belong into auth")


def check_path(path: str) -> None:
    """Raises ValueError for what cannot stand behind a base URL."""
    plain = TOKEN.sub("", path)
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", path) or path.startswith("//"):
        raise ValueError("must be a path behind baseUrl, such as /contacts; a host belongs into baseUrl")
    if "{" in plain or "}" in plain:
        raise ValueError("has a { or } that stands alone: parameters are {name}, templates {{name}}")
    if "#" in plain or re.search(r"[\x00-\x20\x7f]", plain):
        raise ValueError("has a space, a control character or a # in it: write %20 or %23")
    if any(unquote(step) in (".", "..") for step in _steps(path)):
        raise ValueError('has "." or ".." as a step: write the path that is meant')


def _steps(path: str) -> Iterator[str]:
    yield from TOKEN.sub("x", path).partition("?")[0].split("/")


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port (RFC 6454). Raises ValueError."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), parts.port or PORTS.get(scheme, 0)
