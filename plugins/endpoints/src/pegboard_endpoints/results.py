"""Results that were kept: who asks the same of the same program, over the same body, is given what came out before.

Only of programs of which the sandbox says that they repeat, only for requests without a body (those with one are seldom
alike, and hold what people typed), and only whole results: a failure may be the machine's.
"""

import attrs

from pegboard import Argument, Ending, Outcome

from .kept import Kept

Key = tuple[str, bytes, bytes, bytes]
"""The endpoint with its revision, then body, request and user as the program sees them."""

OVERHEAD = 1000
"""Bytes of an entry besides what is in it."""


def key_of(endpoint: str, body: Argument, asked: Argument, user: Argument) -> Key:
    return endpoint, body.json, asked.json, user.json


class Results:
    """What this process keeps, up to a number of bytes; bodies that entries share count for each."""

    def __init__(self, capacity: int) -> None:
        self._longest = capacity // 8
        self._kept: Kept[Key, Outcome] = Kept(capacity)

    def get(self, key: Key) -> Outcome | None:
        """What came out before; it took no time now."""
        return self._kept.get(key)

    def keep(self, key: Key, outcome: Outcome) -> None:
        """Keep a result that is not longer than an eighth of all that may be kept."""
        size = _size(key, outcome)
        if outcome.ending is Ending.RESULT and size <= self._longest:
            self._kept.put(key, attrs.evolve(outcome, queue=0.0, start=0.0, wall=0.0, cpu=0.0), size)


def _size(key: Key, outcome: Outcome) -> int:
    _, *parts = key
    return OVERHEAD + sum(map(len, (*parts, outcome.result, outcome.stdout.data, outcome.stderr.data)))
