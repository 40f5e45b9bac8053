"""When something that failed is tried again."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

JITTER = 0.2


def next_try(schedule: Sequence[float], attempts: int, least: float = 0.0) -> datetime | None:
    """The time of the next try after so many, a fifth sooner or later; None where there is none left.

    `least` is in seconds: what the other side asked for.
    """
    if attempts > len(schedule):
        return None
    wait = schedule[attempts - 1] * random.uniform(1 - JITTER, 1 + JITTER)
    return datetime.now(UTC) + timedelta(seconds=max(wait, least))
