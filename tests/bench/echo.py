"""What this machine does to short waits: bytes sent to a process and back, with as much work as a call of a kept one.

Run as a program it is that process.
"""

import os
import subprocess
import sys
import time

WORK = 150e-6
"""Seconds of work on each side."""
SENT = b"x" * 2000


def spread(runs: int) -> float:
    """p99 / p50 of so many times there and back."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, __file__], bufsize=0, **pipes) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        there, back = other.stdin.fileno(), other.stdout.fileno()
        times = sorted(_once(there, back) for _ in range(runs))
        other.stdin.close()
    return times[int(runs * 0.99)] / times[runs // 2]


def _once(there: int, back: int) -> float:
    started = time.perf_counter()
    os.write(there, SENT)
    os.read(back, len(SENT))
    _work()
    return time.perf_counter() - started


def _work() -> None:
    until = time.perf_counter() + WORK
    while time.perf_counter() < until:
        pass


if __name__ == "__main__":
    while data := os.read(0, len(SENT)):
        _work()
        os.write(1, data)
