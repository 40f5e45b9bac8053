"""What this process and those below it hold, to be compared before and after many calls."""

import gc
import os
from pathlib import Path

import attrs

from pegboard.testing.census import Census

MEGABYTE = 1 << 20


@attrs.frozen
class Level:
    """Counts, and bytes of memory: of this process, and of the processes that the jails fork from."""

    census: Census
    threads: int
    objects: int
    memory: int
    zygotes: dict[int, int]
    cgroups: frozenset[str]

    @classmethod
    def take(cls) -> "Level":
        gc.collect()
        return cls(
            Census.take(),
            len(os.listdir("/proc/self/task")),
            len(gc.get_objects()),
            resident(os.getpid()),
            {zygote: resident(zygote) for child in children(os.getpid()) for zygote in children(child)},
            frozenset(map(str, Path("/sys/fs/cgroup").rglob(f"pegboard-{os.getpid()}-*"))),
        )


def resident(pid: int) -> int:
    """Bytes of memory that are there, shared ones too; whoever's process it is. 0 where it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
    except OSError:
        return 0


def children(pid: int) -> list[int]:
    try:
        threads = os.listdir(f"/proc/{pid}/task")
        return [int(child) for thread in threads for child in _read(f"/proc/{pid}/task/{thread}/children").split()]
    except OSError:
        return []


def _read(path: str) -> str:
    return Path(path).read_text()
