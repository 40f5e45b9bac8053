"""What is said to a token endpoint. oauthlib writes it; nothing here sends anything."""

import base64
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import quote_plus, urlsplit

from oauthlib.common import add_params_to_qs, add_params_to_uri  # type: ignore[import-untyped]
from oauthlib.oauth2 import WebApplicationClient  # type: ignore[import-untyped]
from oauthlib.oauth2.rfc6749.parameters import prepare_token_request  # type: ignore[import-untyped]

from pegboard import Problem, Secret
from pegboard_egress import EgressRequest, Timeouts

from .configs import OAuth2Config
from .errors import LoginNeeded, config_problem
from .tokens import Token

MAX_ANSWER = 256 * 1024
VERIFIER = 64
"""Characters; 43 to 128 are allowed (RFC 7636, section 4.1)."""

HEADERS = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}

Fields = Mapping[str, str]


def renewal_fields(config: OAuth2Config, token: Token | None) -> Fields:
    """What a new access token is asked for with. Raises LoginNeeded where only a user can help."""
    if config.grantType == "client_credentials":
        return {"grant_type": "client_credentials", "scope": config.scope}
    if token is None:
        raise LoginNeeded("nobody has logged in yet")
    if not token.refresh:
        raise LoginNeeded("the access token is no longer good, and the server gave no refresh token")
    # a user's login has its scope already (RFC 6749, section 6)
    scope = config.scope if config.grantType == "refresh_token" else ""
    return {"grant_type": "refresh_token", "refresh_token": token.refresh.reveal(), "scope": scope}


def code_fields(code: str, redirect_uri: str, verifier: Secret) -> Fields:
    """What a code is exchanged with (RFC 6749, section 4.1.3, and RFC 7636, section 4.5)."""
    return {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier.reveal(),
    }


def token_request(config: OAuth2Config, fields: Fields, seconds: float) -> EgressRequest:
    """A request that follows no redirect: its body holds secrets."""
    basic = config.tokenAuthMethod == "client_secret_basic"
    further = {**config.tokenParameters, **({"audience": config.audience} if config.audience else {})}
    content = prepare_token_request(
        body=add_params_to_qs("", further),
        client_id=config.clientId,
        include_client_id=not basic,
        client_secret=config.clientSecret.reveal() if config.clientSecret and not basic else None,
        **fields,
    )
    return EgressRequest(
        url=config.tokenUrl,
        method="POST",
        headers={**HEADERS, **(_basic(config) if basic else {})},
        content=content.encode(),
        timeout=Timeouts(total=seconds),
        max_body=MAX_ANSWER,
        follow_redirects=False,
    )


def _basic(config: OAuth2Config) -> dict[str, str]:
    # id and secret are encoded as in a form before they are joined (RFC 6749, section 2.3.1)
    pair = f"{quote_plus(config.clientId)}:{quote_plus(config.clientSecret.reveal())}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def new_verifier() -> Secret:
    return Secret(WebApplicationClient("").create_code_verifier(VERIFIER))


def login_url(config: OAuth2Config, redirect_uri: str, state: str, verifier: Secret) -> str:
    """Where a user logs in (RFC 6749, section 4.1.1, and RFC 7636, section 4.3)."""
    challenge = WebApplicationClient("").create_code_challenge(verifier.reveal(), "S256")
    asked = {
        "response_type": "code",
        "client_id": config.clientId,
        "redirect_uri": redirect_uri,
        "scope": config.scope,
        "audience": config.audience,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        **config.authorizationParameters,
    }
    url: str = add_params_to_uri(config.authorizationUrl, {name: value for name, value in asked.items() if value})
    return url


def secrets_in(config: OAuth2Config, fields: Fields) -> tuple[Secret, ...]:
    """What no message about a request may repeat."""
    sent = [Secret(fields.get(name, "")) for name in ("refresh_token", "code", "code_verifier")]
    return (config.clientSecret, config.accessToken, config.refreshToken, *sent)


def shown(url: str) -> str:
    """An address without its query, which may hold anything."""
    return url.partition("?")[0]


def check_tls(config: OAuth2Config, field: str, allow_http: bool) -> None:
    """Raises Problem 422 where secrets would go over a network in the clear (RFC 6749, sections 3.1 and 3.2)."""
    parts = urlsplit(getattr(config, field))
    if parts.scheme != "https" and not allow_http and not _is_this_machine(parts.hostname or ""):
        raise _insecure(field)


def _insecure(field: str) -> Problem:
    return config_problem(field, "must be https, or the operator sets PEGBOARD_AUTH_OAUTH2__ALLOW_HTTP=true")


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
