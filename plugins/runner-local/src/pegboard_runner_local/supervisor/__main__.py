"""The launcher: a small process that forks a supervisor for each attempt, so that nothing waits for an interpreter.

It is started with the runner and reads requests from standard input, a socket: one JSON document each, with the
descriptors of the attempt beside it. When the socket ends it ends too. It has the standard library and nothing else.
"""

import array
import json
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

LARGEST = 1024 * 1024
DESCRIPTORS = 5  # standard input, output and error, what is told, and the line to the runner


def bare_package() -> None:
    """Let modules of this package be imported without its ``__init__``, which is the server's."""
    package = ModuleType("pegboard_runner_local")
    package.__path__ = [str(Path(__file__).parent.parent)]
    sys.modules[package.__name__] = package


def main() -> None:
    from pegboard_runner_local.supervisor.supervising import supervise

    requests = socket.socket(fileno=os.dup(0))
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group: the runner says when to end
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for supervisors: what they have to say, they write
    while True:
        request, descriptors = receive(requests)
        if not request:
            return
        if os.fork() == 0:
            requests.close()
            end_with(supervise, request, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def end_with(supervise: Callable[[dict[str, Any], list[int]], None], request: bytes, descriptors: list[int]) -> None:
    """A fork must never come back into the loop, whatever happens to it."""
    try:
        supervise(json.loads(request), descriptors)
    except BaseException as error:
        sys.stderr.write(f"supervisor: {type(error).__name__}: {error}\n")
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


def receive(requests: socket.socket) -> tuple[bytes, list[int]]:
    """A request and its descriptors; nothing when the runner has gone."""
    descriptors = array.array("i")
    space = socket.CMSG_SPACE(DESCRIPTORS * descriptors.itemsize)
    data, further, _, _ = requests.recvmsg(LARGEST, space, socket.MSG_CMSG_CLOEXEC)
    for level, kind, content in further:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            descriptors.frombytes(content[: len(content) - len(content) % descriptors.itemsize])
    return data, list(descriptors)


bare_package()
main()
