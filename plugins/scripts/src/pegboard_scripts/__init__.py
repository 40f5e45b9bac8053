"""Scripts that operators register, and the files that users send for them."""

from collections.abc import Iterable

import click

from pegboard import RouteSpec, ServiceRegistry, Services, Settings, hookimpl
from pegboard_store import Migrations

from .commands import scripts
from .file_routes import FILE_ROUTES
from .opening import open_scripts, open_uploads
from .registry import Scripts
from .routes import ROUTES
from .settings import ScriptsSettings
from .specs import Parameter, Script
from .uploads import Upload, Uploads

__version__ = "0.1.0"

__all__ = ["Parameter", "Script", "Scripts", "ScriptsSettings", "Upload", "Uploads"]


@hookimpl
def pegboard_settings() -> type:
    return ScriptsSettings


@hookimpl
def pegboard_migrations() -> Migrations:
    return Migrations("scripts", "Uploads for scripts", package="pegboard_scripts.migrations")


@hookimpl
def pegboard_services(registry: ServiceRegistry, settings: Settings) -> None:
    async def registered(services: Services) -> Scripts:
        return await open_scripts(settings)

    async def uploads(services: Services) -> Uploads:
        return await open_uploads(services, settings)

    registry.offer(Scripts, registered, eager=True)
    registry.offer(Uploads, uploads, eager=True)


@hookimpl
def pegboard_routes() -> Iterable[RouteSpec]:
    return (*ROUTES, *FILE_ROUTES)


@hookimpl
def pegboard_commands() -> click.Command:
    return scripts
