"""The flow, as httpx has it, and the provider's record."""

from collections.abc import AsyncGenerator, Generator

import httpx

from pegboard import AuthContext, AuthProvider

from .configs import OAuth2Config
from .renewal import OAuthTokens
from .tokens import Token


class OAuth2Auth(httpx.Auth):
    """Sends an access token as Bearer (RFC 6750, section 2.1), and after a 401 once more with a new one."""

    def __init__(self, tokens: OAuthTokens, config: OAuth2Config, tenant: str, key: str) -> None:
        self._tokens, self._config, self._tenant, self._key = tokens, config, tenant, key

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        await request.aread()  # it may have to be sent twice
        token = await self._token()
        response = yield _signed(request, token)
        if response.status_code == 401:
            other = await self._token(rejected=token.version)
            if other.access != token.access:
                yield _signed(request, other)

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        raise RuntimeError("oauth2 fetches its tokens asynchronously: use httpx.AsyncClient")

    async def _token(self, rejected: int | None = None) -> Token:
        return await self._tokens.token(self._config, self._tenant, self._key, rejected)


def _signed(request: httpx.Request, token: Token) -> httpx.Request:
    request.headers["Authorization"] = f"Bearer {token.access.reveal()}"
    return request


def outbound(config: OAuth2Config, context: AuthContext) -> httpx.Auth:
    return OAuth2Auth(context.services.get(OAuthTokens), config, context.tenant, context.key)


PROVIDER = AuthProvider("oauth2", "OAuth 2.0: an access token that is kept fresh", OAuth2Config, outbound=outbound)
