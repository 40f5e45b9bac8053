"""When a walk ends: the rules that an endpoint declares."""

from collections.abc import Callable
from typing import Any, Literal

import attrs

from pegboard import MISSING, PageResponse, setting

from .progress import Progress
from .sources import compile_source, is_field_if_given

NEEDS = {
    "has_more_field": "the path of the field that says whether there is more, such as $.has_more",
    "total": "the path of the number of all records, such as $.total or header:X-Total-Count",
}
WORDS = {"true": True, "1": True, "false": False, "0": False}


@attrs.frozen
class EndCondition:
    """One stop rule."""

    type: Literal["empty_array", "count_less_than_limit", "cursor_null", "has_more_field", "total"] = setting(
        help="what ends the walk: a page without records, one with fewer than maxLimit, no next cursor, a field that "
        "says so, or the number of all records"
    )
    field: str = setting(
        "",
        help="where has_more_field, total and cursor_null look: a JSONPath in the answer, or header:Name",
        validator=is_field_if_given,
    )
    missing: Literal["fail", "stop"] = setting(
        "fail", help="what an answer without that field means to has_more_field: an error, or the end"
    )

    def __attrs_post_init__(self) -> None:
        if self.type in NEEDS and not self.field:
            raise ValueError(f'field is missing: "{self.type}" needs {NEEDS[self.type]}')
        if self.type in ("empty_array", "count_less_than_limit") and self.field:
            raise ValueError(f'field is given, and "{self.type}" looks at none: leave it out')


@attrs.frozen
class Page:
    """A page as the rules see it.

    `progress` counts it already; `following` is the next position, or None. It is `barren` if it is one empty page
    too many, `repeated` if its records came before, `circular` if what follows was a position already.
    """

    response: PageResponse
    progress: Progress
    following: Any
    barren: bool
    repeated: bool
    circular: bool

    @property
    def count(self) -> int:
        return len(self.response.records)

    @property
    def name(self) -> str:
        return f"page {self.progress.pages}"


Rule = tuple[str, Callable[[Page], str]]
"""A name, and the evidence for which the walk ends at a page; "" if it goes on."""


def rule(condition: EndCondition, limit: int | None) -> Rule:
    """The compiled condition. `limit` is how many records a full page has. Raises ValueError."""
    return condition.type, _holds(condition, limit)


def _holds(condition: EndCondition, limit: int | None) -> Callable[[Page], str]:
    match condition.type:
        case "count_less_than_limit":
            return _short(limit)
        case "cursor_null":
            return _null(condition.field) if condition.field else _ended
        case "has_more_field":
            return _has_more(condition)
        case "total":
            return _total(condition.field)
    return _empty


def _empty(page: Page) -> str:
    return f"{page.name} has no records" if page.barren else ""


def _short(limit: int | None) -> Callable[[Page], str]:
    def holds(page: Page) -> str:
        short = page.barren or 0 < page.count < (limit or 0)
        return f"{page.name} has {page.count} records, fewer than {limit}" if short else ""

    return holds


def _ended(page: Page) -> str:
    return f"{page.name} names no next page" if page.following is None else ""


def _null(field: str) -> Callable[[Page], str]:
    look = compile_source(field)

    def holds(page: Page) -> str:
        value = look(page.response)
        if value is MISSING:
            return f"{field} is not in {page.name}"
        return f"{field} is {'null' if value is None else 'empty'} in {page.name}" if value in (None, "") else ""

    return holds


def _has_more(condition: EndCondition) -> Callable[[Page], str]:
    look = compile_source(condition.field)

    def holds(page: Page) -> str:
        value = look(page.response)
        if value is MISSING and condition.missing == "stop":
            return f"{condition.field} is not in {page.name}"
        if value is None:
            return f"{condition.field} is null in {page.name}"
        more = WORDS.get(str(value).lower()) if isinstance(value, bool | int | str) else None
        if more is None:
            raise ValueError(_no_boolean(condition.field, value, page))
        return "" if more else f"{condition.field} is false in {page.name}"

    return holds


def _no_boolean(field: str, value: Any, page: Page) -> str:
    if value is MISSING:
        return f'{field} is not in {page.name}: correct the path, or set "missing": "stop" if it is left out at the end'
    return f"{field} is of type {type(value).__name__} in {page.name}: has_more_field needs true or false"


def _total(field: str) -> Callable[[Page], str]:
    look = compile_source(field)

    def holds(page: Page) -> str:
        value, came = look(page.response), page.progress.records
        total = _number(value)
        if total is None and value not in (None, MISSING):
            raise ValueError(f"{field} is {str(value)[:40]!r} in {page.name}: total needs a number or null")
        if total is not None and came >= total:
            return f"{came} records came, and {field} is {total}"
        told = "unknown" if total is None else total
        return f"{page.name} has no records; {came} came, and {field} is {told}" if page.barren else ""

    return holds


def _number(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        return int(value)
    whole = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0 and value == value // 1
    return int(value) if whole else None
