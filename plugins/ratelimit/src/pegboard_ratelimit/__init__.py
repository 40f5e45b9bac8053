"""Rate limits for routes: by caller, key, tenant or address, in memory or in Redis."""

from collections.abc import AsyncIterator

from pegboard import RateLimiter, ServiceRegistry, Services, Settings, hookimpl

from .settings import RateLimitSettings

__version__ = "0.1.0"

__all__ = ["RateLimitSettings"]


@hookimpl
def pegboard_settings() -> type:
    return RateLimitSettings


@hookimpl
def pegboard_services(registry: ServiceRegistry, settings: Settings) -> None:
    async def opened(services: Services) -> AsyncIterator[RateLimiter]:
        from .opening import open_limiter  # the library: an app that does not start need not wait for it

        async with open_limiter(services, settings.of(RateLimitSettings)) as limiter:
            yield limiter

    registry.offer(
        RateLimiter,  # type: ignore[type-abstract]
        opened,
        eager=True,
        ping=lambda limiter: limiter.ping(),
        measure=lambda limiter: limiter.measure(),
    )
