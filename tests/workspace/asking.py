"""`pegboard` as the shell of a page finds it: asks `pegboard.testing.forking` for a process, and is what it would be.

Run as a file, with the number of the door's descriptor before the arguments. It imports little, to start quickly.
"""

import json
import os
import signal
import socket
import sys
from contextlib import suppress
from types import FrameType


def main(door: str, *arguments: str) -> int:
    """Have it run with this process's streams, folder, environment and umask; the answer is its exit code."""
    here, there = os.pipe()
    umask = os.umask(0)
    told = {"arguments": arguments, "cwd": os.getcwd(), "environ": dict(os.environ), "umask": umask}
    socket.send_fds(socket.socket(fileno=int(door)), [json.dumps(told).encode() + b"\n"], [0, 1, 2, there])
    os.close(there)
    with open(here) as status:
        _pass_on_signals(int(status.readline()))
        code = int(status.readline())
    return code if code >= 0 else 128 - code


def _pass_on_signals(pid: int) -> None:
    def pass_on(number: int, frame: FrameType | None) -> None:
        with suppress(ProcessLookupError):  # it has just ended
            os.kill(pid, number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, pass_on)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
