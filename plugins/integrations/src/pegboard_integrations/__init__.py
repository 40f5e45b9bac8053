"""Custom integrations for Pegboard: other people's APIs, described as data, tested, and synced into records."""

from collections.abc import AsyncIterator, Iterable, Sequence

import click

from pegboard import RouteSpec, ServiceRegistry, Services, Settings, hookimpl
from pegboard_jobs import background
from pegboard_store import Migrations
from pegboard_vault import Sealed

from .checkpoints import SEALED_CHECKPOINTS
from .commands import integrations
from .drafts import Drafts
from .integrations import Integrations
from .opening import Opened, open_all
from .rotation import SEALED
from .routes import routes
from .schedule_routes import SCHEDULE_ROUTES
from .schedules import Schedules
from .settings import IntegrationsSettings
from .stored import StoredIntegration
from .sync_clock import SyncClock
from .syncs import Syncs
from .trying import Trying
from .webhooks import WebhookSecret

__version__ = "0.1.0"

__all__ = [
    "Drafts",
    "Integrations",
    "IntegrationsSettings",
    "Schedules",
    "StoredIntegration",
    "Syncs",
    "Trying",
    "WebhookSecret",
]


@hookimpl
def pegboard_settings() -> type:
    return IntegrationsSettings


@hookimpl
def pegboard_migrations() -> Migrations:
    return Migrations("integrations", "Custom integrations", package="pegboard_integrations.migrations")


@hookimpl
def pegboard_sealed() -> Sequence[Sealed]:
    return (*SEALED, SEALED_CHECKPOINTS)


@hookimpl
def pegboard_services(registry: ServiceRegistry, settings: Settings) -> None:
    async def opened(services: Services) -> AsyncIterator[Opened]:
        async with open_all(services, settings) as made:
            yield made

    async def integrations_of(services: Services) -> Integrations:
        return (await services.aget(Opened)).integrations

    async def trying_of(services: Services) -> Trying:
        return (await services.aget(Opened)).trying

    async def syncs_of(services: Services) -> Syncs:
        return (await services.aget(Opened)).syncs

    registry.offer(Opened, opened, eager=True)
    registry.offer(Integrations, integrations_of, eager=True)
    registry.offer(Trying, trying_of, eager=True)

    async def drafts_of(services: Services) -> Drafts:
        return (await services.aget(Opened)).drafts

    registry.offer(Drafts, drafts_of, eager=True)

    async def schedules_of(services: Services) -> Schedules:
        return (await services.aget(Opened)).schedules

    async def clock(services: Services) -> AsyncIterator[SyncClock]:
        made = SyncClock(await services.aget(Schedules))
        async with background(made.run):
            yield made

    registry.offer(Syncs, syncs_of, eager=True)
    registry.offer(Schedules, schedules_of, eager=True)
    registry.offer(SyncClock, clock, eager="serving")


@hookimpl
def pegboard_routes(settings: Settings) -> Iterable[RouteSpec]:
    return (*routes(settings.of(IntegrationsSettings)), *SCHEDULE_ROUTES)


@hookimpl
def pegboard_commands() -> click.Command:
    return integrations
