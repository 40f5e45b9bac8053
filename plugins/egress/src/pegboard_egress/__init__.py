"""Outgoing requests that users cause: one guarded HTTP client for Pegboard and all its plugins."""

from collections.abc import AsyncIterator

from pegboard import ServiceRegistry, Services, Settings, hookimpl

from .egress import Egress, check_url, open_egress
from .errors import EgressBlocked, EgressError, TooManyRedirects, UpstreamError, UpstreamTimeout, UpstreamTooLarge
from .messages import EgressRequest, EgressResponse, Timeouts
from .retry import Retry
from .settings import EgressSettings

__version__ = "0.1.0"

__all__ = [
    "Egress",
    "EgressBlocked",
    "EgressError",
    "EgressRequest",
    "EgressResponse",
    "EgressSettings",
    "Retry",
    "Timeouts",
    "TooManyRedirects",
    "UpstreamError",
    "UpstreamTimeout",
    "UpstreamTooLarge",
    "check_url",
    "open_egress",
]


@hookimpl
def pegboard_settings() -> type:
    return EgressSettings


@hookimpl
def pegboard_services(registry: ServiceRegistry, settings: Settings) -> None:
    config = settings.of(EgressSettings)

    async def opened(services: Services) -> AsyncIterator[Egress]:
        async with open_egress(config) as egress:
            yield egress

    registry.offer(Egress, opened, eager=True)
