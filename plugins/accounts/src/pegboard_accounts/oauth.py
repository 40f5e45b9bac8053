"""Tokens for programs, as OAuth 2.0 has them: grants (RFC 6749), revocation (RFC 7009), introspection (RFC 7662)."""

from datetime import UTC, datetime
from math import isinf
from typing import Any

import attrs
from starlette.authentication import AuthenticationError
from starlette.requests import HTTPConnection

from pegboard import Principal, Problem
from pegboard.auth import grants

from .errors import EmailUnverified, InvalidCredentials, InvalidToken, TooManyAttempts
from .logins import Logins
from .sessions import Sessions, SignedIn
from .tokens import TokenVerifier, looks_like_token
from .verifier import Verifier


class OAuthError(Problem):
    """`error` is one of RFC 6749, section 5.2."""

    def __init__(self, error: str, detail: str, status: int = 400) -> None:
        super().__init__(status, "oauth-refused", detail, extra={"error": error})
        self.error = error


@attrs.frozen
class TokenAnswer:
    """RFC 6749, section 5.1."""

    access_token: str = attrs.field(repr=False)
    token_type: str
    expires_in: int
    refresh_token: str | None = attrs.field(default=None, repr=False)
    scope: str | None = None


class OAuth:
    def __init__(self, sessions: Sessions, logins: Logins, keys: Verifier, tokens: TokenVerifier) -> None:
        self._sessions = sessions
        self._logins = logins
        self._keys = keys
        self._tokens = tokens

    async def password(self, username: str, password: str, request: HTTPConnection | None = None) -> TokenAnswer:
        """The user's e-mail address is his username. Raises `OAuthError`, `TooManyAttempts`."""
        try:
            return _answer(await self._logins.login(username, password, request=request))
        except TooManyAttempts:
            raise
        except (InvalidCredentials, EmailUnverified) as error:
            raise OAuthError("invalid_grant", error.detail) from None

    async def refresh_token(self, token: str, request: HTTPConnection | None = None) -> TokenAnswer:
        """Raises `OAuthError`."""
        try:
            return _answer(await self._sessions.refresh(token, request))
        except InvalidToken as error:
            raise OAuthError("invalid_grant", error.detail) from None

    async def client_credentials(self, client: str, secret: str, scope: str = "") -> TokenAnswer:
        """A token for an API key: its id or prefix is the client's id, all of its text the secret. Raises `OAuthError`.

        The key of the environment has no id to be revoked by, and gets no token.
        """
        try:
            found = await self._keys.verified(secret)
        except AuthenticationError:
            raise OAuthError("invalid_client", "the client's id or secret is not valid", 401) from None
        principal = found.answer[1]
        if not found.subjects or client not in (found.id, secret.split("_")[1]):
            raise OAuthError("invalid_client", "the client's id or secret is not valid", 401)
        if any(not grants(principal.scopes, wanted) for wanted in scope.split()):
            raise OAuthError("invalid_scope", "the key lacks a scope that is asked for")
        until = None if isinf(found.expires) else datetime.fromtimestamp(found.expires, UTC)
        token, expires_in = self._sessions.access_token(principal, {"key": found.id}, until)
        return TokenAnswer(token, "bearer", expires_in, scope=" ".join(sorted(principal.scopes)))

    async def revoke(self, token: str) -> None:
        """End the session of an access or a refresh token; what is no token is revoked already."""
        if not looks_like_token(token):
            await self._sessions.revoke(token)
            return
        try:
            principal = (await self._tokens.verified(token)).answer[1]
        except AuthenticationError:
            return
        if principal.credential.startswith("ses_"):
            await self._sessions.logout(principal)

    async def introspect(self, caller: Principal, token: str) -> dict[str, Any]:
        """What an access token of the caller's tenant is good for; of all others only that they are not active."""
        try:
            found = await self._tokens.verified(token)
        except AuthenticationError:
            return {"active": False}
        principal = found.answer[1]
        if principal.tenant != caller.tenant:
            return {"active": False}
        claims = self._tokens.claims(token)
        shown = {name: claims[name] for name in ("sub", "iss", "aud", "exp", "iat", "jti", "tenant")}
        scope = " ".join(sorted(principal.scopes))
        return {"active": True, "scope": scope, "username": principal.username, "token_type": "bearer", **shown}


def _answer(signed: SignedIn) -> TokenAnswer:
    return TokenAnswer(signed.access_token, "bearer", signed.expires_in, signed.refresh_token)
