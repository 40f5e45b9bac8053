"""Scripts that operators register, and the files that users send for them."""

from collections.abc import Iterable

import click

from pegboard import Panel, RouteSpec, ServiceRegistry, Services, Settings, hookimpl
from pegboard_jobs import JobKind
from pegboard_store import Migrations
from pegboard_vault import Sealed

from .clockwork import Clockwork
from .commands import scripts
from .executions import KIND, Executions
from .file_routes import FILE_ROUTES
from .opening import open_clockwork, open_executions, open_schedules, open_scripts, open_uploads
from .panels import FILES, SCHEDULES
from .registry import Scripts
from .rotation import SEALED
from .routes import ROUTES
from .run_routes import RUN_ROUTES
from .schedule_routes import SCHEDULE_ROUTES
from .schedules import Schedule, Schedules
from .settings import ScriptsSettings
from .specs import Parameter, Script
from .uploads import Upload, Uploads

__version__ = "0.1.0"

__all__ = [
    "Executions",
    "Parameter",
    "Schedule",
    "Schedules",
    "Script",
    "Scripts",
    "ScriptsSettings",
    "Upload",
    "Uploads",
]


@hookimpl
def pegboard_settings() -> type:
    return ScriptsSettings


@hookimpl
def pegboard_migrations() -> Migrations:
    return Migrations("scripts", "Uploads and schedules", package="pegboard_scripts.migrations")


@hookimpl
def pegboard_services(registry: ServiceRegistry, settings: Settings) -> None:
    async def registered(services: Services) -> Scripts:
        return await open_scripts(settings)

    async def uploads(services: Services) -> Uploads:
        return await open_uploads(services, settings)

    async def executions(services: Services) -> Executions:
        return await open_executions(services, settings)

    registry.offer(Scripts, registered, eager=True)
    registry.offer(Uploads, uploads, eager=True)
    registry.offer(Executions, executions, eager=True)
    registry.offer(Schedules, open_schedules, eager=True)
    registry.offer(Clockwork, open_clockwork, eager="serving")


@hookimpl
def pegboard_job_kinds() -> JobKind:
    return KIND


@hookimpl
def pegboard_sealed() -> Sealed:
    return SEALED


@hookimpl
def pegboard_routes() -> Iterable[RouteSpec]:
    return (*ROUTES, *RUN_ROUTES, *FILE_ROUTES, *SCHEDULE_ROUTES)


@hookimpl
def pegboard_panels() -> Iterable[Panel]:
    return (FILES, SCHEDULES)


@hookimpl
def pegboard_commands() -> click.Command:
    return scripts
