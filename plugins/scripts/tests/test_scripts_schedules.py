"""Runs by the clock."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from pegboard import Principal, Problem
from pegboard.testing import caller, client
from pegboard_jobs import Jobs, next_time
from pegboard_scripts import Schedules
from pegboard_scripts.tables import metadata, schedules
from pegboard_store import Migrations, Store
from pegboard_store.testing import check_migrations

pytestmark = pytest.mark.anyio

ADA = caller("scripts:write", "jobs:write", id="ada", tenant="acme")
BOB = caller("scripts:write", id="bob", tenant="acme")
ONE = Principal("ada", "acme")
EARLY = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)

WAITS = """# /// pegboard-script
# [[parameters]]
# name = "token"
# type = "secret"
# pass = "environment"
# ///
import pathlib, time
while not pathlib.Path(__file__).with_name("go").exists():
    time.sleep(0.01)
"""


async def test_the_migrations_make_the_tables(database_url: str) -> None:
    line = Migrations("scripts", "Uploads and schedules", package="pegboard_scripts.migrations")
    await check_migrations(database_url, line, metadata)


@pytest.fixture
async def clock(database_url: str, app_with: Any, folder: Path) -> AsyncIterator[Any]:
    (folder / "waits.py").write_text(WAITS)
    async with client(app_with(database_url)) as http:
        yield http
        (folder / "go").touch()


async def create(http: Any, by: Any = ADA, **more: Any) -> Any:
    draft = {"script_name": "waits", "cron": "0 6 * * 1-5", "timezone": "Europe/Madrid"} | more
    return await http.post("/api/schedules", json=draft, headers=by)


async def tick(http: Any, schedule: str, due: datetime = EARLY) -> Any:
    """Make it due, and look at the clock; the schedule as it is then."""
    services = http.app.state.board.services
    async with services.get(Store).begin() as session:
        await session.execute(update(schedules).where(schedules.c.id == schedule).values(next_at=due))
    await services.get(Schedules).submit_due()
    async with services.get(Store).read() as session:
        return (await session.execute(select(schedules).where(schedules.c.id == schedule))).one()


async def jobs(http: Any) -> list[str]:
    listed = (await http.get("/api/jobs?sort=created_at:asc", headers=ADA)).json()["jobs"]
    return [job["status"] for job in listed]


async def test_a_schedule_is_made_listed_and_removed(clock: Any) -> None:
    made = await create(clock, parameters=[{"name": "token", "value": "s3cret"}])
    assert made.status_code == 201, made.text
    assert made.json()["parameters"] == [{"name": "token", "value": "***"}]
    assert datetime.fromisoformat(made.json()["next_at"]) > datetime.now(UTC)
    assert [one["id"] for one in (await clock.get("/api/schedules", headers=ADA)).json()] == [made.json()["id"]]
    assert (await clock.get("/api/schedules", headers=BOB)).json() == []
    url = f"/api/schedules/{made.json()['id']}"
    assert (await clock.delete(url, headers=BOB)).status_code == 404
    assert (await clock.delete(url, headers=ADA)).status_code == 204
    assert (await clock.get("/api/schedules", headers=ADA)).json() == []


async def test_what_is_due_is_submitted_once_and_its_next_time_is_set(clock: Any) -> None:
    made = (await create(clock, parameters=[{"name": "token", "value": "s3cret"}])).json()
    row = await tick(clock, made["id"])
    assert (row.last_error, row.next_at > datetime.now(UTC)) == ("", True)
    job = (await clock.get(f"/api/jobs/{row.last_job}", headers=ADA)).json()
    assert (job["script_name"], job["parameters"]) == ("waits", [{"name": "token", "value": "***"}])
    await clock.app.state.board.services.get(Schedules).submit_due()
    assert len(await jobs(clock)) == 1


@pytest.mark.parametrize(
    ("overlap", "statuses", "error"),
    [
        ("skip", ["running"], "skipped: the run before has not ended"),
        ("queue", ["running", "running"], ""),
        ("replace", ["cancelled", "running"], ""),
    ],
)
async def test_a_run_that_has_not_ended_is_in_the_way_or_not(
    clock: Any, overlap: str, statuses: list[str], error: str
) -> None:
    made = (await create(clock, overlap=overlap)).json()
    first = await tick(clock, made["id"])
    service = clock.app.state.board.services.get(Jobs)
    await service.until(ONE, first.last_job, lambda job: job.state == "running")
    second = await tick(clock, made["id"], EARLY + timedelta(days=1))
    assert second.last_error == error
    if overlap != "skip":
        assert second.last_job != first.last_job
        await service.until(ONE, second.last_job, lambda job: job.state == "running")
    if overlap == "replace":
        await service.wait(ONE, first.last_job, 20)
    assert await jobs(clock) == statuses


async def test_what_cannot_be_submitted_says_why_and_comes_again(clock: Any) -> None:
    made = (await create(clock)).json()
    services = clock.app.state.board.services
    async with services.get(Store).begin() as session:
        await session.execute(update(schedules).values(script_name="gone"))
    row = await tick(clock, made["id"])
    assert "there is no script" in row.last_error
    assert row.next_at > datetime.now(UTC)


@pytest.mark.parametrize(
    ("change", "status", "pointer"),
    [
        ({"cron": "61 * * * *"}, 422, "/cron"),
        ({"cron": "0 0 31 2 *"}, 422, "/cron"),
        ({"cron": ""}, 422, "/cron"),
        ({"timezone": "Mars/Olympus"}, 422, "/timezone"),
        ({"timezone": "../../etc/passwd"}, 422, "/timezone"),
        ({"overlap": "perhaps"}, 422, "/overlap"),
        ({"parameters": [{"name": "x", "value": 1}]}, 400, "/parameters/0/name"),
        ({"script_name": "none"}, 404, None),
    ],
)
async def test_a_wrong_schedule_is_refused(clock: Any, change: Any, status: int, pointer: str | None) -> None:
    answer = await create(clock, **change)
    assert answer.status_code == status
    assert pointer is None or pointer in [error["pointer"] for error in answer.json()["errors"]]


async def test_one_that_is_paused_is_not_due_and_makes_nothing_up(clock: Any) -> None:
    made = (await create(clock)).json()
    url = f"/api/schedules/{made['id']}"
    assert (await clock.patch(url, json={"paused": True}, headers=BOB)).status_code == 404
    assert (await clock.patch(url, json={"paused": True}, headers=ADA)).json()["paused"] is True
    assert (await tick(clock, made["id"])).last_job is None
    resumed = (await clock.patch(url, json={"paused": False}, headers=ADA)).json()
    assert (resumed["paused"], datetime.fromisoformat(resumed["next_at"]) > datetime.now(UTC)) == (False, True)
    assert (await tick(clock, made["id"])).last_job is not None


async def test_the_next_times_of_a_table_are_told_before_it_is_saved(clock: Any) -> None:
    asked = {"cron": "30 6 * * 1-5", "timezone": "Europe/Madrid", "count": "3"}
    told = (await clock.get("/api/schedules/times", params=asked, headers=ADA)).json()["times"]
    times = [datetime.fromisoformat(one) for one in told]
    assert (len(times), times) == (3, sorted(times))
    assert times[0] > datetime.now(UTC)
    refused = await clock.get("/api/schedules/times", params={"cron": "often"}, headers=ADA)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/cron")


async def test_the_schedules_of_one_script_are_listed(clock: Any) -> None:
    for script in ("waits", "count"):
        await create(clock, script_name=script)
    listed = (await clock.get("/api/schedules?script_name=count", headers=ADA)).json()
    assert [one["script_name"] for one in listed] == ["count"]


def test_times_are_those_of_the_zone_also_where_the_clock_changes() -> None:
    before = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
    first = next_time("30 6 * * *", "Europe/Madrid", before)
    assert first == datetime(2026, 3, 29, 4, 30, tzinfo=UTC)
    assert next_time("30 6 * * *", "Europe/Madrid", datetime(2026, 3, 27, 12, 0, tzinfo=UTC)).hour == 5
    with pytest.raises(Problem):
        next_time("0 0 30 2 *", "UTC", before)
