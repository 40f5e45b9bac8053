"""Lanes: one job at a time, and another one where that is lost."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from pegboard_jobs import Jobs
from pegboard_webhooks.lanes import Lane, LaneLost, schedule
from pegboard_webhooks.tables import lanes

from .conftest import App

pytestmark = pytest.mark.anyio

KIND, NAME = "desk.does", "events:test/lane"


async def scheduled(app: App) -> str | None:
    """Put work into the lane: the token of the job that is to come, or None where one is on its way."""
    async with app.store.begin() as session:
        if not await schedule(session, app.services.get(Jobs), KIND, NAME, "acme"):
            return None
        return str(await session.scalar(lanes.select().with_only_columns(lanes.c.token).where(lanes.c.lane == NAME)))


async def change(app: App, **values: Any) -> None:
    async with app.store.begin() as session:
        await session.execute(update(lanes).where(lanes.c.lane == NAME).values(values))


async def test_a_lane_has_one_job_until_it_leaves(app: App) -> None:
    token = await scheduled(app)
    assert token is not None
    assert await scheduled(app) is None
    lane = Lane(NAME, token, 1, app.store)
    assert await lane.begin()
    assert await scheduled(app) is None
    async with app.store.begin() as session:
        await lane.leave(session)
    assert await scheduled(app) not in (None, token)


async def test_a_lane_that_rests_gets_no_job_until_then(app: App) -> None:
    token = await scheduled(app)
    lane = Lane(NAME, str(token), 1, app.store)
    await lane.begin()
    async with app.store.begin() as session:
        await lane.leave(session, datetime.now(UTC) + timedelta(hours=1))
    assert await scheduled(app) is None
    await change(app, resume_at=datetime.now(UTC) - timedelta(seconds=1))
    assert await scheduled(app) is not None


async def test_who_was_silent_for_too_long_has_lost_it_and_keeps_nothing(app: App) -> None:
    slow = Lane(NAME, str(await scheduled(app)), 1, app.store)
    assert await slow.begin()
    await change(app, job_until=datetime.now(UTC) - timedelta(seconds=1))
    other = Lane(NAME, str(await scheduled(app)), 1, app.store)
    assert await other.begin()
    async with app.store.begin() as session:
        with pytest.raises(LaneLost):
            await slow.keep(session)
        await slow.leave(session)
        await other.keep(session)
    assert not await slow.begin()


async def test_a_second_attempt_of_a_job_takes_the_lane_from_the_first(app: App) -> None:
    token = str(await scheduled(app))
    first, second = Lane(NAME, token, 1, app.store), Lane(NAME, token, 2, app.store)
    assert await first.begin()
    assert await second.begin()
    async with app.store.begin() as session:
        with pytest.raises(LaneLost):
            await first.keep(session)
    assert not await first.begin()
