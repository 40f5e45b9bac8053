"""Workers that are lost, slow, or stopped; what time does to jobs."""

import contextlib
import sqlite3
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from pegboard import Meters
from pegboard.testing import client
from pegboard_jobs import Jobs, Submission
from pegboard_jobs.opening import Working
from pegboard_jobs.sweeping import Sweeper
from pegboard_jobs.tables import artifacts, attempts, jobs, log, parts
from pegboard_store import Store

from .conftest import ANN, ANN_SENDS, Desk, Kinds, app_on, opened, until

pytestmark = pytest.mark.anyio


async def change(desk: Desk, job: Any, **values: Any) -> None:
    async with desk.services.get(Store).begin() as session:
        await session.execute(update(jobs).where(jobs.c.id == job.id).values(**values))


LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


async def test_a_lease_that_ran_out_is_another_attempt_and_the_first_changes_nothing(desk: Desk) -> None:
    job = await desk.submit("held")
    await desk.until(job, lambda latest: latest.log_bytes > 0)
    await change(desk, job, leased_until=LONG_AGO)
    await desk.services.get(Sweeper).sweep()
    await until(lambda: len(desk.kinds.began) == 2)
    desk.kinds.gate.set()
    ended = await desk.ended(job)
    assert (ended.state, ended.attempts, ended.result) == ("completed", 2, "let go")
    assert (await desk.text(job)).splitlines() == ["begun 1", "begun 2"]
    assert [one.state for one in await desk.jobs.attempts(ANN, job.id)] == ["lost", "completed"]
    assert len(desk.kinds.ended) == 1


async def test_a_worker_that_learns_that_its_lease_is_lost_lets_go(desk_with: Any) -> None:
    async with desk_with(lease=1.0, workers=1) as desk:
        job = await desk.submit("held", attempts=1)
        await desk.until(job, lambda latest: latest.log_bytes > 0)
        await change(desk, job, lease="another's")
        worker = desk.services.get(Working).worker
        await until(lambda: not worker.running)
        assert (await desk.jobs.get(ANN, job.id)).state == "running", "it is another's now"


async def test_a_job_whose_workers_are_lost_too_often_is_lost(desk: Desk) -> None:
    job = await desk.submit("held", attempts=1)
    await until(lambda: bool(desk.kinds.began))
    await change(desk, job, leased_until=LONG_AGO)
    await desk.services.get(Sweeper).sweep()
    ended = await desk.ended(job)  # the sweeper that runs by the clock may have been first
    assert (ended.state, ended.status, ended.error) == ("lost", "failed", "its worker was lost 1 times")
    assert desk.kinds.ended == [(job.id, "lost")]


async def test_a_lost_job_that_was_being_cancelled_is_cancelled(desk: Desk) -> None:
    job = await desk.submit("held")
    await until(lambda: bool(desk.kinds.began))
    await change(desk, job, leased_until=LONG_AGO, cancel_at=LONG_AGO)
    await desk.services.get(Sweeper).sweep()
    assert (await desk.ended(job)).state == "cancelled"


async def test_a_stopping_process_leaves_its_jobs_to_others(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path) as desk:
        job = await desk.submit("held", attempts=1)
        await until(lambda: bool(desk.kinds.began))
    async with opened(database_url, tmp_path) as desk:
        desk.kinds.gate.set()
        ended = await desk.ended(job)
        assert (ended.state, ended.attempts) == ("completed", 2), "that it was stopped is not the job's fault"
        assert [one.state for one in await desk.jobs.attempts(ANN, job.id)] == ["released", "completed"]


async def test_jobs_are_carried_out_by_whichever_process_has_a_place(database_url: str, tmp_path: Path) -> None:
    busy, idle = Kinds(), Kinds()
    one = app_on(database_url, tmp_path, busy, workers=0)
    two = app_on(database_url, tmp_path, idle)
    async with client(one) as first, client(two):
        desk = Desk(first, busy)
        job = await desk.ended(await desk.submit("echo", 7))
        assert (job.result, idle.began) == (7, ["echo"])
        held = await desk.submit("held")
        await desk.until(held, lambda latest: latest.log_bytes > 0)
        await desk.jobs.cancel(ANN, held.id)
        assert (await desk.ended(held)).state == "cancelled", "another process hears of it"


async def test_a_delay_is_kept(desk: Desk) -> None:
    job = await desk.submit("echo", delay=3600)
    assert (job.state, job.status) == ("delayed", "pending")
    assert job.due_at
    assert job.due_at - datetime.now(UTC) > timedelta(seconds=3500)
    await desk.services.get(Sweeper).sweep()
    assert not desk.kinds.began
    await change(desk, job, due_at=LONG_AGO)
    assert (await desk.ended(job)).state == "completed"


async def test_what_ended_long_ago_is_forgotten_with_all_that_belongs_to_it(desk: Desk) -> None:
    program = "echo x; echo hi > o.csv; echo artifact: o.csv"
    old = await desk.ended(await desk.submit("script", ["/bin/sh", "-c", program]))
    new = await desk.ended(await desk.submit("says", ["kept\n"]))
    tried, kept = [await desk.ended(await desk.submit("again", 2)) for _ in range(2)]
    for each in (old, tried):
        await change(desk, each, ended_at=LONG_AGO)
    assert await desk.services.get(Sweeper).forget() == 2
    async with desk.services.get(Store).read() as session:
        counts = [await session.scalar(select(func.count()).select_from(t)) for t in (jobs, attempts, log)]
        files = [await session.scalar(select(func.count()).select_from(t)) for t in (artifacts, parts)]
    assert (counts, files) == ([2, 1, 1], [0, 0])
    assert [one.state for one in await desk.jobs.attempts(ANN, kept.id)] == ["failed", "completed"]
    assert await desk.text(new) == "kept\n"
    assert (await desk.http.get(f"/api/jobs/{old.id}", headers=ANN_SENDS)).status_code == 404


async def test_numbers_say_what_waits_runs_and_ended(desk: Desk) -> None:
    await desk.ended(await desk.submit("echo"))
    await desk.submit("held")
    await until(lambda: "held" in desk.kinds.began)
    found = {metric.name: metric.values for metric in await desk.services.get(Jobs).measure()}
    assert found["jobs_depth"] == {("held", "running"): 1}
    told = {metric.name: metric.values for metric in await desk.services.get(Meters).read()}
    assert told["jobs_attempts"] == {("echo", "completed"): 1}
    assert told["jobs_wait_seconds"].keys() == {("echo",), ("held",)}


async def test_a_listener_that_fails_keeps_nobody_from_ending(light: Desk, caplog: Any) -> None:
    light.kinds.ended = None  # type: ignore[assignment]
    job = await light.ended(await light.submit("echo", 1))
    assert job.state == "completed"


async def test_what_is_written_while_the_database_is_away_is_written_when_it_is_back(tmp_path: Path) -> None:
    """SQLite is away for as long as somebody else has its write lock."""
    url = f"sqlite:///{tmp_path / 'away.db'}"
    async with opened(url, tmp_path, store={"wait": 0.1}) as light:
        await written_later(light, tmp_path / "away.db")


async def written_later(light: Desk, database: Path) -> None:
    other = sqlite3.connect(database, isolation_level=None)
    job = await light.submit("held")
    await light.until(job, lambda latest: latest.log_bytes > 0)
    with contextlib.closing(other):
        other.execute("BEGIN IMMEDIATE")
        light.kinds.gate.set()
        await until(lambda: bool(light.services.get(Working).worker.flusher.failures))
        other.execute("ROLLBACK")
    assert (await light.ended(job)).state == "completed"


async def test_places_that_come_free_together_are_filled_at_once(
    desk_with: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a look by the clock, which would fill them later."""
    monkeypatch.setattr(sys.modules["pegboard_jobs.working"], "TICK", 3600.0)
    async with desk_with(workers=8) as desk:
        async with desk.services.get(Store).begin() as session:
            some = [(await desk.jobs.submit(ANN, Submission("echo", n), session=session)).job for n in range(60)]
        for job in some:
            assert (await desk.ended(job)).state == "completed"
        assert desk.kinds.began == ["echo"] * 60
