"""How long processes stay."""

import attrs


@attrs.frozen
class Warmth:
    """How long a worker stays: for so many `calls`, `seconds` since its birth, bytes of `memory` at its peak.

    `most` is how many there are in all, busy or idle; whoever was used longest ago goes first.
    """

    most: int = 32
    calls: int = 10_000
    seconds: float = 600.0
    memory: int = 128 * 1024 * 1024
