"""Results that were kept: who asks the same of the same program, over the same body, is given what came out before.

Only of programs of which the sandbox says that they repeat, only for requests without a body (those with one are seldom
alike, and hold what people typed), and only whole results: a failure may be the machine's.
"""

from collections import OrderedDict

import attrs

from pegboard import Argument, Ending, Outcome

Key = tuple[str, bytes, bytes, bytes]
"""The endpoint with its revision, then body, request and user as the program sees them."""

OVERHEAD = 1000
"""Bytes of an entry besides what is in it."""


def key_of(endpoint: str, body: Argument, asked: Argument, user: Argument) -> Key:
    return endpoint, body.json, asked.json, user.json


class Results:
    """What this process keeps, newest use last, up to a number of bytes; bodies that entries share count for each."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._kept: OrderedDict[Key, Outcome] = OrderedDict()
        self._size = 0

    def get(self, key: Key) -> Outcome | None:
        """What came out before; it took no time now."""
        outcome = self._kept.get(key)
        if outcome is not None:
            self._kept.move_to_end(key)
        return outcome

    def keep(self, key: Key, outcome: Outcome) -> None:
        """Keep a result that is not longer than an eighth of all that may be kept."""
        size = _size(key, outcome)
        if outcome.ending is not Ending.RESULT or size > self._capacity // 8:
            return
        before = self._kept.pop(key, None)
        self._size += size - (_size(key, before) if before else 0)
        self._kept[key] = attrs.evolve(outcome, queue=0.0, start=0.0, wall=0.0, cpu=0.0)
        while self._size > self._capacity:
            self._size -= _size(*self._kept.popitem(last=False))


def _size(key: Key, outcome: Outcome) -> int:
    of_key = len(key[1]) + len(key[2]) + len(key[3])
    return OVERHEAD + of_key + len(outcome.result) + len(outcome.stdout.data) + len(outcome.stderr.data)
