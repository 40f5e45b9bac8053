"""The suite of paginators, held against good ones and bad ones."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import pytest

from pegboard import PageRequest, PageResponse, Paginator, Stop, setting
from pegboard.contracts import Walk
from pegboard.testing.suites import PaginatorSuite, RecordSuite
from pegboard.testing.suites.proof import checks_of, verdict

pytestmark = pytest.mark.anyio


@attrs.frozen
class Offset:
    size: int = setting(3, help="records to a page", validator=attrs.validators.ge(1))


def at(config: Offset, start: int) -> PageRequest:
    return PageRequest({"offset": start}, params={"offset": start, "limit": config.size})


def pages(config: Offset, state: Mapping[str, Any] | None) -> Walk:
    start = state["offset"] if state else 0
    while True:
        response = yield at(config, start)
        if len(response.records) < config.size:
            return Stop("short-page", f"{len(response.records)} of {config.size} records")
        start += config.size


OFFSET = Paginator("offset", "Skip what was seen", Offset, pages=pages)


class TestOffset(PaginatorSuite):
    record = OFFSET
    config = {"size": 3}  # noqa: RUF012
    bad_configs = ({"size": 0}, {"size": "3"})

    def respond(self, request: PageRequest, records: Sequence[Any]) -> PageResponse:
        start = request.params["offset"]
        page = records[start : start + request.params["limit"]]
        return PageResponse("https://api.test/items", 200, {}, list(page), page)


def walking(walk: Any) -> type[TestOffset]:
    class Bad(TestOffset):
        record = Paginator("offset", "Bad", Offset, pages=walk)

    return Bad


def skipping(config: Offset, state: Any) -> Walk:
    start = state["offset"] if state else 0
    while True:
        response = yield at(config, start)
        if len(response.records) < config.size:
            return Stop("short-page")
        start += config.size + 1


def endless(config: Offset, state: Any) -> Walk:
    while True:
        yield at(config, 0)


def nameless(config: Offset, state: Any) -> Walk:
    yield at(config, 0)
    return None  # type: ignore[return-value]


def stateful(config: Offset, state: Any) -> Walk:
    yield attrs.evolve(at(config, 0), state={"seen": {1, 2}})
    return Stop("one-page")


def forgetful(config: Offset, state: Any) -> Walk:
    return (yield from pages(config, None))


def sharing() -> Any:
    shared = {"offset": 0}

    def walk(config: Offset, state: Any) -> Walk:
        shared["offset"] = state["offset"] if state else 0
        while True:
            response = yield at(config, shared["offset"])
            if len(response.records) < config.size:
                return Stop("short-page")
            shared["offset"] += config.size

    return walk


def clinging(config: Offset, state: Any) -> Walk:
    try:
        yield at(config, 0)
    except GeneratorExit:
        yield at(config, 1)
    return Stop("late")


def trusting(config: Offset, state: Any) -> Walk:
    response = yield at(config, 0)
    return Stop(f"{response.body['data']['total']} records")


BAD: dict[str, type[TestOffset]] = {
    "test_every_record_comes_once_and_in_order": walking(skipping),
    "test_its_end_names_the_rule": walking(nameless),
    "test_its_state_is_json": walking(stateful),
    "test_it_is_taken_up_where_it_was": walking(forgetful),
    "test_two_walks_do_not_meet": walking(sharing()),
    "test_it_can_be_left_at_any_page": walking(clinging),
    "test_an_answer_of_another_shape_is_a_reason_and_no_crash": walking(trusting),
}


def test_every_check_has_a_bad_implementation() -> None:
    assert set(BAD) == set(checks_of(PaginatorSuite, without=RecordSuite))


@pytest.mark.parametrize("check", BAD)
async def test_a_bad_paginator_is_found(check: str) -> None:
    assert await verdict(BAD[check], check)


async def test_a_walk_that_does_not_end_is_found() -> None:
    assert "does not end" in await verdict(walking(endless), "test_every_record_comes_once_and_in_order")


def test_a_state_survives_as_json() -> None:
    first = TestOffset().walk([{"id": n} for n in range(7)])
    assert [json.loads(json.dumps(r.state)) for r in first.requests] == [{"offset": 0}, {"offset": 3}, {"offset": 6}]
