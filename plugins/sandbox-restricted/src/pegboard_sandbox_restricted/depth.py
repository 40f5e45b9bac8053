"""Counting a program's own frames, exactly and nearly for free."""

import sys
from itertools import count, repeat
from types import FrameType
from typing import Any

PROGRAM = "<program>"
"""The file name that programs are compiled with; their frames are known by it."""

DEEPEST = 500
"""The highest limit that can be held: beyond it C code between the frames could exhaust the stack."""

COMPREHENSIONS = frozenset({"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"})
OPTIMIZED = 0x1


def is_counted(frame: FrameType) -> bool:
    """Whether `frame` is a function's, lambda's or generator's of the program.

    Comprehensions are left out, as Python 3.12 gives most of them no frame, and bodies of modules and classes.
    """
    code = frame.f_code
    return code.co_filename == PROGRAM and code.co_flags & OPTIMIZED != 0 and code.co_name not in COMPREHENSIONS


class Depth:
    """Holds a program to `limit` frames of its own.

    Each function begins with ``_tick_() < 0 or _recount_()``. A tick is one call of a C function that counts up from
    minus the number of entries that are still safe: the stack grows by one frame with each entry, so that it is
    walked only when the limit could have been reached, mostly every hundredth call. The count is right whatever
    returned, raised or was abandoned in between, since nothing need be undone.

    A generator that is resumed grows the stack with no entry. A program with a ``yield`` therefore walks the stack at
    each entry and each resumption (`exact`).

    Once the limit is exceeded it stays so: a program that catches the error cannot go on calling.
    """

    def __init__(self, limit: int, namespace: dict[str, Any], exact: bool) -> None:
        self.limit = limit
        self.exceeded = False
        self._namespace = namespace
        self._exact = exact
        namespace["_recount_"] = self.recount
        namespace["_resumed_"] = self.resumed
        self._allow(limit)

    def _allow(self, entries: int) -> None:
        self._namespace["_tick_"] = repeat(0).__next__ if self._exact else count(-entries).__next__

    def recount(self) -> bool:
        """Walk the stack; True, or RecursionError over the limit."""
        depth = 0
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            depth += is_counted(frame)
            frame = frame.f_back
        if depth > self.limit or self.exceeded:
            self.exceeded = True
            raise RecursionError(f"more than {self.limit} calls within calls")
        self._allow(self.limit - depth)
        return True

    def resumed(self, value: Any) -> Any:
        """`value`, which a ``yield`` gave, once the resumed generator has been counted."""
        self.recount()
        return value
