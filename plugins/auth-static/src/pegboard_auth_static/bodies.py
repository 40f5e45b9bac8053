"""Putting a key into a body, whatever kind of body it is."""

import re
from email.message import Message
from urllib.parse import parse_qsl, urlencode

import orjson

from pegboard import Problem, Secret

JSON = re.compile(r"application/([a-z0-9.+-]+\+)?json")
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
ESCAPES = {'"': "%22", "\r": "%0D", "\n": "%0A"}
"""What HTML's rules for multipart write for these in a name."""


def with_member(content: bytes, kind: str | None, name: str, value: Secret) -> tuple[bytes, str]:
    """The body with `name` in it, instead of one of the same name, and its content type.

    Raises Problem 422 for a body that has no members.
    """
    kind = kind or "application/json"
    plain = kind.partition(";")[0].strip().lower()
    if not content and plain != FORM and plain != MULTIPART:
        return orjson.dumps({name: value.reveal()}), "application/json"
    if JSON.fullmatch(plain):
        return _json(content, name, value), kind
    if plain == FORM:
        return _form(content, name, value), kind
    boundary = _boundary(kind) if plain == MULTIPART else ""
    if boundary and content.startswith(f"--{boundary}".encode()):
        return _part(boundary, name, value) + content, kind
    raise _memberless(f"of the type {plain}")


def _json(content: bytes, name: str, value: Secret) -> bytes:
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise _memberless("that is no JSON although it says so") from None
    if not isinstance(document, dict):
        raise _memberless("whose JSON is no object")
    return orjson.dumps({**document, name: value.reveal()})


def _form(content: bytes, name: str, value: Secret) -> bytes:
    pairs = parse_qsl(content.decode(errors="surrogateescape"), keep_blank_values=True, errors="surrogateescape")
    kept = [pair for pair in pairs if pair[0] != name]
    return urlencode([*kept, (name, value.reveal())], errors="surrogateescape").encode()


def _part(boundary: str, name: str, value: Secret) -> bytes:
    escaped = "".join(ESCAPES.get(letter, letter) for letter in name)
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{escaped}"\r\n\r\n'
    return f"{head}{value.reveal()}\r\n".encode()


def _boundary(kind: str) -> str:
    message = Message()
    message["Content-Type"] = kind
    return str(message.get_boundary(""))


def _memberless(what: str) -> Problem:
    return Problem(
        422,
        "auth-needs-members",
        f"an API key with the location body cannot be put into a body {what}: send a JSON object or a form, "
        "or put the key into a header",
    )
