"""Memory of processes, as Linux tells it (``/proc/<pid>/smaps_rollup``)."""

import re
from pathlib import Path

import attrs

from pegboard.testing.census import children, descendants

MEGABYTE = 1024 * 1024


@attrs.frozen
class Memory:
    """Bytes of one process: `pss` with its share of what it has in common with others, `private` without."""

    pss: int
    private: int


def memory(pid: int) -> Memory:
    """Raises OSError for a process that is gone or that may not be looked into."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    kilobytes = {name: int(value) for name, value in re.findall(r"^(\w+):\s+(\d+) kB", text, re.M)}
    return Memory(kilobytes["Pss"] * 1024, (kilobytes["Private_Clean"] + kilobytes["Private_Dirty"]) * 1024)


def leaves(pid: int) -> set[int]:
    """The descendants of a process that have no child themselves."""
    return {child for child in descendants(pid) if not children(child)}
