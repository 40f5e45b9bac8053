"""Syncs by the clock."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest
from sqlalchemy import update

from pegboard.testing import answer
from pegboard_integrations import Schedules
from pegboard_integrations.tables import schedules
from pegboard_store import Store

pytestmark = pytest.mark.anyio

TABLE = {"cron": "0 6 * * 1-5", "timezone": "Europe/Madrid"}


def services(desk: Any) -> Any:
    return desk.client.app.state.board.services


async def put(desk: Any, made: Any, endpoint: str = "contacts", **more: Any) -> Any:
    return await desk.call("PUT", f"{made['id']}/schedules/{endpoint}", json=TABLE | more)


async def tick(desk: Any, made: Any) -> dict[str, Any]:
    """Make it due, and look at the clock; the schedule as it is then."""
    due = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)
    async with services(desk).get(Store).begin() as session:
        await session.execute(update(schedules).where(schedules.c.integration == made["id"]).values(next_at=due))
    await services(desk).get(Schedules).start_due()
    listed: list[dict[str, Any]] = (await desk.call("GET", f"{made['id']}/schedules")).json()
    return listed[0]


async def test_what_is_due_is_synced_once_and_its_next_time_is_set(each: Any) -> None:
    made = await each.active()
    each.serve_contacts(5)
    saved = await put(each, made)
    assert (saved.status_code, saved.json()["lastRun"]) == (200, None)
    assert datetime.fromisoformat(saved.json()["nextAt"]) > datetime.now(UTC)
    found = await tick(each, made)
    assert found["lastError"] == ""
    assert datetime.fromisoformat(found["nextAt"]) > datetime.now(UTC)
    assert (await each.ended(made, found["lastRun"]))["run"]["created"] == 5
    await services(each).get(Schedules).start_due()
    assert (await each.call("GET", f"{made['id']}/runs")).json()["total"] == 1


async def test_an_endpoint_has_one_table_which_can_be_changed_and_taken_away(each: Any) -> None:
    made = await each.active()
    await put(each, made)
    changed = await put(each, made, cron="*/5 * * * *", params={"since": "2026"})
    assert (changed.json()["cron"], changed.json()["params"]) == ("*/5 * * * *", {"since": "2026"})
    assert len((await each.call("GET", f"{made['id']}/schedules")).json()) == 1
    assert (await each.call("DELETE", f"{made['id']}/schedules/contacts")).status_code == 204
    assert (await each.call("DELETE", f"{made['id']}/schedules/contacts")).status_code == 404
    assert (await each.call("GET", f"{made['id']}/schedules")).json() == []


async def test_a_sync_that_is_under_way_is_left_alone(each: Any) -> None:
    made, gate = await each.active(), asyncio.Event()
    each.upstream.on(f"/{each.root}/contacts", answer(json={"items": [], "more": False}, until=gate))
    await put(each, made)
    first = await tick(each, made)
    second = await tick(each, made)
    gate.set()
    assert (second["lastRun"], bool(second["lastError"])) == (first["lastRun"], True)
    await each.ended(made, first["lastRun"])


async def test_what_cannot_be_synced_says_why(each: Any) -> None:
    made = await each.active()
    await put(each, made)
    await each.call("PATCH", made["id"], json={"status": "inactive"})
    assert "inactive" in (await tick(each, made))["lastError"]


@pytest.mark.parametrize(
    ("endpoint", "change", "status"),
    [
        ("contacts", {"cron": "61 * * * *"}, 422),
        ("contacts", {"timezone": "Mars/Olympus"}, 422),
        ("contacts", {"cron": 5}, 422),
        ("none", {}, 404),
    ],
)
async def test_a_table_that_is_none_is_refused(desk: Any, endpoint: str, change: Any, status: int) -> None:
    made = await desk.active()
    assert (await put(desk, made, endpoint, **change)).status_code == status


async def test_tables_of_others_are_not_there_and_go_with_their_integration(each: Any) -> None:
    made = await each.active()
    await put(each, made)
    stranger = attrs.evolve(each, tenant="stranger")
    assert (await put(stranger, made)).status_code == 404
    assert (await stranger.call("GET", f"{made['id']}/schedules")).status_code == 404
    assert (await each.call("DELETE", made["id"], scopes="integrations:delete")).status_code == 204
    async with services(each).get(Store).read() as session:
        left = await session.execute(schedules.select().where(schedules.c.integration == made["id"]))
        assert left.all() == []
