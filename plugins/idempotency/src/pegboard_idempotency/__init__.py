"""Idempotency keys: a request that is sent twice is carried out once."""

from collections.abc import AsyncIterator

from pegboard import IdempotencyStore, ServiceRegistry, Services, Settings, hookimpl
from pegboard_store import Migrations, Store

from .answers import IdempotentAnswers, open_answers
from .claims import Claims
from .settings import IdempotencySettings

__version__ = "0.1.0"

__all__ = ["IdempotencySettings", "IdempotentAnswers"]


@hookimpl
def pegboard_settings() -> type:
    return IdempotencySettings


@hookimpl
def pegboard_migrations() -> Migrations:
    return Migrations("idempotency", "Idempotency keys", package="pegboard_idempotency.migrations")


@hookimpl
def pegboard_services(registry: ServiceRegistry, settings: Settings) -> None:
    section = settings.of(IdempotencySettings)

    async def opened(services: Services) -> AsyncIterator[IdempotentAnswers]:
        async with open_answers(Claims(await services.aget(Store), section), section) as answers:
            yield answers

    registry.offer(
        IdempotencyStore,  # type: ignore[type-abstract]
        opened,
        eager=True,
        ping=IdempotentAnswers.ping,
        measure=IdempotentAnswers.measure,
    )
