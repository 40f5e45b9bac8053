"""What all kinds of paging share: stop rules, bounds, guards, and the walk itself."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

from pegboard import PageRequest, PageResponse, Stop, Walk, setting

from .conditions import EndCondition, Page, Rule, rule
from .placement import Location
from .progress import Progress, State, fingerprint, read, written

FULL = 100
"""The records to ask for where only the parameter's name is given."""

MOST_EMPTY = 100
"""Pages without a record, one after another, after which an API that promises more is not believed."""

positive = attrs.validators.optional(attrs.validators.ge(1))


@attrs.frozen
class Paging:
    """The settings of every kind of paging."""

    maxLimit: int | None = setting(
        None, help=f"records to ask for per page; {FULL} where there is a parameter for it", validator=positive
    )
    paramLocation: Location = setting("query", help="where the parameters go")
    endCondition: EndCondition | None = setting(None, help="the stop rule")
    endConditions: tuple[EndCondition, ...] = setting((), help="further stop rules; the first that holds ends the walk")
    emptyPages: int | None = setting(
        None,
        help="pages without records, one after another, that do not end the walk: for APIs that filter after they page",
        validator=attrs.validators.optional(attrs.validators.ge(0)),
    )
    allowRepeats: bool = setting(
        False, help="go on when a page has the very records of an earlier one: for records without an identity"
    )
    maxPages: int | None = setting(None, help="end after so many pages", validator=positive)
    maxRecords: int | None = setting(None, help="end with the page that brings this many records", validator=positive)

    def full(self, parameter: str) -> int | None:
        """The records of a full page, where that is known; `parameter` asks for them."""
        return self.maxLimit or (FULL if parameter else None)

    @property
    def conditions(self) -> tuple[EndCondition, ...]:
        return (*filter(None, (self.endCondition,)), *self.endConditions)


@attrs.frozen
class Way:
    """What one kind of paging knows. A position is JSON; `key` is its name in the state.

    `request(position)` gives the fields of the PageRequest; `following(position, response)` the next position, or
    None if the answer names none, and raises ValueError for an answer that makes no sense. `natural` is the
    rule that then ends the walk. Positions that the API makes up are `watched` for circles.
    """

    key: str
    first: Any
    request: Callable[[Any], Mapping[str, Any]]
    following: Callable[[Any, PageResponse], Any]
    natural: Rule | None = None
    watched: bool = False


def check_conditions(config: Paging, limit: int | None, has_cursor: bool) -> None:
    """Raises ValueError for a rule that could never hold."""
    for condition in config.conditions:
        if condition.type == "count_less_than_limit" and limit is None:
            raise ValueError(
                'maxLimit is missing: "count_less_than_limit" compares with it and could never hold; set it to the '
                "records of a full page"
            )
        if condition.type == "cursor_null" and not condition.field and not has_cursor:
            raise ValueError(
                'endCondition.field is missing: there is no cursor here, so "cursor_null" could never hold without '
                "the path of what is null on the last page"
            )


def walk(config: Paging, way: Way, limit: int | None, state: State | None) -> Walk:
    """Walk from the start, or from a state. Raises ValueError for a state or an answer that makes no sense."""
    rules = list(_rules(config, way, limit))
    position, progress = (way.first, Progress()) if state is None else read(way.key, state)
    while True:
        response = yield PageRequest(written(way.key, position, progress), **way.request(position))
        page = _page(config, way, position, progress, response)
        for name, holds in rules:
            if evidence := holds(page):
                return Stop(name, evidence)
        position, progress = page.following, page.progress


def _page(config: Paging, way: Way, position: Any, progress: Progress, response: PageResponse) -> Page:
    content = fingerprint(response.records) if response.records else None
    counted = progress.after(len(response.records), fingerprint(position) if way.watched else None, content)
    following = way.following(position, response)
    return Page(
        response,
        counted,
        following,
        barren=counted.empty > (config.emptyPages or 0),
        repeated=content is not None and content in progress.contents,
        circular=way.watched and following is not None and fingerprint(following) in counted.positions,
    )


def _rules(config: Paging, way: Way, limit: int | None) -> Iterator[Rule]:
    """In the order in which they are asked."""
    yield from (rule(condition, limit) for condition in config.conditions)
    if not config.conditions and not way.watched:
        yield rule(EndCondition(type="empty_array"), limit)
    if way.natural:
        yield way.natural
    yield "repeated_cursor", _circle
    if not config.allowRepeats:
        yield "repeated_page", _repeat
    most = MOST_EMPTY if config.emptyPages is None else config.emptyPages
    yield "empty_pages", lambda page: _exceeded("empty pages in a row", page.progress.empty, most + 1)
    yield "max_records", lambda page: _exceeded("records", page.progress.records, config.maxRecords)
    yield "max_pages", lambda page: _exceeded("pages", page.progress.pages, config.maxPages)


def _circle(page: Page) -> str:
    shown = shown_position(page.following)
    return f"{page.name} names {shown} as the next, where the walk has been already" if page.circular else ""


def _repeat(page: Page) -> str:
    told = "has the very records of an earlier one; if records may be alike, set allowRepeats"
    return f"{page.name} {told}" if page.repeated else ""


def _exceeded(what: str, came: int, end: int | None) -> str:
    return f"{came} {what} came, and the walk ends at {end}" if end is not None and came >= end else ""


def shown_position(position: Any) -> str:
    """A cursor for people: cut, and a URL without its query, in which there may be a key."""
    text = str(position).partition("?")[0]
    return repr(text if len(text) <= 40 else f"{text[:39]}…")
