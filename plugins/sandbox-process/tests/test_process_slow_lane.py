"""Calls that take long leave their places to short ones, and no tenant's long calls fill the lane."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pegboard_sandbox_process.places import LONG, MAKE_WAY, NoPlace, Place, Places

A_WHILE = MAKE_WAY * 1.5


class House:
    """Places and a clock of their own: what takes long does so because a test says so."""

    def __init__(self, places: int, lane: int) -> None:
        self.now = 0.0
        self.places = Places(places, lane, clock=lambda: self.now)
        self.inside: list[Place] = []
        self.tasks: list[asyncio.Task[None]] = []

    def ask(self, tenant: str) -> "asyncio.Task[None]":
        self.tasks.append(asyncio.create_task(self._come(tenant)))
        return self.tasks[-1]

    async def _come(self, tenant: str) -> None:
        self.inside.append(await self.places.acquire(tenant, 60))

    async def settle(self) -> None:
        for _ in range(2 * len(self.tasks) + 4):
            await asyncio.sleep(0)

    async def pass_time(self, seconds: float) -> None:
        """What the timer does, by hand."""
        self.now += seconds
        self.places._make_way()
        await self.settle()

    def leave(self, place: Place) -> None:
        self.inside.remove(place)
        place.release()

    def of(self, tenant: str, *, slow: bool) -> list[Place]:
        return [place for place in self.inside if place.tenant == tenant and place.slow is slow]

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for place in list(self.inside):
            self.leave(place)
        assert (self.places.free, self.places.running, self.places.waiting) == (self.places.total, 0, 0)


def in_house(test: Callable[[House], Coroutine[Any, Any, None]], places: int = 2, lane: int = 8) -> None:
    async def play() -> None:
        house = House(places, lane)
        await test(house)
        await house.close()

    asyncio.run(play())


def test_a_long_call_gives_its_place_to_one_that_waits() -> None:
    async def play(house: House) -> None:
        for tenant in "aab":
            house.ask(tenant)
        await house.settle()
        assert [place.tenant for place in house.inside] == ["a", "a"]
        told: list[str] = []
        house.inside[0].slowed = lambda: told.append("first")
        await house.pass_time(MAKE_WAY / 2)
        assert not told
        await house.pass_time(MAKE_WAY)
        assert told == ["first"]
        assert [(place.tenant, place.slow) for place in house.inside] == [("a", True), ("a", False), ("b", False)]

    in_house(play)


def test_a_waiting_call_need_not_wait_for_the_timer() -> None:
    async def play(house: House) -> None:
        house.ask("a")
        house.ask("a")
        await house.settle()
        house.now += A_WHILE
        house.ask("b")
        await house.settle()
        assert len(house.of("b", slow=False)) == 1

    in_house(play)


def test_without_anybody_waiting_only_the_really_long_make_way() -> None:
    async def play(house: House) -> None:
        house.ask("a")
        await house.settle()
        await house.pass_time(A_WHILE)
        assert not house.of("a", slow=True)
        await house.pass_time(LONG)
        assert house.of("a", slow=True)

    in_house(play)


def test_a_holder_of_many_calls_is_judged_by_the_present_one() -> None:
    async def play(house: House) -> None:
        for tenant in "aab":
            house.ask(tenant)
        await house.settle()
        for place in house.inside:
            place.began = lambda: house.now
        await house.pass_time(A_WHILE)
        assert not house.of("b", slow=False), "no call took long"
        assert house.inside[0].due, "but others wait"
        house.leave(house.inside[0])
        await house.settle()
        assert house.of("b", slow=False)

    in_house(play)


def test_who_is_told_late_is_told_at_once() -> None:
    async def play(house: House) -> None:
        house.ask("a")
        await house.settle()
        await house.pass_time(2 * LONG)
        told: list[str] = []
        house.inside[0].slowed = lambda: told.append("now")
        assert told == ["now"]

    in_house(play)


def test_a_tenant_with_nothing_but_long_calls_leaves_the_places_to_others() -> None:
    async def play(house: House) -> None:
        for _ in range(20):
            house.ask("loops")
        await house.settle()
        for _ in range(20):
            await house.pass_time(A_WHILE)
        assert (len(house.of("loops", slow=True)), len(house.of("loops", slow=False))) == (4, 0)
        for _ in range(50):  # one after another, at once
            house.ask("short")
            await house.settle()
            (place,) = house.of("short", slow=False)
            house.leave(place)
        house.leave(house.of("loops", slow=True)[0])
        await house.settle()
        assert len(house.of("loops", slow=False)) == 1, "one of its own has ended: its next may start"

    in_house(play)


def test_tenants_who_arrive_later_find_room_in_the_lane() -> None:
    async def play(house: House) -> None:
        for tenant in "abcd":
            for _ in range(8):
                house.ask(tenant)
                await house.settle()
                await house.pass_time(A_WHILE)
        await house.pass_time(LONG)
        counts = Counter(place.tenant for place in house.inside if place.slow)
        assert counts == {"a": 4, "b": 2, "c": 1, "d": 1}
        assert house.places.free == 2 - len(house.inside) + 8
        with pytest.raises(NoPlace, match="4 calls of this tenant run, which is its share while long ones run"):
            await house.places.acquire("a", 0)

    in_house(play)


def test_in_a_full_lane_a_long_call_keeps_its_place() -> None:
    async def play(house: House) -> None:
        for tenant in "abcdef":
            for _ in range(8):
                house.ask(tenant)
                await house.settle()
                await house.pass_time(A_WHILE)
        kept = [place for place in house.inside if not place.slow]
        assert len(kept) == 2
        assert house.places.running == 10
        house.leave(house.of("a", slow=True)[0])
        await house.pass_time(A_WHILE)
        assert sum(place.slow for place in kept) == 1, "there was room for one"

    in_house(play)


ACTIONS = st.one_of(
    st.tuples(st.just("ask"), st.sampled_from("abcd")),
    st.tuples(st.just("leave"), st.integers(0, 30)),
    st.tuples(st.just("wait"), st.sampled_from((MAKE_WAY / 2, A_WHILE, LONG))),
    st.tuples(st.just("cancel"), st.integers(0, 30)),
)


@given(st.integers(1, 3), st.integers(2, 5), st.lists(ACTIONS, max_size=50))
def test_the_bounds_hold_whatever_happens(places: int, times: int, actions: list[tuple[str, Any]]) -> None:
    in_house(lambda house: play_all(house, actions), places, times * places)


async def play_all(house: House, actions: list[tuple[str, Any]]) -> None:
    for action, detail in actions:
        if action == "ask":
            house.ask(detail)
        elif action == "leave" and house.inside:
            house.leave(house.inside[detail % len(house.inside)])
        elif action == "cancel" and house.tasks:
            house.tasks[detail % len(house.tasks)].cancel()
        elif action == "wait":
            await house.pass_time(detail)
        await house.settle()
        slow = Counter(place.tenant for place in house.inside if place.slow)
        assert slow.total() <= house.places.lane
        assert len(house.inside) - slow.total() <= house.places.total
        assert len(house.inside) == house.places.running
        assert all(count <= (house.places.lane + 1) // 2 for count in slow.values())
        waiting = set(house.places._waiting)
        idle = waiting - {place.tenant for place in house.inside}
        assert not house.places.free or not idle, f"{idle} wait for a place, have none, and some are free"
