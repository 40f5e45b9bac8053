"""Memory of processes, as Linux tells it (``/proc/<pid>/smaps_rollup``)."""

import re
from collections.abc import Iterator
from pathlib import Path

import attrs

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
    return {child for child in _descendants(pid) if not _children(child)}


def _descendants(pid: int) -> Iterator[int]:
    for child in _children(pid):
        yield child
        yield from _descendants(child)


def _children(pid: int) -> list[int]:
    try:
        threads = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except (FileNotFoundError, ProcessLookupError):  # it went while it was looked at
        return []
    return [int(child) for line in threads for child in line.split()]
