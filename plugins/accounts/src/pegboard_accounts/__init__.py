"""Who may call a Pegboard app: users, sessions, tenants, roles, scopes and API keys."""

from collections.abc import AsyncIterator, Iterable

import click

from pegboard import AuthProvider, Panel, Point, RouteSpec, ServiceRegistry, Services, Settings, hookimpl
from pegboard_store import Migrations

from . import errors
from .accounts import Accounts
from .auth_routes import AUTH_ROUTES
from .backends import providers
from .keys import CreatedKey, Key, User
from .mailers import MAILERS
from .members import UserQuery
from .oauth_routes import OAUTH_ROUTES
from .opening import open_accounts
from .panels import panels
from .post import Mail, Mailer
from .routes import ROUTES, placed
from .sessions import SignedIn
from .settings import AccountsSettings, SmtpSettings
from .tenants import Membership
from .user_routes import USER_ROUTES
from .users import Account, NewUser, UserChange

__version__ = "0.1.0"

__all__ = [
    "Account",
    "Accounts",
    "AccountsSettings",
    "CreatedKey",
    "Key",
    "Mail",
    "Mailer",
    "Membership",
    "NewUser",
    "SignedIn",
    "SmtpSettings",
    "User",
    "UserChange",
    "UserQuery",
    "errors",
    "testing",
]


@hookimpl
def pegboard_settings() -> type:
    return AccountsSettings


@hookimpl
def pegboard_points() -> Point:
    return Point("mailer", "Ways to send mails", hook="pegboard_mailers", record=Mailer)


@hookimpl
def pegboard_mailers() -> Iterable[Mailer]:
    return MAILERS


@hookimpl
def pegboard_migrations() -> Migrations:
    return Migrations("accounts", "Users, sessions and API keys", package="pegboard_accounts.migrations")


@hookimpl
def pegboard_services(registry: ServiceRegistry, settings: Settings) -> None:
    async def factory(services: Services) -> AsyncIterator[Accounts]:
        async with open_accounts(services, settings) as accounts:
            yield accounts

    registry.offer(Accounts, factory, eager=True)


@hookimpl
def pegboard_auth_providers(settings: Settings) -> Iterable[AuthProvider]:
    return providers(settings.of(AccountsSettings))


@hookimpl
def pegboard_routes(settings: Settings) -> Iterable[RouteSpec]:
    return placed((*ROUTES, *AUTH_ROUTES, *USER_ROUTES, *OAUTH_ROUTES), settings.of(AccountsSettings).prefix)


@hookimpl
def pegboard_panels(settings: Settings) -> Iterable[Panel]:
    return panels(settings.of(AccountsSettings))


@hookimpl
def pegboard_commands() -> Iterable[click.Command]:
    from .commands import keys  # they need the command line, and that the server
    from .user_commands import users

    return keys, users
