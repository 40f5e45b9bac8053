"""Upstream bodies: fetched, kept, shared and served old; and upstreams in every kind of trouble."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest

from pegboard.testing import answer, upstream

pytestmark = pytest.mark.anyio

FOREVER = 86_400


def freshness(got: Any) -> tuple[int, Any, str]:
    return got.status_code, got.json(), got.headers["x-cache"]


async def test_without_an_interval_each_request_fetches(desk: Any) -> None:
    for interval in ({}, {"refresh_interval": 0}):
        widget = await desk.save("return data", answer(json=1), answer(json=2), data=interval)
        assert freshness(await desk.execute(widget)) == (200, 1, "MISS")
        assert freshness(await desk.execute(widget)) == (200, 2, "MISS")


async def test_within_the_interval_the_body_is_served_again(desk: Any) -> None:
    logic = "return [data, request.query_params.get('a')]"
    widget = await desk.save(logic, answer(json=1), answer(json=2), data={"refresh_interval": FOREVER})
    url = widget["execute_url"]
    assert freshness(await desk.call("GET", f"{url}?a=1")) == (200, [1, "1"], "MISS")
    assert freshness(await desk.call("GET", f"{url}?a=2")) == (200, [1, "2"], "HIT")
    assert len(desk.asked(widget)) == 1


async def test_after_the_interval_the_body_is_fetched_anew(desk: Any) -> None:
    widget = await desk.save("return data", answer(json=1), answer(json=2), data={"refresh_interval": 0.05})
    assert freshness(await desk.execute(widget)) == (200, 1, "MISS")
    await asyncio.sleep(0.1)  # the age itself is what is tested
    assert freshness(await desk.execute(widget)) == (200, 2, "MISS")


async def test_concurrent_misses_fetch_once(desk: Any) -> None:
    go = asyncio.Event()
    widget = await desk.save("return data", answer(json=7, until=go), data={"refresh_interval": FOREVER})
    calls = [asyncio.create_task(desk.execute(widget)) for _ in range(10)]
    await desk.reached(widget)
    go.set()
    assert {freshness(await call)[:2] for call in calls} == {(200, 7)}
    assert len(desk.asked(widget)) == 1


async def test_a_caller_who_leaves_does_not_take_the_fetch_from_the_others(desk: Any) -> None:
    go = asyncio.Event()
    widget = await desk.save("return data", answer(json=7, until=go), data={"refresh_interval": FOREVER})
    first = asyncio.create_task(desk.execute(widget))
    await desk.reached(widget)
    second = asyncio.create_task(desk.execute(widget))
    first.cancel()
    await asyncio.wait([first])
    go.set()
    assert freshness(await second)[:2] == (200, 7)
    assert len(desk.asked(widget)) == 1


async def test_concurrent_callers_all_learn_that_the_upstream_failed(desk: Any) -> None:
    go = asyncio.Event()
    widget = await desk.save("return data", answer(500, until=go), data={"refresh_interval": FOREVER})
    calls = [asyncio.create_task(desk.execute(widget)) for _ in range(5)]
    await desk.reached(widget)
    go.set()
    assert {(await call).status_code for call in calls} == {502}


TROUBLE = [
    answer(500, text="broken"),
    answer(text="<html>", headers={"Content-Type": "text/html"}),
    answer(raw=b""),
    answer(json=1, delay=10),
]


@pytest.mark.parametrize("trouble", TROUBLE, ids=["500", "html", "hang-up", "slow"])
async def test_a_stale_body_is_served_when_the_upstream_fails(desk: Any, trouble: Any) -> None:
    widget = await desk.save("return data", answer(json=1), trouble, data={"refresh_interval": 0.01})
    assert freshness(await desk.execute(widget)) == (200, 1, "MISS")
    await asyncio.sleep(0.05)  # the age itself is what is tested
    assert freshness(await desk.execute(widget)) == (200, 1, "STALE")
    asked = len(desk.asked(widget))
    assert freshness(await desk.execute(widget)) == (200, 1, "STALE")
    assert len(desk.asked(widget)) == asked, "an upstream in trouble is not asked by every request"


async def test_an_upstream_that_works_again_is_served_again(app_with: Any) -> None:
    async with app_with({"plugins": {"endpoints": {"retry_seconds": 0.05}}}) as desk:
        script = (answer(json=1), answer(500), answer(json=2))
        widget = await desk.save("return data", *script, data={"refresh_interval": 0.01})
        assert freshness(await desk.execute(widget)) == (200, 1, "MISS")
        await asyncio.sleep(0.05)
        assert freshness(await desk.execute(widget)) == (200, 1, "STALE")
        await asyncio.sleep(0.1)  # the time after which a failed upstream is asked again
        assert freshness(await desk.execute(widget)) == (200, 2, "MISS")


async def test_a_changed_widget_is_fetched_anew(desk: Any) -> None:
    widget = await desk.save("return data", answer(json=1), answer(json=2), data={"refresh_interval": FOREVER})
    assert freshness(await desk.execute(widget)) == (200, 1, "MISS")
    await desk.call("PATCH", widget["id"], json={"endpoint_data": {"params": {"a": 1}}})
    assert freshness(await desk.execute(widget)) == (200, 2, "MISS")


async def test_bodies_are_kept_up_to_a_number_of_bytes(app_with: Any) -> None:
    body = answer(json="x" * 600)
    async with app_with({"plugins": {"endpoints": {"cache_bytes": 1300}}}) as desk:
        first, second, third = [
            await desk.save("return len(data)", body, data={"refresh_interval": FOREVER}) for _ in range(3)
        ]
        huge = await desk.save("return len(data)", answer(json="x" * 2000), data={"refresh_interval": FOREVER})
        order = [first, second, first, third, first, second, huge, huge, first]
        seen = [(await desk.execute(widget)).headers["x-cache"] for widget in order]
    assert seen == ["MISS", "MISS", "HIT", "MISS", "HIT", "MISS", "MISS", "MISS", "HIT"]


async def test_only_the_plans_used_last_are_kept(app_with: Any) -> None:
    async with app_with({"plugins": {"endpoints": {"plans": 2}}}) as desk:
        widgets = [await desk.save(f"return {number}") for number in range(4)]
        for _ in range(2):
            assert [(await desk.execute(widget)).json() for widget in widgets] == [0, 1, 2, 3]


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
async def test_an_upstreams_error_is_told_with_status_and_content_type(desk: Any, status: int) -> None:
    trouble = answer(status, text="topsecret", headers={"Content-Type": "text/plain"})
    got = await desk.result("return data", trouble)
    body = got.json()
    assert (got.status_code, body["error_code"]) == (502, "UPSTREAM_ERROR")
    assert (body["upstream_status"], body["content_type"]) == (status, "text/plain")
    assert "topsecret" not in got.text


@pytest.mark.parametrize("text", ["<!doctype html>", "", "{'a': 1}", "NaN", "[1", "\ufeff{}", "1 2"])
async def test_an_answer_that_is_no_json_is_said_so(desk: Any, text: str) -> None:
    got = await desk.result("return data", answer(body=text.encode(), headers={"Content-Type": "text/html"}))
    body = got.json()
    assert (got.status_code, body["error_code"]) == (502, "UPSTREAM_NOT_JSON")
    assert (body["upstream_status"], body["content_type"]) == (200, "text/html")


async def test_an_answer_that_is_nested_too_deeply_is_the_upstreams_fault(desk: Any) -> None:
    got = await desk.result("return 1", answer(body=b"[" * 1020 + b"]" * 1020))
    assert (got.status_code, got.json()["error_code"]) == (502, "UPSTREAM_NOT_JSON")


async def test_json_is_json_whatever_its_content_type(desk: Any) -> None:
    got = await desk.result("return data", answer(body=b"[1]", headers={"Content-Type": "text/plain"}))
    assert (got.status_code, got.json()) == (200, [1])


async def test_an_upstream_that_does_not_answer_is_a_timeout(desk: Any) -> None:
    for slow in (answer(json=1, delay=30), answer(body=[b"1"] * 100, drip=1, length=100)):
        got = await desk.result("return data", slow)
        assert (got.status_code, got.json()["error_code"]) == (504, "UPSTREAM_TIMEOUT")


@pytest.mark.parametrize(
    "broken",
    [answer(raw=b""), answer(raw=b"SSH-2.0-OpenSSH\r\n"), answer(body=b'{"a": 1}', cut=3), answer(body=b"1", length=9)],
    ids=["hang-up", "no HTTP", "cut", "wrong length"],
)
async def test_a_broken_answer_is_an_upstream_error(desk: Any, broken: Any) -> None:
    got = await desk.result("return data", broken)
    assert (got.status_code, got.json()["error_code"]) == (502, "UPSTREAM_ERROR")


async def test_nobody_there_is_an_upstream_error(app_with: Any) -> None:
    async with upstream() as gone:
        pass
    async with app_with({"plugins": {"egress": {"allow_origins": [gone.url]}}}) as desk:
        got = await desk.result(endpoint=gone.url, logic="return data")
    assert (got.status_code, got.json()["error_code"]) == (502, "UPSTREAM_ERROR")


async def test_a_huge_answer_is_cut_off(desk: Any) -> None:
    exact = await desk.result("return len(data)", answer(body=b'"' + b"x" * (1024 * 1024 - 2) + b'"'))
    assert (exact.status_code, exact.json()) == (200, 1024 * 1024 - 2)
    got = await desk.result("return data", answer(body=b'"' + b"x" * (1024 * 1024 - 1) + b'"'))
    assert (got.status_code, got.json()["error_code"]) == (502, "UPSTREAM_TOO_LARGE")


async def test_redirects_are_followed_with_the_same_guard(desk: Any) -> None:
    target = desk.url(answer(json="there"))
    followed = await desk.result("return data", answer(302, headers={"Location": target}))
    assert (followed.status_code, followed.json()) == (200, "there")
    for inside in ("http://169.254.169.254/latest/meta-data", "http://127.0.0.1:1/", "file:///etc/passwd"):
        blocked = await desk.result("return data", answer(302, headers={"Location": inside}))
        assert (blocked.status_code, blocked.json()["error_code"]) == (403, "EGRESS_BLOCKED")


async def test_credentials_do_not_follow_a_redirect_to_another_origin(app_with: Any, stand_in: Any) -> None:
    async with AsyncExitStack() as stack:
        other = await stack.enter_async_context(upstream())
        allowed = {"allow_origins": [stand_in.url, other.url]}
        desk = await stack.enter_async_context(app_with({"plugins": {"egress": allowed}}))
        other.on("/there", answer(json=1))
        headers = {"X-Api-Key": "topsecret", "Ocp-Apim-Subscription-Key": "topsecret", "X-Plain": "1"}
        location = {"Location": f"{other.url}/there"}
        got = await desk.result("return data", answer(307, headers=location), data={"headers": headers})
        assert got.json() == 1
        assert other.requests[0].headers["x-plain"] == "1"
        assert "topsecret" not in str(other.requests[0].headers.raw)


async def test_a_redirect_without_end_is_an_error(desk: Any) -> None:
    widget = await desk.save("return data")
    desk.upstream.on(
        widget["endpoint"].removeprefix(desk.upstream.url), answer(302, headers={"Location": widget["endpoint"]})
    )
    got = await desk.execute(widget)
    assert (got.status_code, got.json()["error_code"]) == (502, "TOO_MANY_REDIRECTS")


async def test_an_upstream_that_becomes_forbidden_is_blocked_when_executed(app_with: Any) -> None:
    async with app_with() as desk:
        widget = await desk.save()
    async with app_with({"plugins": {"egress": {"allow_origins": []}}}) as desk:
        got = await desk.execute(widget)
    assert (got.status_code, got.json()["error_code"]) == (403, "EGRESS_BLOCKED")


async def test_no_fetch_is_left_under_way_when_the_app_stops(app_with: Any) -> None:
    never = asyncio.Event()
    async with app_with() as desk:
        widget = await desk.save("return data", answer(json=7, until=never), data={"refresh_interval": FOREVER})
        call = asyncio.create_task(desk.execute(widget))
        await desk.reached(widget)
        before = asyncio.all_tasks()
    await asyncio.wait([call], timeout=5)
    assert call.done()
    assert not [task for task in asyncio.all_tasks() & before if "_fly" in repr(task)]
