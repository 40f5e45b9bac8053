"""What this process and those below it hold, to be compared before and after many calls."""

import ctypes
import gc
import os
from pathlib import Path

import attrs

from pegboard.testing.census import Census, children

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
        give_back_free_memory()
        return cls(
            Census.take(),
            len(os.listdir("/proc/self/task")),
            len(gc.get_objects()),
            resident(os.getpid()),
            {zygote: resident(zygote) for zygote in zygotes()},
            frozenset(map(str, Path("/sys/fs/cgroup").rglob(f"pegboard-{os.getpid()}-*"))),
        )


def give_back_free_memory() -> None:
    """What the C library keeps of megabytes that were used for a moment is no leak; only glibc can let go of it."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)


def resident(pid: int) -> int:
    """Bytes of memory that are there, shared ones too; whoever's process it is. 0 where it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
    except OSError:
        return 0


def zygotes() -> list[int]:
    """The children of our children: a jail's launcher has one."""
    return [zygote for launcher in children(os.getpid()) for zygote in children(launcher)]
