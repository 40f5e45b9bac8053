"""The law: never more than the limit, in any window where it moves, in each where it is fixed; and never less."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits import RateLimitItemPerSecond
from limits.aio.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter

from pegboard import Rate, Secret
from pegboard_ratelimit.counting import Counting
from pegboard_ratelimit.memory import MemoryStorage
from pegboard_ratelimit.settings import RateLimitSettings
from pegboard_ratelimit.storages import in_memory, open_redis

CALLS = st.lists(st.tuples(st.sampled_from([0.0, 0.25, 0.5, 1.0, 2.75, 3.0, 8.0]), st.sampled_from("ab")), max_size=80)
PATIENCE = 30


@attrs.define
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


async def accepted(strategy: Any, clock: Clock, item: Any, calls: Any) -> list[tuple[float, str, bool]]:
    made = []
    for later, subject in calls:
        clock.now += later
        made.append((clock.now, subject, await strategy.hit(item, subject)))
        stats = await strategy.get_window_stats(item, subject)
        assert 0 <= stats.remaining <= item.amount
        assert clock.now <= stats.reset_time <= clock.now + item.get_expiry()
    return made


@given(calls=CALLS, limit=st.integers(1, 4), window=st.integers(1, 4))
def test_a_moving_window_never_holds_more_than_the_limit_and_lets_in_all_that_fit(
    calls: Any, limit: int, window: int
) -> None:
    clock = Clock()
    strategy = MovingWindowRateLimiter(MemoryStorage(clock))
    made = asyncio.run(accepted(strategy, clock, RateLimitItemPerSecond(limit, window), calls))
    for number, (at, subject, allowed) in enumerate(made):
        before = [other for other in made[:number] if other[1] == subject and other[2] and other[0] >= at - window]
        assert allowed == (len(before) < limit)


@given(calls=CALLS, limit=st.integers(1, 4), window=st.integers(1, 4))
def test_a_fixed_window_begins_with_a_call_and_lets_in_the_first_ones(calls: Any, limit: int, window: int) -> None:
    clock = Clock()
    strategy = FixedWindowRateLimiter(MemoryStorage(clock))
    made = asyncio.run(accepted(strategy, clock, RateLimitItemPerSecond(limit, window), calls))
    for subject in "ab":
        began, count = -1000.0, 0
        for at, _, allowed in (call for call in made if call[1] == subject):
            if at >= began + window:
                began, count = at, 0
            count += 1
            assert allowed == (count <= limit)


@given(calls=CALLS)
def test_what_has_expired_is_forgotten(calls: Any) -> None:
    clock = Clock()
    storage = MemoryStorage(clock)
    for kind in (MovingWindowRateLimiter, FixedWindowRateLimiter):
        asyncio.run(accepted(kind(storage), clock, RateLimitItemPerSecond(3, 2), calls))
        clock.now += 2.5
        asyncio.run(accepted(kind(storage), clock, RateLimitItemPerSecond(3, 2), [(0.0, "c")]))
        assert len(storage) == 1
        asyncio.run(storage.reset())


@pytest.mark.anyio
@pytest.mark.parametrize("window", ["moving", "fixed"])
async def test_many_at_once_over_two_connections_to_redis_keep_to_the_limit(
    window: str, redis_section: Mapping[str, Any]
) -> None:
    section = {**redis_section, "storage": Secret(redis_section["storage"]), "window": window}
    settings, rate = RateLimitSettings(**section), Rate(5, 1)
    let_in: list[tuple[float, float]] = []

    async def call_for(seconds: float, counting: Counting) -> None:
        ends = time.time() + seconds
        while (begun := time.time()) < ends:
            standing = await counting.count("law", rate, "ann")
            assert standing is not None
            if standing.allowed:
                let_in.append((begun, time.time()))

    async with open_redis(settings) as one, open_redis(settings) as two:
        countings = [Counting(settings, counters, in_memory(settings)) for counters in (one, two)]
        await asyncio.gather(*(call_for(2.2, counting) for counting in countings for _ in range(5)))
        assert [counting.failures for counting in countings] == [0, 0]
    # what began and ended within a window was counted within it; two fixed windows touch any stretch of one's length
    most = rate.limit * (1 if window == "moving" else 2)
    for begun, _ in let_in:
        within = [other for other in let_in if other[0] >= begun and other[1] <= begun + rate.window]
        assert len(within) <= most
    assert len(let_in) >= rate.limit * 2


@pytest.mark.anyio
async def test_many_at_once_in_memory_keep_to_the_limit() -> None:
    settings = RateLimitSettings()
    local = in_memory(settings)
    counting = Counting(settings, local, local)
    standings = await asyncio.gather(*(counting.count("law", Rate(7, 60), "ann") for _ in range(100)))
    assert sum(standing.allowed for standing in standings if standing) == 7
