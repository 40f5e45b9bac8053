"""Work that need not be done each time: rows that count no more are removed now and then, by whoever comes by."""

from datetime import UTC, datetime, timedelta


class Seldom:
    """Whether it is time again: at once, and then no sooner than after `every`. For one process."""

    def __init__(self, every: timedelta = timedelta(minutes=1)) -> None:
        self._every = every
        self._next = datetime.min.replace(tzinfo=UTC)

    def is_due(self, now: datetime) -> bool:
        """True at most once in a while, and then it is the caller's turn."""
        if now < self._next:
            return False
        self._next = now + self._every
        return True
