"""Looks at the database that need not be: whoever looked last found nothing, and nothing has happened since."""

import math
import time
from datetime import datetime

from .changes import Changes


class Quiet:
    """For one who looks every so often for what other processes left, or for what falls due.

    Over SQLite a look that is left out costs some microseconds instead of two milliseconds. Over PostgreSQL nobody can
    tell, and it is never quiet.
    """

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._version: int | None = None
        self._looked: int | None = None
        self._until = -math.inf

    def lasts(self) -> bool:
        """Whether a look would find nothing. Where not, look, and tell by `begin` if there was nothing to find."""
        version = self._changes.version()
        if version is not None and version == self._version and time.time() < self._until:
            return True
        # what is committed during the look is news afterwards
        self._version, self._looked = None, version
        return False

    @property
    def tells(self) -> bool:
        """Whether it is worth asking when the next thing falls due; over PostgreSQL it is not."""
        return self._looked is not None

    def begin(self, due: datetime | None = None) -> None:
        """The look found nothing, and will find nothing before `due` unless somebody commits something."""
        self._version = self._looked
        self._until = math.inf if due is None else due.timestamp()
