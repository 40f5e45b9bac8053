"""Process trees, as /proc tells them."""

import os

PAGE = os.sysconf("SC_PAGE_SIZE")


def descendants(root: int) -> set[int]:
    """Everything below a process, whatever group or session it is in."""
    found: set[int] = set()
    waiting = [root]
    while waiting:
        below = children(waiting.pop()) - found
        found |= below
        waiting += below
    return found


def children(pid: int) -> set[int]:
    """Those of all threads; empty for a process that has ended meanwhile."""
    found: set[int] = set()
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return found
    for thread in threads:
        try:
            with open(f"/proc/{pid}/task/{thread}/children") as file:
                found.update(int(child) for child in file.read().split())
        except OSError:
            continue
    return found


def resident(pids: set[int]) -> int:
    """Bytes in memory, of all together; what processes share counts for each of them."""
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/statm") as file:
                total += int(file.read().split()[1]) * PAGE
        except (OSError, IndexError):
            continue
    return total
