"""Level 5: a cgroup v2 of the zygote's own, which caps memory and processes of everything in it."""

import contextlib
import errno
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

from .launch import StartFailed

ROOT = Path("/sys/fs/cgroup")
NEEDED = ("memory", "pids")
_numbers = itertools.count()


def own_group(root: Path = ROOT, membership: Path = Path("/proc/self/cgroup")) -> Path:
    """The cgroup v2 directory of this process. Raises `StartFailed`."""
    lines = membership.read_text().splitlines()
    path = next((line[3:] for line in lines if line.startswith("0::")), None)
    if path is None or not (root / "cgroup.controllers").exists():
        fix = "boot the machine with systemd.unified_cgroup_hierarchy=1; level 4 needs no cgroup"
        raise StartFailed("cgroup", f"{root} is not a cgroup v2 hierarchy", fix)
    return root / path.lstrip("/")


def require_delegated(group: Path) -> None:
    """`group` may have groups of ours below it that limit memory and processes. Raises `StartFailed`."""
    try:
        enabled = (group / "cgroup.subtree_control").read_text().split()
        missing = [controller for controller in NEEDED if controller not in enabled]
        if missing:
            (group / "cgroup.subtree_control").write_text(" ".join(f"+{name}" for name in missing))
    except OSError as error:
        if error.errno == errno.EBUSY:  # cgroups(7): what has processes is not divided
            raise StartFailed("cgroup", f"{group} holds processes, the server among them") from error
        raise StartFailed(
            "cgroup", f"{group} is not delegated with {' and '.join(NEEDED)}: {error.strerror}"
        ) from error


def parent_group(setting: str) -> Path:
    """Where groups of ours are made: what the operator says, else the server's own. Raises `StartFailed`."""
    return Path(setting) if setting else own_group()


@contextlib.contextmanager
def group_for_zygote(parent: Path, memory: int, processes: int) -> Iterator[Path]:
    """A fresh group below `parent`; at the end everything in it is killed and it is removed."""
    require_delegated(parent)
    group = parent / f"pegboard-{os.getpid()}-{next(_numbers)}"
    try:
        group.mkdir()
        (group / "memory.max").write_text(str(memory))
        (group / "pids.max").write_text(str(processes))
    except OSError as error:
        raise StartFailed("cgroup", str(error)) from error
    try:
        yield group
    finally:
        with contextlib.suppress(OSError):  # already empty, or a kernel before 5.14 where PID 1's death has emptied it
            (group / "cgroup.kill").write_text("1")
        with contextlib.suppress(
            OSError
        ):  # still emptying: an empty group costs nothing and the next start is not hindered
            group.rmdir()
