"""What ends a call from outside: another thread, by the word of the server."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time


class Process:
    """The interpreter's process, to be killed as long as it is that one."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._descriptor = _descriptor_of(pid)

    def kill(self) -> None:
        try:
            if self._descriptor is not None:
                signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)
            else:
                os.kill(self._pid, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
        except ProcessLookupError:
            return  # it ended by itself in the meantime

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)


def _descriptor_of(pid: int) -> int | None:
    """Where the system has descriptors of processes; None otherwise, and for one that has ended."""
    if sys.platform != "linux":
        return None
    try:
        return os.pidfd_open(pid)
    except OSError:
        return None


class Leash:
    """One call at a time is on it, under a number; it is never pulled for another one."""

    def __init__(self) -> None:
        self.reason = ""
        self._lock = threading.Lock()
        self._number: int | None = None
        self._process: Process | None = None
        self._pulled = threading.Event()
        self._until = 0.0

    def begin(self, number: int, seconds: float) -> None:
        with self._lock:
            self.reason, self._number, self._until = "", number, time.monotonic() + seconds
            self._pulled.clear()

    def attach(self, process: Process, seconds: float) -> None:
        """The program starts now and may run for so long."""
        with self._lock:
            self._process, self._until = process, time.monotonic() + seconds
            if self._pulled.is_set():
                process.kill()

    def detach(self) -> None:
        with self._lock:
            if self._process is not None:
                self._process.close()
            self._process = None

    def end(self) -> None:
        with self._lock:
            self._number = None

    def wait(self, seconds: float) -> None:
        """Sleep as the program wants to; being pulled ends it."""
        self._pulled.wait(min(seconds, threading.TIMEOUT_MAX))

    @property
    def pulled(self) -> bool:
        return self._pulled.is_set()

    def expire(self, number: int) -> None:
        """The server's clock says that the call's time is over. It began to count before the program started."""
        with self._lock:
            rest = self._until - time.monotonic() if number == self._number else 0.0
        if rest > 0:
            timer = threading.Timer(rest, self.pull, (number, "wall"))
            timer.daemon = True
            timer.start()
        else:
            self.pull(number, "wall")

    def pull(self, number: int | None, reason: str) -> None:
        """End the call of this number, or whichever is under way."""
        with self._lock:
            if self._number is None or number not in (None, self._number):
                return
            self.reason = self.reason or reason
            self._pulled.set()
            if self._process is not None:
                self._process.kill()
