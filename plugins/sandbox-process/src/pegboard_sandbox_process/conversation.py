"""What the server says to a process that stays, in `resident`'s format."""

import struct

from pegboard import Run

from .call import VIEWS

CALL = struct.Struct("<IBIIIIIId")
ARGUMENT = struct.Struct("<BI")
SAME = 0xFFFFFFFF
REMEMBERED = 256 * 1024
"""All as in `resident`, which is the jail's inside and not imported here."""

GO_ON = bytes(4)

COMPARED = 16 * 1024
"""Bytes up to which an argument is compared with the one before; above, only the very same object is the same."""


class Conversation:
    """Makes the messages of one process: a program and arguments that it has already are not sent again."""

    def __init__(self) -> None:
        self._told = False
        self._given: list[bytes] = []

    def message(self, run: Run) -> bytes:
        limits, parts = run.limits, [b""]
        source, entry = SAME, 0
        if not self._told:
            self._told = True
            parts += (run.program.source.encode("utf-8", "surrogatepass"), (run.program.entry or "").encode())
            source, entry = len(parts[1]), len(parts[2])
        for number, argument in enumerate(run.arguments):
            data = argument.json
            if self._knows(number, data):
                parts.append(ARGUMENT.pack(VIEWS[argument.view], SAME))
            else:
                parts += (ARGUMENT.pack(VIEWS[argument.view], len(data)), data)
        size = CALL.size - 4 + sum(map(len, parts))
        allowed = (limits.result, limits.recursion, limits.nesting, limits.source, limits.wall)
        parts[0] = CALL.pack(size, len(run.arguments), source, entry, *allowed)
        return b"".join(parts)

    def _knows(self, number: int, data: bytes) -> bool:
        """Whether `data` is what came last at this place; if not, it does now."""
        if number == len(self._given):
            self._given.append(data)
            return False
        before, self._given[number] = self._given[number], data
        return (before is data and len(data) <= REMEMBERED) or (len(data) <= COMPARED and before == data)
