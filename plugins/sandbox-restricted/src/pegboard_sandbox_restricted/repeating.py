"""Which programs give the same for the same: those in whose reach is neither a clock nor chance.

Told by words, as the server parses no program. A clock is a member of `time` or one of a few methods of dates; a
program without these words could spell them only through ``getattr``. What remains, such as the order of a set, the
language leaves open: whatever came out once is as good as what would come out now.
"""

import re

from pegboard import Program

CHANGING = re.compile(r"\b(time|now|today|utcnow|getattr|kde_random)\b")


def repeats(program: Program) -> bool:
    """Whether equal arguments will always do for an equal result; False where the words do not tell.

    Beyond ASCII an identifier can be written in several ways (PEP 3131).
    """
    return program.source.isascii() and not CHANGING.search(program.source)
