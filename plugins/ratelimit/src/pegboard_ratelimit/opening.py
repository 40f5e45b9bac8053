"""Putting the parts together."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import structlog

from pegboard import FixedRoutes, Services

from .counting import Counting
from .limiter import RouteLimiter
from .policies import Policies
from .settings import RateLimitSettings
from .storages import in_memory, open_redis
from .subjects import Addresses

log = structlog.get_logger(__name__)


@asynccontextmanager
async def open_limiter(services: Services, settings: RateLimitSettings) -> AsyncIterator[RouteLimiter]:
    """The limiter. A rate for a route that is not there is told in the log: that route may be made at run time."""
    policies, local = Policies.of(settings), in_memory(settings)
    if FixedRoutes in services:
        names = frozenset(route.name for route, _ in services.get(FixedRoutes))
        for name in policies.unknown(names):
            log.warning("a rate is set for a route that is not there", route=name)
    async with AsyncExitStack() as stack:
        is_local = settings.storage.reveal() == "memory://"
        counters = local if is_local else await stack.enter_async_context(open_redis(settings))
        yield RouteLimiter(policies, Addresses.of(settings), Counting(settings, counters, local))
