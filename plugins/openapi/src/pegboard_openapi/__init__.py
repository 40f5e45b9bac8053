"""The OpenAPI 3.1 document of a Pegboard app, and a page to read and try it."""

from collections.abc import Iterator

from pegboard import Notice, Notices, RouteSpec, RouteTable, ServiceRegistry, Services, Settings, hookimpl

from .documents import Document, Documents
from .page import FILE, PAGE
from .routes import DOCUMENT, open_home
from .schemas import Schemas
from .settings import OpenAPISettings

__version__ = "0.1.0"

__all__ = ["Document", "Documents", "OpenAPISettings", "Schemas"]


@hookimpl
def pegboard_settings() -> type:
    return OpenAPISettings


@hookimpl
def pegboard_services(registry: ServiceRegistry, settings: Settings) -> None:
    config = settings.of(OpenAPISettings)

    def factory(services: Services) -> Documents:
        if config.viewer:
            services.get(Notices).add(Notice("API document", "{url}/docs"))
        if config.viewer and config.home:
            open_home(services.get(RouteTable))
        return Documents(services)

    registry.offer(Documents, factory, eager=True)


@hookimpl
def pegboard_routes(settings: Settings) -> Iterator[RouteSpec]:
    yield DOCUMENT
    if settings.of(OpenAPISettings).viewer:
        yield from (PAGE, FILE)
