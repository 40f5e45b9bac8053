"""One output stream of a call: the head and the tail are kept."""

from __future__ import annotations

from collections.abc import Callable

SLACK = 64 * 1024


class Capture:
    """`forward` gets bytes as they come, up to the limit."""

    def __init__(self, limit: int, forward: Callable[[bytes], None] | None = None) -> None:
        self.total = 0
        self._limit = limit
        self._forward = forward
        self._head = bytearray()
        self._tail = bytearray()

    def write(self, text: str) -> None:
        data = text.encode("utf-8", "replace")
        room = self._limit - self.total
        if self._forward is not None and room > 0:
            self._forward(data[:room])
        self.total += len(data)
        room = max(self._limit - self._limit // 2 - len(self._head), 0)
        self._head += data[:room]
        self._tail += data[room:]
        if len(self._tail) > self._limit // 2 + SLACK:
            del self._tail[: len(self._tail) - self._limit // 2]

    @property
    def truncated(self) -> bool:
        return self.total > self._limit

    def kept(self) -> bytes:
        """All of it, or how much was cut between the head and the tail."""
        if not self.truncated:
            return bytes(self._head + self._tail)
        tail = self._tail[len(self._tail) - self._limit // 2 :]
        return b"%b\n[... %d bytes cut ...]\n%b" % (bytes(self._head), self.total - self._limit, bytes(tail))
