"""Who may call a Pegboard app: principals, tenants, scopes and API keys."""

from collections.abc import AsyncIterator, Iterable

import click

from pegboard import AuthProvider, RouteSpec, ServiceRegistry, Services, Settings, hookimpl
from pegboard_store import Migrations

from .accounts import Accounts
from .backends import providers
from .keys import CreatedKey, Key, User
from .opening import open_accounts
from .routes import ROUTES
from .settings import AccountsSettings

__version__ = "0.1.0"

__all__ = ["Accounts", "AccountsSettings", "CreatedKey", "Key", "User", "testing"]


@hookimpl
def pegboard_settings() -> type:
    return AccountsSettings


@hookimpl
def pegboard_migrations() -> Migrations:
    return Migrations("accounts", "API keys", package="pegboard_accounts.migrations")


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
def pegboard_routes() -> Iterable[RouteSpec]:
    return ROUTES


@hookimpl
def pegboard_commands() -> click.Command:
    from .commands import keys  # it needs the command line, and that the server

    return keys
