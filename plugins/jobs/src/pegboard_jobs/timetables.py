"""Time tables as cron has them, read in a time zone."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from pegboard import FieldError, Problem


def next_time(cron: str, timezone: str, after: datetime) -> datetime:
    """The first time after `after`, in UTC; five fields, and an IANA name. Raises Problem 422 ``invalid-schedule``."""
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _wrong("/timezone", f"{timezone!r} is no time zone; give an IANA name such as Europe/Madrid") from None
    try:
        found = next(CronSim(cron, after.astimezone(zone)))
    except (CronSimError, StopIteration) as error:
        reason = str(error) or "it never comes"
        raise _wrong("/cron", f"{cron!r} is no time table such as 0 6 * * 1-5: {reason}") from None
    return found.astimezone(UTC)


def next_times(cron: str, timezone: str, after: datetime, count: int) -> Sequence[datetime]:
    """The first `count` of them; fewer where the time table comes to an end.

    Raises Problem 422 ``invalid-schedule``.
    """
    found = [next_time(cron, timezone, after)]
    with suppress(Problem):
        while len(found) < count:
            found.append(next_time(cron, timezone, found[-1]))
    return found


def _wrong(pointer: str, detail: str) -> Problem:
    return Problem(422, "invalid-schedule", detail, errors=[FieldError(detail, pointer)])
