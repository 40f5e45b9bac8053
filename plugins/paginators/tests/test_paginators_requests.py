"""What is sent: parameters in their places, links as they are resolved; and what is refused when it is saved."""

from typing import Any

import pytest

from pegboard import PageResponse, Paginator
from pegboard.invalid import invalid
from pegboard.json import converter
from pegboard_paginators import CURSOR, LINK, OFFSET, PAGE


def first(paginator: Paginator, **config: Any) -> Any:
    return next(paginator.pages(converter.structure(config, paginator.config), None))


@pytest.mark.parametrize(
    ("paginator", "config", "params"),
    [
        (OFFSET, {}, {"offset": 0}),
        (OFFSET, {"offsetParam": "skip", "limitParam": "take"}, {"skip": 0, "take": 100}),
        (OFFSET, {"maxLimit": 20}, {"offset": 0}),
        (OFFSET, {"start": 40, "limitParam": "limit", "maxLimit": 20}, {"offset": 40, "limit": 20}),
        (PAGE, {}, {"page": 1}),
        (PAGE, {"start": 0, "pageSizeParam": "per_page", "maxLimit": 5}, {"page": 0, "per_page": 5}),
        (CURSOR, {"cursorPath": "$.next", "limitParam": "limit"}, {"limit": 100}),
        (CURSOR, {"cursorPath": "$.next", "start": "*"}, {"cursor": "*"}),
        (LINK, {"limitParam": "limit"}, {"limit": 100}),
    ],
)
def test_the_first_request(paginator: Paginator, config: dict[str, Any], params: dict[str, Any]) -> None:
    request = first(paginator, **config)
    assert (request.url, request.params, request.headers, request.body) == (None, params, {}, {})


def test_parameters_in_headers_are_text() -> None:
    assert first(OFFSET, offsetParam="X-Skip", paramLocation="header").headers == {"X-Skip": "0"}


def test_parameters_in_a_body_lie_where_they_are_put() -> None:
    request = first(OFFSET, offsetParam="$.page.from", limitParam="$.page['page-size']", paramLocation="body")
    assert request.body == {"page": {"from": 0, "page-size": 100}}
    assert first(OFFSET, offsetParam="page.from", paramLocation="body").body == {"page.from": 0}


def follow(link: Any, base: str = "https://api.test/v1/items?page=1", **config: Any) -> Any:
    """The URL of the second request, or the rule that ended the walk."""
    walking = LINK.pages(converter.structure(config, LINK.config), None)
    next(walking)
    headers = {"Link": link} if not config else {}
    try:
        return walking.send(PageResponse(base, 200, headers, {"next": link}, [{"id": 1}])).url
    except StopIteration as end:
        return end.value.rule


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ('<https://api.test/v1/items?page=2>; rel="next"', "https://api.test/v1/items?page=2"),
        ('<?page=2>; rel="next"', "https://api.test/v1/items?page=2"),
        ("<other?page=2>; rel=next", "https://api.test/v1/other?page=2"),
        ("</items?page=2>;rel=next", "https://api.test/items?page=2"),
        ('<a>; rel="prev", <b>; rel="next", <c>; rel="last"', "https://api.test/v1/b"),
        ('<b>; rel="last next"', "https://api.test/v1/b"),
        ('<b>; REL="Next"', "https://api.test/v1/b"),
        ('<b>; title="a; b, <c>; rel=\\"x\\""; rel="next"', "https://api.test/v1/b"),
        ('<b?ids=1,2;3>; rel = "next"', "https://api.test/v1/b?ids=1,2;3"),
        ('<a>; rel="next", <b>; rel="next"', "https://api.test/v1/a"),
        ('<a>; rel="prev"; rel="next"', "cursor_null"),
        ('<a>; rel="next"; anchor="#x", <b>; rel="next"', "https://api.test/v1/b"),
        ('<a>; rel="nextish"', "cursor_null"),
        ('<b#part>; rel="next"', "https://api.test/v1/b"),
        ('<//other.test/b>; rel="next"', "https://other.test/b"),
        ("nonsense", "cursor_null"),
        ("", "cursor_null"),
    ],
)
def test_the_next_link_of_a_header(link: str, url: str) -> None:
    assert follow(link) == url


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("https://other.test/x?page=2", "https://other.test/x?page=2"),
        (" /v2/items ", "https://api.test/v2/items"),
        ("?after=%2F", "https://api.test/v1/items?after=%2F"),
        ('<b>; rel="next"', "https://api.test/v1/b"),
        (None, "cursor_null"),
    ],
)
def test_the_next_link_of_a_body(link: Any, url: str) -> None:
    assert follow(link, nextLinkPath="$.next") == url


@pytest.mark.parametrize("link", ["javascript:alert(1)", "file:///etc/passwd", "http://[::1", 7, {"href": "/x"}])
def test_what_is_no_link_fails_the_walk(link: Any) -> None:
    with pytest.raises(ValueError, match=r"nextLinkPath \$.next gives"):
        follow(link, nextLinkPath="$.next")


def test_a_hostile_header_is_read_in_no_time() -> None:
    assert follow("<a>" + '; a="' * 3000 + " " * 3000) == "cursor_null"


@pytest.mark.parametrize(
    ("paginator", "config", "told"),
    [
        (OFFSET, {"maxLimit": 0}, "maxLimit: must be >= 1: 0"),
        (OFFSET, {"limitParm": "limit"}, 'limitParm: unknown key; did you mean "limitParam"?'),
        (OFFSET, {"endCondition": {"type": "count_less_than_limit"}}, "set it to the records of a full page"),
        (OFFSET, {"endCondition": {"type": "cursor_null"}}, "endCondition.field is missing"),
        (PAGE, {"endCondition": {"type": "total"}}, "endCondition: field is missing"),
        (PAGE, {"endCondition": {"type": "total", "field": "total"}}, "endCondition.field: 'total', column 1"),
        (CURSOR, {}, "cursorPath: is missing"),
        (CURSOR, {"cursorPath": "$.next["}, "cursorPath: '$.next[', column 8"),
        (CURSOR, {"cursorPath": "$..next"}, "take a path of names and indexes"),
        (LINK, {"endConditions": [{"type": "empty"}]}, "endConditions.0.type: expected one of empty_array"),
    ],
)
def test_a_mistake_is_told_with_its_field_and_the_way_out(
    paginator: Paginator, config: dict[str, Any], told: str
) -> None:
    with pytest.raises((ValueError, ExceptionGroup)) as refused:
        converter.structure(config, paginator.config)
    assert told in invalid(refused.value, "pagination").detail
