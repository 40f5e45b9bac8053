"""What this process holds: its descendants and its descriptors, counted before and after."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import attrs

PATIENCE = 3.0


@attrs.frozen
class Census:
    """Process ids of all descendants, those of them that are zombies, and the number of open descriptors."""

    processes: frozenset[int]
    zombies: frozenset[int]
    fds: int

    @classmethod
    def take(cls) -> "Census":
        """Raises LookupError on a machine without /proc."""
        if not Path("/proc/self/stat").exists():
            raise LookupError("processes are counted in /proc, which this machine does not have")
        family = _below(os.getpid())
        zombies = frozenset(pid for pid, state in family.items() if state == "Z")
        return cls(frozenset(family), zombies, len(os.listdir("/proc/self/fd")))

    async def back(self, settled: Callable[["Census"], bool], patience: float = PATIENCE) -> None:
        """Wait until a new census is settled. Raises AssertionError, with both, if it does not come to that."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience
        while not settled(now := Census.take()):
            if loop.time() > deadline:
                raise AssertionError(f"something was left behind: before {self.told()}; after {now.told()}")
            await asyncio.sleep(0.02)

    def told(self) -> str:
        shown = sorted(f"{pid} ({command_of(pid)})" for pid in self.processes)
        return f"{self.fds} descriptors, {len(self.zombies)} zombies, processes {', '.join(shown) or 'none'}"


def alive(pid: int) -> bool:
    """Whether a process runs, whoever's it is; a zombie does not."""
    return _parent(Path(f"/proc/{pid}"))[1] not in ("", "Z")


def children(pid: int) -> list[int]:
    """The processes that a process has started, zombies included; none where it has ended."""
    return [child for child, _ in _by_parent().get(pid, ())]


def descendants(pid: int | None = None) -> list[int]:
    """All processes below one, or below this one, zombies included."""
    return list(_below(pid or os.getpid()))


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:80].strip()
    except OSError:
        return "gone"


def _below(root: int) -> dict[int, str]:
    """Process id to state of everything below `root`."""
    started = _by_parent()
    found: dict[int, str] = {}
    waiting = [root]
    while waiting:
        for pid, state in started.get(waiting.pop(), ()):
            found[pid] = state
            waiting.append(pid)
    return found


def _by_parent() -> dict[int, list[tuple[int, str]]]:
    """Process id and state of what each process has started."""
    found: dict[int, list[tuple[int, str]]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            parent, state = _parent(folder)
            found.setdefault(parent, []).append((int(folder.name), state))
    return found


def _parent(folder: Path) -> tuple[int, str]:
    try:
        stat = (folder / "stat").read_text(errors="replace")
    except OSError:
        return -1, ""  # it ended while the folder was read
    state, parent = stat.rpartition(")")[2].split()[:2]
    return int(parent), state
