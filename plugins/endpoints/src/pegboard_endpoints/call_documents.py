"""The history of calls as it goes over the wire. Times are milliseconds; nothing of a request or an answer is kept."""

from datetime import datetime
from typing import Literal

import attrs
from attrs.validators import and_, ge, le, matches_re, max_len

from pegboard_store import PageQuery

IDS = 100


@attrs.frozen
class CallRecord:
    """One call that ended. `code` and `detail` say what went wrong, `line` where in the logic."""

    at: datetime
    status: int
    failed: bool
    code: str
    detail: str
    line: int | None
    cache: Literal["HIT", "MISS", "STALE"] | None
    isolation: str
    upstream: float
    queue: float
    run: float


@attrs.frozen
class CallQuery(PageQuery):
    failed: bool | None = None


@attrs.frozen
class Minute:
    """A minute in which an endpoint was called: means, and the slowest call."""

    minute: datetime
    calls: int
    failed: int
    cached: int
    upstream: float
    queue: float
    run: float
    slowest: float


@attrs.frozen
class MinuteQuery:
    hours: int = attrs.field(default=24, validator=and_(ge(1), le(48)))


@attrs.frozen
class Minutes:
    data: list[Minute]


@attrs.frozen
class Day:
    """What the last 24 hours of an endpoint came to."""

    calls: int = 0
    failed: int = 0
    cached: int = 0
    mean: float = 0.0
    slowest: float = 0.0


@attrs.frozen
class State:
    """How an endpoint does."""

    widget_id: str
    last: CallRecord
    day: Day


@attrs.frozen
class StateQuery:
    ids: str = attrs.field(
        validator=and_(max_len(40 * IDS), matches_re(r"[A-Za-z0-9_,]+")), metadata={"help": "ids, with commas between"}
    )


@attrs.frozen
class States:
    data: list[State]
