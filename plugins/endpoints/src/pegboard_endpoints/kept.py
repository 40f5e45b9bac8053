"""What a process keeps in memory, up to a number of bytes."""

from collections import OrderedDict
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Kept(Generic[K, V]):
    """Values by key, newest use last: where they are more than `capacity` bytes together, the oldest use goes first."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._values: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._size = 0

    def get(self, key: K) -> V | None:
        """The value, which is used with that."""
        found = self._values.get(key)
        if found is None:
            return None
        self._values.move_to_end(key)
        return found[0]

    def put(self, key: K, value: V, size: int) -> None:
        """Keep a value of so many bytes in place of the one before, unless it is too long by itself."""
        self.forget(key)
        if size > self._capacity:
            return
        self._values[key] = value, size
        self._size += size
        while self._size > self._capacity:
            self._size -= self._values.popitem(last=False)[1][1]

    def forget(self, key: K) -> None:
        gone = self._values.pop(key, None)
        if gone is not None:
            self._size -= gone[1]
