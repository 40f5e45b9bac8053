"""What a Pegboard app is doing, for Prometheus: sandboxes, requests, the process."""

from pegboard import RequestObserver, RouteSpec, Sandboxes, ServiceRegistry, Services, Settings, hookimpl

from .metrics import Metrics
from .requests import Requests
from .routes import page
from .settings import MetricsSettings

__version__ = "0.1.0"

__all__ = ["Metrics", "MetricsSettings"]


@hookimpl
def pegboard_settings() -> type:
    return MetricsSettings


@hookimpl
def pegboard_services(registry: ServiceRegistry, settings: Settings) -> None:
    label = settings.of(MetricsSettings).process_label

    def opened(services: Services) -> Metrics:
        return Metrics(services.get(Sandboxes), label)

    async def observer(services: Services) -> Requests:
        return (await services.aget(Metrics)).requests

    registry.offer(Metrics, opened, eager=True)
    registry.offer(RequestObserver, observer, eager=True)  # type: ignore[type-abstract]


@hookimpl
def pegboard_routes(settings: Settings) -> RouteSpec:
    return page(settings.of(MetricsSettings).public)
