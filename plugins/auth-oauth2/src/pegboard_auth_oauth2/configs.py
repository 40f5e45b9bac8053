"""The config of the provider ``oauth2``, with the names that its document has on the wire."""

import re
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlsplit

import attrs

from pegboard import Secret, setting
from pegboard.invalid import Refusal

CONTROL = re.compile(r"[\x00-\x1f\x7f]")
SCOPE = re.compile(r"[!#-\[\]-~]+( +[!#-\[\]-~]+)*")
"""Words of a scope between spaces (RFC 6749, section 3.3)."""

TOKEN = re.compile(r"[!-~]+")
OWN = frozenset(
    {
        "client_id",
        "client_secret",
        "code",
        "code_challenge",
        "code_challenge_method",
        "code_verifier",
        "grant_type",
        "redirect_uri",
        "refresh_token",
        "response_mode",
        "response_type",
        "scope",
        "state",
    }
)
"""Parameters that the protocol itself sets: one given besides would be there twice (RFC 6749, section 3.1)."""


def url_mistake(url: str) -> str:
    """Why a text is no address of an OAuth endpoint (RFC 6749, section 3), or "". Never repeats it."""
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        known = False
    if not known or CONTROL.search(url) or " " in url or not url.isascii():
        return "must be an absolute URL such as https://auth.example.com/oauth/token"
    if parts.fragment or "@" in parts.netloc:
        return "must be without a fragment, and without a user before the host"
    return ""


def _url(instance: object, attribute: Any, value: str) -> None:
    if value and (mistake := url_mistake(value)):
        raise ValueError(mistake)


def _needed_url(instance: object, attribute: Any, value: str) -> None:
    if mistake := url_mistake(value):
        raise ValueError(mistake)


def _text(instance: object, attribute: Any, value: str) -> None:
    if not value or CONTROL.search(value):
        raise ValueError("must not be empty, and without control characters")


def _secret(instance: object, attribute: Any, value: Secret) -> None:
    if CONTROL.search(value.reveal()):
        raise ValueError("must not have control characters in it")


def _token(instance: object, attribute: Any, value: Secret) -> None:
    if value and not TOKEN.fullmatch(value.reveal()):
        raise ValueError("must be one word of visible ASCII, without the word Bearer")


def _scope(instance: object, attribute: Any, value: str) -> None:
    if value and not SCOPE.fullmatch(value):
        raise ValueError('must be words with spaces between, without " and \\')


def _parameters(instance: object, attribute: Any, value: dict[str, str]) -> None:
    for name in value:
        if name in OWN:
            raise ValueError(f"{name} is set by the protocol itself and cannot be given here")
        if not name or CONTROL.search(name):
            raise ValueError("a name must not be empty, and without control characters")


@attrs.frozen
class OAuth2Config:
    """``oauth2`` (RFC 6749)"""

    grantType: Literal["client_credentials", "authorization_code", "refresh_token"] = setting(
        help="client_credentials: the app itself; authorization_code: a user logs in; refresh_token: a token you have"
    )
    tokenUrl: str = setting(help="the token endpoint", validator=_needed_url)
    clientId: str = setting(help="the client's id", validator=_text)
    clientSecret: Secret = setting(Secret(""), help="the client's secret; public clients have none", validator=_secret)
    tokenAuthMethod: Literal["client_secret_post", "client_secret_basic"] = setting(
        "client_secret_post", help="how the secret is sent to the token endpoint: in the body, or as Basic"
    )
    scope: str = setting("", help="scopes to ask for, with spaces between", validator=_scope)
    audience: str = setting("", help="the parameter audience, which some servers want with each request for a token")
    tokenParameters: dict[str, str] = setting(
        {}, help="further parameters of token requests, such as resource; no secrets", validator=_parameters
    )
    authorizationUrl: str = setting("", help="where users log in, for authorization_code", validator=_url)
    authorizationParameters: dict[str, str] = setting(
        {}, help="further parameters of the login, such as access_type=offline or prompt=consent", validator=_parameters
    )
    redirectUri: str = setting(
        "", help="where the login comes back to; /oauth/callback below public_url when unset", validator=_url
    )
    issuer: str = setting("", help="what the server calls itself in iss (RFC 9207), if on another host", validator=_url)
    accessToken: Secret = setting(Secret(""), help="a token that you have already", validator=_token)
    refreshToken: Secret = setting(Secret(""), help="a refresh token that you have already", validator=_token)
    expiresAt: datetime | None = setting(None, help="until when accessToken is good")

    def __attrs_post_init__(self) -> None:
        if not self.clientSecret and self.grantType == "client_credentials":
            raise Refusal("clientSecret", "is needed for client_credentials")
        if not self.clientSecret and self.tokenAuthMethod == "client_secret_basic":
            raise Refusal("clientSecret", "is needed for client_secret_basic")
        if not self.refreshToken and self.grantType == "refresh_token":
            raise Refusal("refreshToken", "is needed for refresh_token")
        if self.grantType == "authorization_code" and not (
            self.authorizationUrl or self.accessToken or self.refreshToken
        ):
            raise Refusal("authorizationUrl", "is needed for authorization_code: it is where users log in")
