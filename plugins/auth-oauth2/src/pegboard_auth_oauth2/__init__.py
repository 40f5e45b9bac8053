"""OAuth 2.0 for outgoing requests: tokens fetched, kept under seal, and renewed once over all processes."""

from collections.abc import AsyncIterator, Sequence

from pegboard import AuthProvider, RouteSpec, ServiceRegistry, Services, Settings, hookimpl
from pegboard_store import Migrations
from pegboard_vault import Sealed

from .configs import OAuth2Config
from .errors import LoginFailed, LoginNeeded, RenewalBusy, TokenAnswer, TokenRefused, TokenUnavailable
from .flow import PROVIDER
from .logins import Connected, OAuthLogins
from .opening import open_logins, open_tokens
from .renewal import GrantStatus, OAuthTokens
from .rotation import SEALED
from .routes import COOKIE, ROUTES
from .settings import AuthOAuth2Settings
from .tokens import Token

__version__ = "0.1.0"

__all__ = [
    "COOKIE",
    "AuthOAuth2Settings",
    "Connected",
    "GrantStatus",
    "LoginFailed",
    "LoginNeeded",
    "OAuth2Config",
    "OAuthLogins",
    "OAuthTokens",
    "RenewalBusy",
    "Token",
    "TokenAnswer",
    "TokenRefused",
    "TokenUnavailable",
]


@hookimpl
def pegboard_settings() -> type:
    return AuthOAuth2Settings


@hookimpl
def pegboard_migrations() -> Migrations:
    return Migrations("auth-oauth2", "OAuth tokens", package="pegboard_auth_oauth2.migrations")


@hookimpl
def pegboard_sealed() -> Sequence[Sealed]:
    return SEALED


@hookimpl
def pegboard_auth_providers() -> Sequence[AuthProvider]:
    return (PROVIDER,)


@hookimpl
def pegboard_routes() -> Sequence[RouteSpec]:
    return ROUTES


@hookimpl
def pegboard_services(registry: ServiceRegistry, settings: Settings) -> None:
    async def tokens(services: Services) -> AsyncIterator[OAuthTokens]:
        opened = await open_tokens(services, settings)
        yield opened
        await opened.aclose()

    async def logins(services: Services) -> OAuthLogins:
        return await open_logins(services, settings)

    registry.offer(OAuthTokens, tokens, eager=True)
    registry.offer(OAuthLogins, logins, eager=True)
