"""Where calls are counted: memory, or a Redis server that several processes share."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import attrs
from limits.aio.storage import MovingWindowSupport, RedisStorage, Storage
from limits.aio.strategies import STRATEGIES, RateLimiter

from pegboard import StartupError

from .memory import MemoryStorage
from .settings import RateLimitSettings

CONNECTIONS = 50
"""To Redis, per process; more calls at once wait for one, as long as for an answer."""


@attrs.frozen
class Counters:
    """A strategy over a storage, and the clock by which that one tells times."""

    strategy: RateLimiter
    now: Callable[[], float]

    @property
    def storage(self) -> Storage:
        return self.strategy.storage


def in_memory(settings: RateLimitSettings) -> Counters:
    return Counters(_strategy(MemoryStorage(), settings), time.monotonic)


@asynccontextmanager
async def open_redis(settings: RateLimitSettings) -> AsyncIterator[Counters]:
    """Nothing is connected yet: an app starts without Redis too. Raises StartupError for an address that is none."""
    from redis.asyncio import BlockingConnectionPool
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    patience = settings.timeout
    try:
        pool = BlockingConnectionPool.from_url(
            settings.storage.reveal(),
            max_connections=CONNECTIONS,
            timeout=patience,
            socket_timeout=patience,
            socket_connect_timeout=patience,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError:
        raise StartupError("ratelimit: storage: the address of Redis cannot be read") from None
    # the library parses its own address, which has no use beside a pool
    storage = RedisStorage(
        "redis://",
        implementation="redispy",
        key_prefix=settings.prefix,
        connection_pool=pool,  # type: ignore[arg-type]
    )
    try:
        yield Counters(_strategy(storage, settings), time.time)
    finally:
        await pool.aclose()


def _strategy(storage: Storage, settings: RateLimitSettings) -> RateLimiter:
    assert isinstance(storage, MovingWindowSupport)
    return STRATEGIES[f"{settings.window}-window"](storage)
