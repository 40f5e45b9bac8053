"""The history of calls: what is kept of each, for whom, and for how long; on both databases."""

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from pegboard.testing import Forking, answer

pytestmark = pytest.mark.anyio


async def calls_of(desk: Any, widget: Any, query: str = "") -> Any:
    got = await desk.call("GET", f"{widget['id']}/calls{query}")
    assert got.status_code == 200, got.text
    return got.json()["data"]


async def minutes_of(desk: Any, widget: Any) -> Any:
    return (await desk.call("GET", f"{widget['id']}/calls/minutes")).json()["data"]


async def state_of(desk: Any, *widgets: Any) -> Any:
    got = await desk.call("GET", f"states?ids={','.join(widget['id'] for widget in widgets)}")
    assert got.status_code == 200, got.text
    return got.json()["data"]


async def test_an_answer_is_in_the_history_with_its_times(each: Any) -> None:
    widget = await each.save("return data", answer(json=[1]))
    await each.execute(widget)
    (call,) = await calls_of(each, widget)
    assert (call["status"], call["failed"], call["code"], call["detail"], call["line"]) == (200, False, "", "", None)
    assert (call["cache"], call["isolation"][0]) == ("MISS", "L")
    assert call["upstream"] > 0
    assert call["run"] > 0
    assert call["queue"] >= 0


async def test_an_exception_is_in_the_history_with_its_line(each: Any) -> None:
    widget = await each.save("x = 1\nreturn data['missing_key']")
    await each.execute(widget)
    (call,) = await calls_of(each, widget)
    assert (call["status"], call["failed"], call["code"], call["line"]) == (422, True, "EXECUTION_ERROR", 3)
    assert call["detail"] == "Code execution error: 'missing_key'"


async def test_an_upstream_in_trouble_is_in_the_history_without_an_isolation(each: Any) -> None:
    widget = await each.save("return 1", answer(500))
    await each.execute(widget)
    (call,) = await calls_of(each, widget)
    assert (call["status"], call["code"], call["cache"], call["isolation"]) == (502, "UPSTREAM_ERROR", None, "")
    assert call["upstream"] > 0


async def test_nothing_of_a_request_or_an_answer_is_kept(each: Any) -> None:
    data = {"headers": {"Authorization": "Bearer upstream-secret"}, "params": {"token": "param-secret"}}
    widget = await each.save("return 'result-secret'", answer(json="body-secret"), data=data)
    await each.call("GET", f"{widget['execute_url']}?asked=query-secret", headers={"X-Mine": "header-secret"})
    everything = await each.call("GET", f"{widget['id']}/calls")
    assert everything.json()["pagination"]["total_items"] == 1
    assert "secret" not in everything.text


async def test_text_that_no_database_takes_is_kept_as_well_as_it_goes(each: Any) -> None:
    widget = await each.save("raise ValueError('a' + chr(0) + 'b' + chr(55296) + 'c' * 1000)")
    await each.execute(widget)
    (call,) = await calls_of(each, widget)
    assert call["failed"]
    assert len(call["detail"]) <= 500


async def test_the_newest_call_comes_first_and_failures_can_be_asked_for(each: Any) -> None:
    widget = await each.save("return 1 / int(request.query_params['by'])")
    for by in (1, 0, 2):
        await each.call("GET", f"{widget['execute_url']}?by={by}")
    assert [call["status"] for call in await calls_of(each, widget)] == [200, 422, 200]
    assert [call["code"] for call in await calls_of(each, widget, "?failed=true")] == ["EXECUTION_ERROR"]
    assert len(await calls_of(each, widget, "?failed=false")) == 2


async def test_a_minute_adds_up_all_its_calls(each: Any) -> None:
    widget = await each.save("return 1 / len(request.query_params)", data={"refresh_interval": 60})
    for number in range(20):
        await each.call("GET", f"{widget['execute_url']}?n={number}")
    await each.execute(widget)
    minutes = await minutes_of(each, widget)
    sums = {name: sum(minute[name] for minute in minutes) for name in ("calls", "failed", "cached")}
    assert sums == {"calls": 21, "failed": 1, "cached": 20}
    assert all(minute["slowest"] >= minute["run"] > 0 for minute in minutes)


async def test_writes_of_one_minute_are_added_to_one_another(each: Any) -> None:
    widget = await each.save()
    for _ in range(3):
        await each.execute(widget)
        await calls_of(each, widget)  # what is read is written first
    assert sum(minute["calls"] for minute in await minutes_of(each, widget)) == 3


async def test_of_many_cached_answers_within_a_second_only_the_last_are_single_calls(each: Any) -> None:
    widget = await each.save(data={"refresh_interval": 60})
    for _ in range(50):
        await each.execute(widget)
    assert len(await calls_of(each, widget, "?per_page=100")) < 50
    assert sum(minute["calls"] for minute in await minutes_of(each, widget)) == 50


async def test_states_tell_the_last_call_and_the_day(each: Any) -> None:
    good, bad, silent = [await each.save(logic) for logic in ("return 1", "return 1 / 0", "return 2")]
    for widget in (good, bad, good):
        await each.execute(widget)
    states = {state["widget_id"]: state for state in await state_of(each, good, bad, silent)}
    assert states.keys() == {good["id"], bad["id"]}
    assert (states[good["id"]]["last"]["status"], states[good["id"]]["day"]["calls"]) == (200, 2)
    assert (states[bad["id"]]["last"]["code"], states[bad["id"]]["day"]["failed"]) == ("EXECUTION_ERROR", 1)
    assert states[good["id"]]["day"]["slowest"] >= states[good["id"]]["day"]["mean"] > 0


async def test_another_tenant_sees_nothing_of_it(each: Any) -> None:
    widget = await each.save()
    await each.execute(widget)
    stranger = each.of("stranger")
    assert (await stranger.call("GET", f"{widget['id']}/calls")).status_code == 404
    assert (await stranger.call("GET", f"{widget['id']}/calls/minutes")).status_code == 404
    assert await state_of(stranger, widget) == []


async def test_who_may_not_read_widgets_sees_no_calls(desk: Any) -> None:
    widget = await desk.save()
    for path in (f"{widget['id']}/calls", f"{widget['id']}/calls/minutes", f"states?ids={widget['id']}"):
        assert (await desk.call("GET", path, scopes="other:read")).status_code == 403


async def test_a_deleted_widgets_history_is_gone(each: Any) -> None:
    widget = await each.save()
    await each.execute(widget)
    await calls_of(each, widget)
    await each.call("DELETE", widget["id"])
    assert (await each.call("GET", f"{widget['id']}/calls")).status_code == 404
    assert await state_of(each, widget) == []


async def test_more_than_is_kept_goes_failures_and_answers_apart(app_with: Any) -> None:
    async with app_with({"plugins": {"endpoints": {"history_calls": 4}}}) as desk:
        widget = await desk.save("return 1 / int(request.query_params['by'])")
        await desk.call("GET", f"{widget['execute_url']}?by=0")
        for _ in range(12):
            await desk.call("GET", f"{widget['execute_url']}?by=1")
            kept = await calls_of(desk, widget, "?failed=false&per_page=100")
            assert len(kept) <= 4 + 4 // 2
        assert len(await calls_of(desk, widget, "?failed=true")) == 1


async def test_without_a_history_nothing_is_written(app_with: Any) -> None:
    async with app_with({"plugins": {"endpoints": {"history_calls": 0}}}) as desk:
        widget = await desk.save()
        assert (await desk.execute(widget)).status_code == 200
        assert await calls_of(desk, widget) == []


@pytest.mark.parametrize("query", ["hours=0", "hours=49", "hours=x"])
async def test_hours_have_bounds(desk: Any, query: str) -> None:
    widget = await desk.save()
    got = await desk.call("GET", f"{widget['id']}/calls/minutes?{query}")
    assert (got.status_code, got.json()["errors"][0]["pointer"]) == (422, "/hours")


async def test_calls_are_written_by_themselves_and_by_each_process(
    servers: Forking, tmp_path: Path, database_url: str, stand_in: Any, at: Any
) -> None:
    environ = {
        "DATABASE_URL": database_url,
        "PEGBOARD_STORE__MIGRATE": "start",
        "PEGBOARD_EGRESS__ALLOW_ORIGINS": stand_in.url,
    }
    async with (
        servers.served(tmp_path, environ=environ) as first,
        servers.served(tmp_path, environ=environ) as second,
        httpx.AsyncClient(base_url=first.url, timeout=30, trust_env=False) as http,
        httpx.AsyncClient(base_url=second.url, timeout=30, trust_env=False) as other,
    ):
        one, two = at(first, http), at(second, other)
        widget = await one.save()
        for desk in (one, two, one):
            await desk.execute(widget)
        deadline = time.monotonic() + 20
        while len(await calls_of(two, widget)) < 3 and time.monotonic() < deadline:
            pass
        assert len(await calls_of(two, widget)) == 3
        assert sum(minute["calls"] for minute in await minutes_of(two, widget)) == 3


async def test_a_process_that_stops_writes_what_it_has_noted(app_with: Any) -> None:
    async with app_with() as desk:
        widget = await desk.save()
        await desk.execute(widget)
    async with app_with() as desk:
        assert len(await calls_of(desk, widget)) == 1
