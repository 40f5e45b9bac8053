"""Users who log in at an authorization server and come back (RFC 6749, section 4.1; RFC 7636; RFC 9207; RFC 9700)."""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

import attrs

from pegboard import Principal, Problem, Secret

from .configs import OAuth2Config
from .documents import fingerprint
from .errors import LoginFailed, config_problem, told
from .grants import Grants, Ref
from .pending import Pending, PendingLogins
from .protocol import check_tls, code_fields, login_url, new_verifier, secrets_in
from .renewal import TokenEndpoint
from .settings import AuthOAuth2Settings

CALLBACK = "/oauth/callback"
RETURN_TO = re.compile(r"/(?![/\\])[!-\[\]-~]*")
"""A path of this site: browsers read // and /\\ as another one."""


@attrs.frozen
class Connected:
    """A login that succeeded: whose, for which stored credential, and where the user goes on ("" is nowhere)."""

    tenant: str
    user: str
    key: str
    return_to: str


class OAuthLogins:
    """Logins of all tenants, from the first address to the stored tokens. One per app."""

    def __init__(
        self,
        pending: PendingLogins,
        grants: Grants,
        endpoint: TokenEndpoint,
        settings: AuthOAuth2Settings,
        public_url: str,
    ) -> None:
        self._pending, self._grants, self._endpoint = pending, grants, endpoint
        self._settings, self._public_url = settings, public_url

    async def authorize(
        self,
        config: OAuth2Config,
        tenant: str,
        user: str,
        key: str,
        return_to: str = "",
        browser: Secret | None = None,
    ) -> str:
        """The URL that `user` must open in a browser to log in; good once, for as long as the setting `login` says.

        `key` is the name of the stored credential, as in `AuthContext`. `return_to` is a path of this site where the
        browser goes in the end. `browser` is a random value that the caller has set as the cookie `COOKIE` in the
        user's browser: with it, nobody else can finish this login. Raises Problem 422 for a config that has no login.
        """
        if config.grantType != "authorization_code" or not config.authorizationUrl:
            raise config_problem("grantType", "must be authorization_code, with an authorizationUrl, to log in")
        if return_to and not RETURN_TO.fullmatch(return_to):
            raise Problem(422, "oauth-return-to", 'returnTo must be a path of this site that starts with one "/"')
        check_tls(config, "authorizationUrl", self._settings.allow_http)
        redirect_uri, verifier = self._redirect_uri(config), new_verifier()
        login = Pending(tenant, user, key, return_to, config, redirect_uri, verifier)
        state = await self._pending.add(login, self._settings.login, browser)
        return login_url(config, redirect_uri, state, verifier)

    async def complete(
        self, query: Iterable[tuple[str, str]], caller: Principal | None = None, browser: Secret | None = None
    ) -> Connected:
        """Take the parameters with which a browser comes back, and store the tokens that they stand for.

        `caller` is who sent them, where that is known: then it must be who began. Raises LoginFailed, and what the
        token endpoint's answer raises.
        """
        given = _single(query)
        login = await self._pending.take(given.get("state", ""), caller, browser)
        try:
            return await self._connected(login, given)
        except LoginFailed as failed:
            raise LoginFailed(failed.status, failed.code, failed.detail, login.return_to) from None
        except Problem as problem:
            raise LoginFailed(problem.status, problem.code, str(problem), login.return_to) from None

    async def _connected(self, login: Pending, given: Mapping[str, str]) -> Connected:
        config = login.config
        _check_issuer(config, given.get("iss"))
        if "error" in given:
            raise LoginFailed(403, "oauth-login-refused", _refusal(config, given))
        if not given.get("code"):
            raise LoginFailed(400, "oauth-callback", "the server sent neither a code nor an error: log in again")
        fields = code_fields(given["code"], login.redirect_uri, login.verifier)
        token = await self._endpoint.ask(config, fields)
        await self._grants.connect(Ref(login.tenant, login.key), fingerprint(config), token)
        return Connected(login.tenant, login.user, login.key, login.return_to)

    def _redirect_uri(self, config: OAuth2Config) -> str:
        if config.redirectUri:
            return config.redirectUri
        if not self._public_url:
            raise config_problem("redirectUri", "is needed, or the operator sets PEGBOARD_PUBLIC_URL")
        return self._public_url.rstrip("/") + CALLBACK


def _single(query: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """No parameter may be there twice (RFC 6749, section 3.1): each side could read another one."""
    given: dict[str, str] = {}
    for name, value in query:
        if name in given:
            raise LoginFailed(400, "oauth-callback", "the address has a parameter twice: log in again")
        given[name] = value
    return given


def _check_issuer(config: OAuth2Config, iss: str | None) -> None:
    """A server that names itself must be the one that the user was sent to (RFC 9207, section 2.4)."""
    if iss is None:
        return
    known = (config.authorizationUrl, config.tokenUrl)
    good = iss == config.issuer if config.issuer else _origin(iss) in {_origin(url) for url in known}
    if not good:
        detail = (
            "the answer comes from another server than the login was started at (iss): if that server is yours, "
            "set issuer to exactly what it calls itself"
        )
        raise LoginFailed(400, "oauth-issuer", detail)


def _origin(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", url
    return parts.scheme, parts.netloc.lower()


def _refusal(config: OAuth2Config, given: Mapping[str, str]) -> str:
    secrets = secrets_in(config, {})
    error, words = told(given["error"], secrets), told(given.get("error_description"), secrets)
    return f"{error or 'error'}{': ' + words if words else ''} (the server's answer to the login)"
