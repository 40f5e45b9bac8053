"""Whose turn it is, and how many may run and wait."""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pegboard import Principal, Problem
from pegboard_jobs import JobsSettings, Submission
from pegboard_jobs.claims import Claims
from pegboard_jobs.clock import Clock
from pegboard_jobs.queueing import Queue, lane, whose
from pegboard_store import Migrations, Store, open_store
from pegboard_store.testing import store_settings

from .conftest import ANN, Desk, until

pytestmark = pytest.mark.anyio

BOB = Principal("bob", "acme")
LINE = Migrations("jobs", "Jobs", package="pegboard_jobs.migrations")


async def held(desk: Desk, owner: Principal, *titles: str, **more: Any) -> list[Any]:
    return [await desk.submit("held", "one by one", owner=owner, title=title, **more) for title in titles]


async def test_the_higher_priority_goes_first_then_the_older(desk_with: Any) -> None:
    async with desk_with(workers=1) as desk:
        (first,) = await held(desk, ANN, "first")
        await until(lambda: desk.kinds.began == ["first"])
        waiting = [
            await desk.submit("echo", title=title, priority=priority)
            for title, priority in (("low", -5), ("old", 0), ("young", 0), ("high", 100))
        ]
        desk.kinds.permits.release()
        for job in (first, *waiting):
            await desk.ended(job)
        assert desk.kinds.began == ["first", "high", "old", "young", "low"]


async def test_who_has_the_fewest_running_jobs_goes_first(desk_with: Any) -> None:
    async with desk_with(workers=2) as desk:
        await held(desk, ANN, "ann-1", "ann-2", "ann-3", "ann-4")
        await until(lambda: len(desk.kinds.began) == 2)
        await held(desk, BOB, "bob-1", "bob-2")
        for count in (3, 4, 5, 6):
            desk.kinds.permits.release()
            await until(lambda: len(desk.kinds.began) == count)  # noqa: B023
        assert desk.kinds.began[2:] == ["bob-1", "ann-3", "bob-2", "ann-4"]


@pytest.mark.parametrize(
    ("limit", "more"),
    [
        ({"running": 2}, {}),
        ({"running_per_user": 2}, {}),
        ({"running_per_subject": 2}, {"subject": "s"}),
        ({"subjects": {"s": 2}}, {"subject": "s"}),
    ],
)
async def test_no_more_run_than_may(desk_with: Any, limit: dict[str, Any], more: dict[str, str]) -> None:
    async with desk_with(workers=5, **limit) as desk:
        some = await held(desk, ANN, *"abcd", **more)
        free = None if "running" in limit else await desk.submit("echo", owner=BOB, title="other", subject="other")
        if free:
            await desk.ended(free)
        await until(lambda: len(desk.kinds.began) >= 2)
        assert sorted(title for title in desk.kinds.began if title != "other") == ["a", "b"]
        for _ in some:
            desk.kinds.permits.release()
        for job in some:
            assert (await desk.ended(job)).state == "completed"


async def test_a_full_queue_says_when_to_come_back(desk_with: Any) -> None:
    async with desk_with(workers=0, waiting=3, waiting_per_user=2) as desk:
        await held(desk, ANN, "a", "b")
        with pytest.raises(Problem, match="2 jobs of yours are waiting") as mine:
            await desk.submit("echo")
        assert (mine.value.status, mine.value.code) == (429, "queue-full")
        assert int(mine.value.headers["Retry-After"]) > 0
        (waiting,) = await held(desk, BOB, "c")
        with pytest.raises(Problem, match="3 jobs are waiting"):
            await desk.submit("echo", owner=BOB)
        await desk.jobs.cancel(BOB, waiting.id)
        await desk.submit("echo", owner=BOB)


async def test_a_job_whose_kind_is_not_known_here_waits_for_a_worker_that_knows_it(light: Desk) -> None:
    unknown = await light.submit("elsewhere")
    assert (await light.ended(await light.submit("echo", 1))).result == 1
    assert (await light.jobs.get(ANN, unknown.id)).state == "queued"


@given(
    st.text(st.characters(exclude_characters="\x1f\0", exclude_categories=("Cs",))), st.text(), st.integers(-100, 100)
)
def test_a_lane_names_its_user(tenant: str, owner: str, priority: int) -> None:
    assert whose(lane(priority, tenant, owner)) == (tenant, owner)


WAITING = st.lists(st.tuples(st.sampled_from("abc"), st.integers(-1, 1)), min_size=1, max_size=12)


@given(waiting=WAITING, most=st.integers(1, 5))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_claims_follow_the_rule(shared: Store, waiting: list[tuple[str, int]], most: int) -> None:
    """Against the rule as it is written: priority, then fewest running of the user, then age."""
    clock, section = Clock(shared.dialect), JobsSettings(waiting=0, waiting_per_user=0)
    claims, expected = Claims(clock, section, "w", ("k",)), model(waiting)
    claimed: list[str] = []
    async with shared.begin() as session:
        for number, (user, priority) in enumerate(waiting):
            submission = Submission("k", title=str(number), priority=priority)
            await Queue(clock, section).add(session, Principal(user, "t"), submission)
        while some := await claims.take(session, most):
            claimed += [job.title for job in some]
        await session.rollback()
    assert claimed == expected


def model(waiting: list[tuple[str, int]]) -> list[str]:
    left, running, order = dict(enumerate(waiting)), dict.fromkeys("abc", 0), []
    while left:
        number = min(left, key=lambda n: (-left[n][1], running[left[n][0]], n))
        running[left.pop(number)[0]] += 1
        order.append(str(number))
    return order


@pytest.fixture
async def shared(tmp_path: Path) -> Any:
    async with AsyncExitStack() as stack:
        url = f"sqlite:///{tmp_path / 'turns.db'}"
        yield await stack.enter_async_context(open_store(store_settings(url), tmp_path, [LINE]))
