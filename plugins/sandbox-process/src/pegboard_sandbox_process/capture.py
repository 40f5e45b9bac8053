"""One output stream of a call: everything is read, the head and the tail are kept."""

import fcntl
import os
from collections.abc import Callable

import structlog

from pegboard import Output

log = structlog.get_logger(__name__)

CHUNK = 64 * 1024
FAST = 1024 * 1024


class Capture:
    """Reads a pipe without blocking. `forward` gets bytes as they come, up to the limit."""

    def __init__(self, descriptor: int, limit: int, forward: Callable[[bytes], None] | None) -> None:
        self.descriptor = descriptor
        self._limit = limit
        self._forward = forward
        self._head = bytearray()
        self._tail = bytearray()
        self._total = 0

    def read(self) -> bool:
        """Take what is there, at most one chunk; False at the end of the stream."""
        try:
            data = os.read(self.descriptor, CHUNK if self._total <= self._limit else FAST)
        except BlockingIOError:
            return True
        if data:
            self._keep(data)
        return bool(data)

    def drain(self) -> None:
        """Take all that is there: what was written before now, even where somebody writes on without end."""
        before, last = self._total, -1
        while last != self._total < before + FAST:
            last = self._total
            self.read()

    def _keep(self, data: bytes) -> None:
        room = self._limit - self._total
        if room > 0:
            self._hand_over(data[:room])
        if room < len(data) and room >= 0:
            self._widen()
        self._total += len(data)
        half = self._limit - self._limit // 2
        room = max(half - len(self._head), 0)
        self._head += data[:room]
        self._tail += data[room:]
        if len(self._tail) > self._limit // 2 + FAST:
            del self._tail[: len(self._tail) - self._limit // 2]

    def _hand_over(self, data: bytes) -> None:
        """A sink that fails gets nothing more; its mistake must not keep the call from its end."""
        if self._forward is not None:
            try:
                self._forward(data)
            except Exception:
                log.exception("output sink failed")
                self._forward = None

    def _widen(self) -> None:
        """Past the limit all is dropped but the tail: fewer and larger reads spare the event loop."""
        try:
            fcntl.fcntl(self.descriptor, fcntl.F_SETPIPE_SZ, FAST)
        except PermissionError:
            return  # the user's share of pipe memory is used up; the pipe stays as it is

    def output(self) -> Output:
        cut = self._total - self._limit
        if cut <= 0:
            return Output(bytes(self._head + self._tail), False, self._total)
        tail = self._tail[len(self._tail) - self._limit // 2 :]
        return Output(b"%b\n[... %d bytes cut ...]\n%b" % (bytes(self._head), cut, bytes(tail)), True, self._total)
