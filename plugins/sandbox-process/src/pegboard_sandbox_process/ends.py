"""The descriptors that a process and the server share."""

import os
import socket


def open_ends() -> tuple[list[int], list[int]]:
    """Channel, stdout and stderr of a process: the server's ends, which do not block, and the process's own."""
    ours: list[int] = []
    theirs: list[int] = []
    try:
        for ends in (socket.socketpair, os.pipe, os.pipe):
            mine, other = ends()
            theirs.append(other if isinstance(other, int) else other.detach())
            ours.append(mine if isinstance(mine, int) else mine.detach())
            os.set_blocking(ours[-1], False)
    except OSError:
        for descriptor in (*ours, *theirs):
            os.close(descriptor)
        raise
    return ours, theirs
