"""Who did what in a Pegboard app: an append-only log with masked differences."""

from collections.abc import Iterable

import click

from pegboard import Auditor, Panel, RouteSpec, ServiceRegistry, Services, Settings, hookimpl
from pegboard_store import Migrations, Store

from .entries import Actor, Entry, EntryFilter, EntryPage, EntryQuery, Target
from .log import AuditLog
from .panels import panels
from .pruning import prune
from .routes import ROUTES
from .settings import AuditSettings

__version__ = "0.1.0"

__all__ = [
    "Actor",
    "AuditLog",
    "AuditSettings",
    "Entry",
    "EntryFilter",
    "EntryPage",
    "EntryQuery",
    "Target",
    "prune",
]


@hookimpl
def pegboard_settings() -> type:
    return AuditSettings


@hookimpl
def pegboard_migrations() -> Migrations:
    return Migrations("audit", "Who did what", package="pegboard_audit.migrations")


@hookimpl
def pegboard_services(registry: ServiceRegistry, settings: Settings) -> None:
    async def opened(services: Services) -> AuditLog:
        return AuditLog(await services.aget(Store), settings.of(AuditSettings))

    async def auditor(services: Services) -> Auditor:
        return await services.aget(AuditLog)

    registry.offer(AuditLog, opened, eager=True, ping=AuditLog.ping)
    registry.offer(Auditor, auditor, eager=True)  # type: ignore[type-abstract]


@hookimpl
def pegboard_routes() -> Iterable[RouteSpec]:
    return ROUTES


@hookimpl
def pegboard_panels() -> Iterable[Panel]:
    return panels()


@hookimpl
def pegboard_commands() -> click.Command:
    from .commands import audit  # it needs the command line, and that the server

    return audit
