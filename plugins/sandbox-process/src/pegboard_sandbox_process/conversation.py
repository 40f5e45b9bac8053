"""What the server says to a process that stays, in `resident`'s format."""

import struct

from pegboard import Argument, Limits, Run

from .call import VIEWS

CALL = struct.Struct("<IBIIIIIId")
ARGUMENT = struct.Struct("<BI")
SAME = 0xFFFFFFFF
REMEMBERED = 256 * 1024
"""All as in `resident`, which is the jail's inside and not imported here."""

GO_ON = bytes(4)

COMPARED = 16 * 1024
"""Bytes up to which an argument is compared with the one before; above, only the very same object is the same."""


NOTHING: tuple[None, tuple[()], bytes] = (None, (), b"")

KNOWN = {view: ARGUMENT.pack(number, SAME) for view, number in VIEWS.items()}


class Conversation:
    """Makes the messages of one process: a program and arguments that it has already are not sent again."""

    def __init__(self) -> None:
        self._told = False
        self._given: list[bytes] = []
        self._limits: Limits | None = None
        self._arguments: tuple[Argument, ...] = ()
        self._message = b""

    def message(self, run: Run) -> bytes:
        """Where all of it is what it was before, as it is with a cached body, it is not made again."""
        if run.limits is self._limits and run.arguments == self._arguments:
            return self._message
        source, entry, parts = SAME, 0, []
        if not self._told:
            self._told = True
            parts = [run.program.source.encode("utf-8", "surrogatepass"), (run.program.entry or "").encode()]
            source, entry = len(parts[0]), len(parts[1])
        new = self._new(run, parts)
        body = b"".join(parts)
        message = _head(run, len(body), source, entry) + body
        repeats = source == SAME and not new
        self._limits, self._arguments, self._message = (run.limits, run.arguments, message) if repeats else NOTHING
        return message

    def _new(self, run: Run, parts: list[bytes]) -> int:
        """Add the arguments to `parts`; how many of them the process has not got."""
        given, new = self._given, 0
        for number, argument in enumerate(run.arguments):
            data = argument.json
            before = given[number] if number < len(given) else None
            # A long one must be the very same object.
            if (before is data and len(data) <= REMEMBERED) or (len(data) <= COMPARED and before == data):
                parts.append(KNOWN[argument.view])
                continue
            new += 1
            given[number : number + 1] = [data]
            parts += (ARGUMENT.pack(VIEWS[argument.view], len(data)), data)
        return new


def _head(run: Run, size: int, source: int, entry: int) -> bytes:
    limits = run.limits
    allowed = (limits.result, limits.recursion, limits.nesting, limits.source, limits.wall)
    return CALL.pack(CALL.size - 4 + size, len(run.arguments), source, entry, *allowed)
