"""Housekeeping that need not be done each time: whoever comes by now and then removes the rows that count no more."""

import math
import time


class Seldom:
    """Whether it is somebody's turn: at once, and then once in `every` seconds. Each process has turns of its own."""

    def __init__(self, every: float) -> None:
        self._every = every
        self._next = -math.inf

    def is_due(self) -> bool:
        """True for one caller, who has taken the turn with that."""
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + self._every
        return True
