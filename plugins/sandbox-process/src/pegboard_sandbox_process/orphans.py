"""Processes that a program left behind. Standard library only.

With namespaces the kernel kills them with PID 1. Without, the launcher and the zygote adopt them (they are
subreapers) and kill them here.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Container

CHILDREN = "/proc/self/task/{}/children"


def kill_all(keep: Container[int]) -> None:
    """Kill every child but those in `keep`, and again whatever becomes a child by that."""
    while True:
        strangers = [pid for pid in _children() if pid not in keep]
        if not strangers:
            return
        for pid in strangers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _children() -> list[int]:
    try:
        with open(CHILDREN.format(os.getpid())) as file:
            return [int(pid) for pid in file.read().split()]
    except OSError:
        return []  # behind a private root or Landlock nothing can be left: forking is refused
