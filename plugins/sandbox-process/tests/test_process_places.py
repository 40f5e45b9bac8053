"""Places are never too many, nobody is lost, and a tenant with a long queue does not stand in another's way."""

import asyncio
import itertools
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pegboard_sandbox_process.places import NoPlace, Places

TENANTS = "abc"
ACTIONS = st.one_of(
    st.tuples(st.just("ask"), st.sampled_from(TENANTS), st.sampled_from((0.0, 60.0))),
    st.tuples(st.just("cancel"), st.integers(0, 30)),
    st.tuples(st.just("give back"), st.integers(0, 30)),
    st.tuples(st.just("turn"), st.integers(1, 3)),
)


class Office:
    """Callers that come, wait, leave at any time and give back what they got."""

    def __init__(self, places: int) -> None:
        self.places = places
        self.open = Places(places, 4 * places, clock=lambda: 0.0)  # no time passes: nobody makes way
        self.callers: list[asyncio.Task[None]] = []
        self.inside: list[asyncio.Task[None]] = []
        self.order: list[str] = []
        self._leave: dict[asyncio.Task[None], asyncio.Event] = {}

    def ask(self, tenant: str, patience: float = 60.0) -> asyncio.Task[None]:
        task = asyncio.create_task(self._visit(tenant, patience))
        self._leave[task] = asyncio.Event()
        self.callers.append(task)
        return task

    async def _visit(self, tenant: str, patience: float) -> None:
        task = asyncio.current_task()
        assert task is not None
        try:
            place = await self.open.acquire(tenant, patience)
        except NoPlace:
            return
        self.inside.append(task)
        self.order.append(tenant)
        assert len(self.inside) <= self.places
        try:
            await self._leave[task].wait()
        finally:
            self.inside.remove(task)
            place.release()

    def give_back(self, number: int) -> None:
        if self.inside:
            self._leave[self.inside[number % len(self.inside)]].set()

    @property
    def waiting(self) -> list[asyncio.Task[None]]:
        return [task for task in self.callers if not task.done() and task not in self.inside]

    async def settle(self) -> None:
        for _ in range(4 * len(self.callers) + 8):
            await asyncio.sleep(0)

    async def close(self) -> None:
        """All go; then all places are there again, and not one more."""
        for task in self.callers:
            task.cancel()
        await asyncio.gather(*self.callers, return_exceptions=True)
        for _ in range(self.places):
            await self.open.acquire("z", 0)
        assert (self.open.free, self.open.running, self.open.waiting) == (0, self.places, 0)
        with pytest.raises(NoPlace):
            await self.open.acquire("z", 0)
        assert not self.open._waiting, "those who left still stand in the queue"


def in_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    def run(*args: Any, **parts: Any) -> None:
        asyncio.run(test(*args, **parts))

    return run


@given(st.integers(1, 3), st.lists(ACTIONS, max_size=40))
def test_no_place_is_lost_or_given_twice(places: int, actions: list[tuple[Any, ...]]) -> None:
    in_loop(play)(places, actions)


async def play(places: int, actions: list[tuple[Any, ...]]) -> None:
    office = Office(places)
    for action, *details in actions:
        if action == "ask":
            office.ask(*details)
        elif action == "cancel" and office.callers:
            office.callers[details[0] % len(office.callers)].cancel()
        elif action == "give back":
            office.give_back(details[0])
        elif action == "turn":
            for _ in range(details[0]):
                await asyncio.sleep(0)
    await office.settle()
    assert not office.waiting or len(office.inside) == places, "somebody waits though there is room"
    await office.close()


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.booleans()), min_size=1, max_size=40))
def test_each_tenants_first_comes_in_the_first_round(asked: list[tuple[str, bool]]) -> None:
    in_loop(serve_in_turn)(asked)


async def serve_in_turn(asked: list[tuple[str, bool]]) -> None:
    office = Office(1)
    office.ask("first")
    await office.settle()
    tasks = [office.ask(tenant) for tenant, _ in asked]
    await office.settle()
    for task, (_, leaves) in zip(tasks, asked, strict=True):
        if leaves:
            task.cancel()  # without a turn of the loop: whoever gets the next place meets them in the queue
    stay = [tenant for tenant, leaves in asked if not leaves]
    for _ in range(len(stay) + 1):
        office.give_back(0)
        await office.settle()
    served = office.order[1:]
    assert sorted(served) == sorted(stay)
    for tenant in set(stay):
        assert served.index(tenant) < len(set(stay)), f"{tenant} waited for more than one of each: {served}"
        places = [place for place, each in enumerate(served) if each == tenant]
        for before, after in itertools.pairwise(places):
            between = served[before + 1 : after]
            assert len(between) == len(set(between)), f"{tenant} waited for more than one of each: {served}"
    await office.close()


@pytest.mark.parametrize("turns", range(6))
def test_a_place_that_comes_as_its_taker_leaves_goes_on(turns: int) -> None:
    in_loop(give_and_cancel)(turns)


async def give_and_cancel(turns: int) -> None:
    office = Office(1)
    office.ask("a")
    await office.settle()
    leaver, stayer = office.ask("b"), office.ask("c")
    await office.settle()
    office.give_back(0)
    for _ in range(turns):
        await asyncio.sleep(0)
    leaver.cancel()
    await office.settle()
    assert office.inside == [stayer]
    await office.close()


def test_a_caller_in_time_gets_what_is_given_at_the_end_of_its_time() -> None:
    in_loop(give_at_the_end)()


async def give_at_the_end() -> None:
    places = Places(1, 4, clock=lambda: 0.0)
    first = await places.acquire("a", 1)
    waiting = asyncio.create_task(places.acquire("b", 0.02))
    await asyncio.sleep(0)
    asyncio.get_running_loop().call_later(0.02, first.release)
    try:
        second = await waiting
    except NoPlace:
        second = await places.acquire("c", 0.5)
    second.release()
    await places.acquire("d", 0)


@pytest.mark.parametrize(("tenants", "more"), [("aa", "a"), ("aabb", "c")])
def test_the_queue_is_bounded_in_all_and_for_each_tenant(tenants: str, more: str) -> None:
    in_loop(fill_the_queue)(tenants, more)


async def fill_the_queue(tenants: str, more: str) -> None:
    places = Places(1, 4, queue=4, clock=lambda: 0.0)
    await places.acquire("z", 0)
    waiting = [asyncio.create_task(places.acquire(tenant, 60)) for tenant in tenants]
    await asyncio.sleep(0)
    assert places.waiting == len(tenants)
    with pytest.raises(NoPlace, match=f"{len(tenants)} calls (of this tenant )?wait already"):
        await places.acquire(more, 60)
    waiting[0].cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting.append(asyncio.create_task(places.acquire(more, 60)))
    await asyncio.sleep(0)
    assert not waiting[-1].done(), "there is room in the queue again"
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
