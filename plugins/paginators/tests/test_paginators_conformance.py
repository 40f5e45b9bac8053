"""The plugin, and each of its paginators over APIs of several manners, keep what all keep."""

import json
from collections.abc import Sequence
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pegboard_paginators
from pegboard import PageRequest, PageResponse
from pegboard.testing.suites import PaginatorSuite, PluginSuite
from pegboard_paginators import CURSOR, LINK, OFFSET, PAGE

URL = "https://api.test/v1/items"
SIZE = 3


def answer(
    records: Sequence[Any], body: dict[str, Any] | None = None, headers: dict[str, str] | None = None
) -> PageResponse:
    return PageResponse(URL, 200, headers or {}, {"items": list(records), **(body or {})}, list(records))


class TestPaginators(PluginSuite):
    plugin = pegboard_paginators
    name = "paginators"


class TestOffset(PaginatorSuite):
    record = OFFSET
    config: ClassVar = {"limitParam": "limit", "maxLimit": SIZE, "endCondition": {"type": "empty_array"}}
    bad_configs = (
        {"maxLimit": 0},
        {"start": -1},
        {"offsetParam": ""},
        {"offsetParam": "n", "limitParam": "n"},
        {"limitParam": "limit", "paramLocation": "cookie"},
        {"offsetParam": "two words", "paramLocation": "header"},
        {"offsetParam": "$.a[0]", "paramLocation": "body"},
        {"cursorPath": "$.next"},
        {"maxPages": 0},
        {"emptyPages": -1},
        {"endCondition": {"type": "count_less_than_limit"}},
        {"endCondition": {"type": "cursor_null"}},
        {"endCondition": {"type": "has_more_field"}},
        {"endCondition": {"type": "has_more_field", "field": "has_more"}},
        {"endCondition": {"type": "total"}},
        {"endCondition": {"type": "total", "field": "record:$.total"}},
        {"endCondition": {"type": "empty_array", "field": "$.items"}},
        {"endCondition": {"type": "until_done"}},
        {"endConditions": [{"type": "empty_array"}, {"type": "cursor_null"}]},
    )

    def respond(self, request: PageRequest, records: Sequence[Any]) -> PageResponse:
        start = request.params["offset"]
        return answer(
            records[start : start + request.params["limit"]],
            {"total": len(records), "has_more": start + SIZE < len(records)},
        )


class TestOffsetShort(TestOffset):
    config: ClassVar = {**TestOffset.config, "endCondition": {"type": "count_less_than_limit"}}


class TestOffsetTotal(TestOffset):
    config: ClassVar = {**TestOffset.config, "endCondition": {"type": "total", "field": "$.total"}}


class TestOffsetMore(TestOffset):
    config: ClassVar = {**TestOffset.config, "endCondition": {"type": "has_more_field", "field": "$.has_more"}}


class TestOffsetOfAnApiThatGivesFewerThanAsked(TestOffset):
    """Two to a page, whatever is asked for: nothing is skipped."""

    def respond(self, request: PageRequest, records: Sequence[Any]) -> PageResponse:
        start = request.params["offset"]
        return answer(records[start : start + 2])


class TestOffsetInBody(TestOffset):
    config: ClassVar = {
        **TestOffset.config,
        "offsetParam": "$.page.from",
        "limitParam": "$.page.size",
        "paramLocation": "body",
    }

    def respond(self, request: PageRequest, records: Sequence[Any]) -> PageResponse:
        start = request.body["page"]["from"]
        return answer(records[start : start + request.body["page"]["size"]])


class TestPage(PaginatorSuite):
    record = PAGE
    config: ClassVar = {"pageSizeParam": "per_page", "maxLimit": SIZE}
    bad_configs = (
        {"maxLimit": 0},
        {"start": -1},
        {"offsetParam": "offset"},
        {"endCondition": {"type": "cursor_null"}},
    )
    first = 1

    def respond(self, request: PageRequest, records: Sequence[Any]) -> PageResponse:
        start = (request.params["page"] - self.first) * request.params["per_page"]
        more = None if start + SIZE >= len(records) else request.params["page"] + 1
        return answer(records[start : start + SIZE], {"next": more})


class TestPageFromZero(TestPage):
    config: ClassVar = {**TestPage.config, "start": 0}
    first = 0


class TestPageWithNull(TestPage):
    config: ClassVar = {**TestPage.config, "endCondition": {"type": "cursor_null", "field": "$.next"}}


class TestPageInHeader(TestPage):
    config: ClassVar = {"pageParam": "X-Page", "paramLocation": "header"}

    def respond(self, request: PageRequest, records: Sequence[Any]) -> PageResponse:
        start = (int(request.headers["X-Page"]) - 1) * SIZE
        return answer(records[start : start + SIZE])


class TestCursor(PaginatorSuite):
    record = CURSOR
    config: ClassVar = {"cursorPath": "$.next", "endCondition": {"type": "cursor_null"}}
    bad_configs = (
        {},
        {"cursorPath": ""},
        {"cursorPath": "next"},
        {"cursorPath": "$.next["},
        {"cursorPath": "$.items[*].id"},
        {"cursorPath": "header:"},
        {"cursorPath": "$.next", "limitParam": "cursor"},
        {"cursorPath": "$.next", "endCondition": {"type": "count_less_than_limit"}},
    )

    def cursor(self, request: PageRequest) -> Any:
        return request.params.get("cursor")

    def respond(self, request: PageRequest, records: Sequence[Any]) -> PageResponse:
        start = int(str(self.cursor(request) or "c0")[1:])
        following = f"c{start + SIZE}" if start + SIZE < len(records) else None
        headers = {"x-next-cursor": following} if following else {}
        return answer(records[start : start + SIZE], {"next": following}, headers)


class TestCursorInHeader(TestCursor):
    config: ClassVar = {"cursorPath": "header:X-Next-Cursor"}


class TestCursorInBody(TestCursor):
    config: ClassVar = {**TestCursor.config, "cursorParam": "$.variables.after", "paramLocation": "body"}

    def cursor(self, request: PageRequest) -> Any:
        return request.body.get("variables", {}).get("after")


class TestCursorOfTheLastRecord(PaginatorSuite):
    record = CURSOR
    config: ClassVar = {"cursorPath": "record:$.id", "cursorParam": "after", "limitParam": "limit", "maxLimit": SIZE}

    def respond(self, request: PageRequest, records: Sequence[Any]) -> PageResponse:
        after = request.params.get("after", -1)
        return answer([record for record in records if record["id"] > after][: request.params["limit"]])


class TestLink(PaginatorSuite):
    record = LINK
    config: ClassVar = {"limitParam": "per_page", "maxLimit": SIZE}
    bad_configs = (
        {"nextLinkPath": ""},
        {"nextLinkPath": "next"},
        {"nextLinkPath": "record:$.next"},
        {"nextLinkPath": "$.links[*]"},
        {"limitParam": "per_page", "maxLimit": 0},
        {"endCondition": {"type": "count_less_than_limit"}},
    )

    def start(self, request: PageRequest) -> int:
        return int(parse_qs(urlsplit(request.url or "").query).get("from", ["0"])[0])

    def respond(self, request: PageRequest, records: Sequence[Any]) -> PageResponse:
        start = self.start(request)
        link = f"/v1/items?from={start + SIZE}" if start + SIZE < len(records) else None
        headers = {"link": f'<{URL}>; rel="first", <{link}>; rel="next"'} if link else {}
        return answer(records[start : start + SIZE], {"links": {"next": link} if link else {}}, headers)


class TestLinkInBody(TestLink):
    config: ClassVar = {"nextLinkPath": "$.links.next"}


WALKED = [
    TestOffset,
    TestOffsetTotal,
    TestOffsetInBody,
    TestPageFromZero,
    TestPageInHeader,
    TestCursor,
    TestCursorInBody,
    TestCursorOfTheLastRecord,
    TestLink,
    TestLinkInBody,
]


@pytest.mark.parametrize("suite", WALKED)
@given(st.integers(0, 60), st.data())
def test_a_walk_cut_anywhere_and_resumed_is_the_walk_that_was_not(suite: Any, size: int, data: st.DataObject) -> None:
    records = [{"id": number} for number in range(size)]
    whole = suite().walk(records)
    cut = data.draw(st.integers(0, len(whole.requests) - 1))
    rest = suite().walk(records, json.loads(json.dumps(whole.requests[cut].state)))
    assert rest.requests == whole.requests[cut:]
    assert rest.stop == whole.stop
    assert whole.records == tuple(records)
