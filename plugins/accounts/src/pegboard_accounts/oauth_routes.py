"""``/oauth/token``, ``/oauth/revoke`` and ``/oauth/introspect``: forms in, JSON out, errors as RFC 6749 has them."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

import orjson
from starlette.requests import Request
from starlette.responses import Response

from pegboard import Call, Problem, RouteSpec

from .accounts import Accounts
from .auth_routes import GUESSING
from .oauth import OAuthError, TokenAnswer

FORM = "application/x-www-form-urlencoded"
LIMIT = 16 * 1024
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}

Fields = Mapping[str, str]


async def token(call: Call[None, None]) -> Response:
    form = await read_form(call.request)
    accounts = call.services.get(Accounts)
    grant = _field(form, "grant_type")
    if grant == "password":
        made = await accounts.oauth.password(_field(form, "username"), _field(form, "password"), call.request)
    elif grant == "refresh_token":
        made = await accounts.oauth.refresh_token(_field(form, "refresh_token"), call.request)
    elif grant == "client_credentials":
        client, secret = _client(call.request, form)
        made = await accounts.oauth.client_credentials(client, secret, form.get("scope", ""))
    else:
        raise OAuthError("unsupported_grant_type", "use password, refresh_token or client_credentials")
    return _answer(_shown(made))


async def revoke(call: Call[None, None]) -> Response:
    form = await read_form(call.request)
    await call.services.get(Accounts).oauth.revoke(_field(form, "token"))
    return Response(headers=NO_STORE)


async def introspect(call: Call[None, None]) -> Response:
    form = await read_form(call.request)
    return _answer(await call.services.get(Accounts).oauth.introspect(call.caller, _field(form, "token")))


async def read_form(request: Request) -> Fields:
    """The fields of a form. Raises `OAuthError` for another type, too much, or a field that is there twice."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise OAuthError("invalid_request", f"send {FORM}")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LIMIT:
            raise OAuthError("invalid_request", f"the form may have at most {LIMIT} bytes")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=50, errors="strict")
    except ValueError:
        raise OAuthError("invalid_request", "the form cannot be read") from None
    if len(dict(pairs)) != len(pairs):
        raise OAuthError("invalid_request", "a field is there more than once")
    return dict(pairs)


def render_oauth(problem: Problem, request: Request) -> Response:
    """RFC 6749, section 5.2."""
    error = getattr(problem, "error", "invalid_request" if problem.status < 500 else "temporarily_unavailable")
    headers = {**problem.headers, **NO_STORE}
    if problem.status == 401:
        headers.setdefault("WWW-Authenticate", "Basic")
    document = {"error": error, "error_description": problem.detail or problem.title}
    return Response(orjson.dumps(document), problem.status, headers, media_type="application/json")


def _client(request: Request, form: Fields) -> tuple[str, str]:
    """The client's id and secret: by HTTP Basic, or as fields of the form (RFC 6749, section 2.3.1)."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return _field(form, "client_id"), _field(form, "client_secret")
    try:
        client, _, secret = base64.b64decode(text.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise OAuthError("invalid_client", "the Authorization header is no Basic", 401) from None
    return unquote_plus(client), unquote_plus(secret)


def _field(form: Fields, name: str) -> str:
    if not form.get(name):
        raise OAuthError("invalid_request", f"the field {name} is missing")
    return form[name]


def _shown(made: TokenAnswer) -> dict[str, Any]:
    members = {
        "access_token": made.access_token,
        "token_type": made.token_type,
        "expires_in": made.expires_in,
        "refresh_token": made.refresh_token,
        "scope": made.scope,
    }
    return {name: value for name, value in members.items() if value is not None}


def _answer(document: Mapping[str, Any]) -> Response:
    return Response(orjson.dumps(document), headers=NO_STORE, media_type="application/json")


OAUTH_ROUTES = (
    RouteSpec(
        "oauth.token",
        "/oauth/token",
        token,
        methods=("POST",),
        summary="Get a token (RFC 6749)",
        description="A form with grant_type password, refresh_token, or client_credentials with an API key.",
        tags=("auth",),
        anonymous=True,
        rate=GUESSING,
        render=render_oauth,
        answers={400: "The grant is not valid", 401: "The client is not valid", 429: "Locked for a while"},
    ),
    RouteSpec(
        "oauth.revoke",
        "/oauth/revoke",
        revoke,
        methods=("POST",),
        summary="Revoke a token (RFC 7009)",
        tags=("auth",),
        anonymous=True,
        rate=GUESSING,
        render=render_oauth,
        answers={400: "No form with a token"},
    ),
    RouteSpec(
        "oauth.introspect",
        "/oauth/introspect",
        introspect,
        methods=("POST",),
        summary="Ask whether a token is active (RFC 7662)",
        tags=("auth",),
        scopes=("tokens:read",),
        render=render_oauth,
        answers={400: "No form with a token"},
    ),
)
