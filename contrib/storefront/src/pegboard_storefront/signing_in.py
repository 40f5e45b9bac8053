"""``/auth``: registration, sessions, and who one is."""

from typing import Any
from urllib.parse import parse_qsl

import orjson

from pegboard import Call, FieldError, Problem
from pegboard.invalid import invalid
from pegboard.json import converter
from pegboard_accounts import Accounts, NewUser
from pegboard_accounts.errors import EmailUnverified

from .inputs import Login, LoginQuery, Refresh, Registration
from .outputs import Tokens, Told, UserResponse
from .words import InvalidInput

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
LIMIT = 16 * 1024
"""Bytes of a body with a password."""


async def register(call: Call[Registration, None]) -> Tokens:
    asked = call.body
    new = NewUser(asked.email, asked.password, asked.username, asked.first_name, asked.last_name)
    signed = await _accounts(call).register(new, policy="open", request=call.request)
    if signed is None:
        raise EmailUnverified()
    return Tokens.of(signed)


async def login(call: Call[None, LoginQuery]) -> Tokens:
    given = await credentials(call)
    return Tokens.of(await _accounts(call).login(given.email, given.password, request=call.request))


async def refresh(call: Call[Refresh, None]) -> Tokens:
    return Tokens.of(await _accounts(call).refresh(call.body.refresh_token, call.request))


async def logout(call: Call[None, None]) -> Told:
    await _accounts(call).logout(call.caller, call.request)
    return Told("Logged out")


async def logout_all(call: Call[None, None]) -> Told:
    await _accounts(call).logout_all(call.caller, call.request)
    return Told("Logged out everywhere")


async def me(call: Call[None, None]) -> UserResponse:
    return UserResponse.of(await _accounts(call).me(call.caller))


async def credentials(call: Call[None, LoginQuery]) -> Login:
    """E-mail and password from the query, as document 003 has it, or from a body of JSON or of a form.

    Raises Problem 400, 413, 415, 422.
    """
    query = call.query
    if query.email is not None or query.password is not None:
        given = {"email": query.email, "password": query.password}
        missing = [FieldError("is missing", f"/{name}") for name, value in given.items() if value is None]
        if missing:
            raise InvalidInput("query", missing)
        return Login(str(query.email), str(query.password))
    document = await _document(call)
    try:
        return converter.structure(document, Login)
    except Exception as error:
        raise InvalidInput("body", invalid(error).errors) from None


async def _document(call: Call[None, LoginQuery]) -> Any:
    body = bytearray()
    async for chunk in call.request.stream():
        body += chunk
        if len(body) > LIMIT:
            raise Problem(413, "body-too-large", f"The body may have at most {LIMIT} bytes")
    if not body:
        raise InvalidInput("query", [FieldError("is missing", f"/{name}") for name in ("email", "password")])
    media = call.request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
    if media == FORM:
        return _form(bytes(body))
    if media != JSON:
        raise Problem(415, "unsupported-media-type", f"send {JSON} or {FORM}, not {media}")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Problem(400, "invalid-json", f"The body is not valid JSON: {error}") from None


def _form(body: bytes) -> dict[str, str]:
    """Raises Problem 400."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=10, errors="strict")
    except ValueError:
        raise Problem(400, "invalid-form", "The form cannot be read: send email and password") from None
    if len(dict(pairs)) != len(pairs):
        raise Problem(400, "invalid-form", "A field of the form is there more than once")
    return dict(pairs)


def _accounts(call: Call[Any, Any]) -> Accounts:
    return call.services.get(Accounts)
