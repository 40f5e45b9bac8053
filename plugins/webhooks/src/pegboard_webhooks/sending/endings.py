"""What came of one attempt to deliver, and what follows from that."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import attrs
from sqlalchemy import Row

from pegboard import Problem
from pegboard_egress import EgressResponse

GONE, ASKS_TO_WAIT = 410, (429, 503)
LONGEST = 3600.0
"""Seconds for which a receiver may ask to be left alone."""
EXCERPT = 1000


@attrs.frozen
class Attempt:
    """One attempt. `final` is a failure that no further one would mend; `retry_after` is in seconds."""

    row: Row[Any] = attrs.field(repr=False)
    seconds: float
    status: int | None = None
    error: str = ""
    answer: str = attrs.field(default="", repr=False)
    retry_after: float = 0.0
    final: bool = False

    @property
    def ok(self) -> bool:
        return not self.error


def answered(row: Row[Any], answer: EgressResponse, seconds: float) -> Attempt:
    """Any status from 200 to 299 is a delivery; 410 says that nobody wants to hear of this again."""
    excerpt = answer.body[: EXCERPT * 4].decode(errors="replace").replace("\0", "")[:EXCERPT]
    if 200 <= answer.status < 300:
        return Attempt(row, seconds, answer.status, answer=excerpt)
    error = f"the receiver answered {answer.status}"
    wait = retry_after(answer.headers.get("Retry-After", "")) if answer.status in ASKS_TO_WAIT else 0.0
    return Attempt(row, seconds, answer.status, error, excerpt, wait, answer.status == GONE)


def refused(row: Row[Any], problem: Problem, seconds: float, *, final: bool = False) -> Attempt:
    return Attempt(row, seconds, error=str(problem)[:EXCERPT], final=final)


def retry_after(value: str) -> float:
    """Seconds of a Retry-After header, given as a number or as a date (RFC 9110, section 10.2.3); 0 for nothing."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:12]), LONGEST)
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    return min(max(0.0, (when.replace(tzinfo=when.tzinfo or UTC) - datetime.now(UTC)).total_seconds()), LONGEST)


def disabled_for(made: Sequence[Attempt], failing: datetime | None, now: datetime, hours: float) -> str:
    """Why a subscription whose deliveries failed is to be disabled, or ""."""
    if any(attempt.status == GONE for attempt in made):
        return "the receiver answered 410: it wants no more events"
    if failing is not None and failing <= now - timedelta(hours=hours):
        return f"nothing could be delivered for {hours:g} hours; the last reason: {made[-1].error}"
    return ""
