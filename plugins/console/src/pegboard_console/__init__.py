"""The page that users of a Pegboard app live in, made of panels that plugins contribute."""

from collections.abc import Iterator

from pegboard import (
    AuthProvider,
    Notice,
    Notices,
    Panel,
    RouteSpec,
    ServiceRegistry,
    Services,
    Settings,
    hookimpl,
)

from . import areas, page, routes, session_routes
from .backend import ConsoleBackend
from .catalog import Catalog
from .files import Files
from .navigation import Navigation
from .sessions import Sessions
from .settings import ConsoleSettings

__version__ = "0.1.0"

__all__ = ["ConsoleSettings"]


@hookimpl
def pegboard_settings() -> type:
    return ConsoleSettings


@hookimpl
def pegboard_services(registry: ServiceRegistry, settings: Settings) -> None:
    config = settings.of(ConsoleSettings)

    def built(services: Services) -> Files:
        services.get(Notices).add(Notice("Console", f"{{url}}{config.prefix}", 20))
        return Files(config.static)

    registry.offer(Files, built, eager=True)
    registry.offer(Sessions, Sessions, eager=True)
    registry.offer(Catalog, Catalog)
    registry.offer(Navigation, Navigation, eager="serving")


@hookimpl
def pegboard_auth_providers(settings: Settings) -> AuthProvider:
    return AuthProvider("console", "The session of the page", inbound=lambda config, services: ConsoleBackend(services))


@hookimpl
def pegboard_routes(settings: Settings) -> Iterator[RouteSpec]:
    prefix = settings.of(ConsoleSettings).prefix
    for module in (page, session_routes, routes):
        yield from module.routes(prefix)


@hookimpl
def pegboard_panels(settings: Settings) -> Iterator[Panel]:
    return areas.panels(settings.of(ConsoleSettings).prefix)
