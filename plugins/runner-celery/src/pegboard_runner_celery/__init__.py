"""Brings jobs to workers on other machines through Celery, over Redis or RabbitMQ; Flower shows them."""

from pegboard import ServiceRegistry, Services, Settings, hookimpl
from pegboard_jobs import JobDispatcher

from .dispatching import CELERY, BrokerInUse, CeleryDispatch, open_celery
from .settings import RunnerCelerySettings

__version__ = "0.1.0"

__all__ = ["RunnerCelerySettings"]


@hookimpl
def pegboard_settings() -> type:
    return RunnerCelerySettings


@hookimpl
def pegboard_job_dispatchers() -> JobDispatcher:
    return CELERY


@hookimpl
def pegboard_services(registry: ServiceRegistry, settings: Settings) -> None:
    async def opened(services: Services) -> BrokerInUse:
        return BrokerInUse.of(services)

    registry.offer(BrokerInUse, opened, ping=BrokerInUse.ping)
    registry.offer(CeleryDispatch, open_celery)
