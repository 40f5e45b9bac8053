"""A call that would give the same as one before is given what came out then, and its program does not run."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pegboard import Ending, Isolation, Outcome
from pegboard.testing import answer
from pegboard_endpoints.results import OVERHEAD, Results

pytestmark = pytest.mark.anyio

KEPT = {"refresh_interval": 60}


def took(got: Any) -> dict[str, float]:
    """Milliseconds, as the answer tells them."""
    found = re.findall(r"(\w+);dur=([0-9.]+)", got.headers["server-timing"])
    return {name: float(number) for name, number in found}


def has_run(got: Any) -> bool:
    assert got.status_code == 200, got.text
    return took(got)["sandbox"] > 0


async def test_the_same_call_is_answered_without_a_run(desk: Any) -> None:
    widget = await desk.save("print('so')\nreturn {'total': sum(data)}", answer(json=[1, 2]), data=KEPT)
    first, second = await desk.execute(widget), await desk.execute(widget)
    assert (has_run(first), has_run(second)) == (True, False)
    assert first.json() == second.json() == {"total": 3}
    assert (first.headers["x-cache"], second.headers["x-cache"]) == ("MISS", "HIT")
    assert second.headers["x-isolation"] == first.headers["x-isolation"]
    assert took(second) == {"upstream": 0, "queue": 0, "sandbox": 0}


async def test_the_same_body_fetched_again_is_the_same_call_and_another_is_not(desk: Any) -> None:
    widget = await desk.save("return data", answer(json=1), answer(json=1), answer(json=2))
    seen = [await desk.execute(widget) for _ in range(3)]
    assert [(has_run(got), got.json(), got.headers["x-cache"]) for got in seen] == [
        (True, 1, "MISS"),
        (False, 1, "MISS"),
        (True, 2, "MISS"),
    ]


@pytest.mark.parametrize(
    "other",
    [
        {"params": {"region": "south"}},
        {"headers": {"x-region": "south"}},
        {"scopes": None},
    ],
    ids=["query", "header", "caller"],
)
async def test_whatever_the_program_can_see_tells_calls_apart(desk: Any, other: dict[str, Any]) -> None:
    logic = "return [request.query_params.get('region'), request.headers.get('x-region'), user.id]"
    widget = await desk.save(logic, data=KEPT, public=True)
    plain, told = await desk.execute(widget), await desk.execute(widget, **other)
    assert has_run(plain)
    assert has_run(told)
    assert plain.json() != told.json()
    assert not has_run(await desk.execute(widget))
    again = await desk.execute(widget, **other)
    assert (has_run(again), again.json()) == (False, told.json())


async def test_a_program_that_was_changed_runs(desk: Any) -> None:
    widget = await desk.save("return 1", data=KEPT)
    assert (await desk.execute(widget)).json() == 1
    logic = "def process_data(data, request, user):\n    return 2\n"
    changed = await desk.call("PATCH", widget["id"], json={"endpoint_data": {"logic": logic}})
    assert changed.status_code == 200, changed.text
    got = await desk.execute(widget)
    assert (has_run(got), got.json()) == (True, 2)


@pytest.mark.parametrize(
    ("logic", "further"),
    [
        ("import time\nreturn time.time()", {}),
        ("import datetime\nreturn datetime.datetime.now().isoformat()", {}),
        ("return data", {"sandbox": "process"}),
    ],
    ids=["clock", "date", "process"],
)
async def test_who_may_give_another_result_runs_each_time(desk: Any, logic: str, further: dict[str, str]) -> None:
    widget = await desk.save(logic, data=KEPT | further)
    assert has_run(await desk.execute(widget))
    assert has_run(await desk.execute(widget))


async def test_a_request_with_a_body_runs_each_time(desk: Any) -> None:
    address = f"/e/{desk.tenant}-posted"
    await desk.save("return request.json()", data=KEPT, path=address, methods=["POST"])
    for _ in range(2):
        assert has_run(await desk.call("POST", address, json={"a": 1}))


async def test_a_failure_is_not_kept(desk: Any) -> None:
    widget = await desk.save("return data['missing']", data=KEPT)
    for _ in range(2):
        got = await desk.execute(widget)
        assert got.status_code == 422
        assert took(got)["sandbox"] > 0


async def test_where_nothing_may_be_kept_each_call_runs(app_with: Any) -> None:
    async with app_with({"plugins": {"endpoints": {"result_bytes": 0}}}) as desk:
        widget = await desk.save("return 1", data=KEPT)
        assert has_run(await desk.execute(widget))
        assert has_run(await desk.execute(widget))


def outcome(result: bytes) -> Outcome:
    return Outcome(Ending.RESULT, Isolation.L4, result, wall=1.0)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 400))), st.integers(0, 30_000))
def test_it_never_keeps_more_than_it_may_and_gives_what_was_kept_last(
    calls: list[tuple[int, int]], capacity: int
) -> None:
    results = Results(capacity)
    last: dict[int, bytes] = {}
    for number, length in calls:
        key = (f"widget-{number}", b"{}", b"{}", b"{}")
        result = b"1" * length
        results.keep(key, outcome(result))
        last[number] = result if OVERHEAD + 6 + length <= capacity // 8 else last.get(number, b"")
        held = [results.get((f"widget-{each}", b"{}", b"{}", b"{}")) for each in range(6)]
        found = [(each, kept) for each, kept in enumerate(held) if kept is not None]
        assert sum(OVERHEAD + 6 + len(kept.result) for _, kept in found) <= capacity
        assert all(kept.result == last[each] and kept.wall == 0 for each, kept in found)
