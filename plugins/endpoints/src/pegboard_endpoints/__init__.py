"""Custom endpoints for Pegboard: a user's Python over an upstream URL, served at a URL of its own."""

from collections.abc import AsyncIterator, Iterator

import click

from pegboard import RouteSpec, ServiceRegistry, Services, Settings, hookimpl
from pegboard_store import Migrations
from pegboard_vault import Sealed

from .demo import demo
from .endpoints import Endpoints
from .opening import open_endpoints
from .rotation import SEALED
from .routes import ROUTES
from .sample import routes as sample_routes
from .settings import EndpointsSettings

__version__ = "0.1.0"

__all__ = ["Endpoints", "EndpointsSettings"]


@hookimpl
def pegboard_settings() -> type:
    return EndpointsSettings


@hookimpl
def pegboard_migrations() -> Migrations:
    return Migrations("endpoints", "Custom endpoints", package="pegboard_endpoints.migrations")


@hookimpl
def pegboard_sealed() -> Sealed:
    return SEALED


@hookimpl
def pegboard_services(registry: ServiceRegistry, settings: Settings) -> None:
    async def opened(services: Services) -> AsyncIterator[Endpoints]:
        async with open_endpoints(services, settings) as endpoints:
            yield endpoints

    registry.offer(Endpoints, opened, eager=True)


@hookimpl
def pegboard_routes(settings: Settings) -> Iterator[RouteSpec]:
    yield from ROUTES
    if settings.kernel.sample:
        yield from sample_routes()


@hookimpl
def pegboard_commands() -> click.Command:
    return demo
