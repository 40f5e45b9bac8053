"""The first process of a jail: shuts itself in, forks the zygote (PID 1 of its namespace) and waits for it.

Run as a script, ``python -I -S -B launcher.py``, with one end of the control socket as descriptor 0 and nothing
else; the first message is the configuration. Standard library only.
"""

from __future__ import annotations

import _socket
import json
import os
import sys
from array import array

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

MESSAGE = 1 << 20

BEHIND = 2
"""The nice value of everything here: where cores are few, programs must not push the server aside that feeds them. A
cached endpoint answers a tenth more requests by it; at 5 programs wait too long themselves."""


def adopt_package(name: str, path: str) -> None:
    """Let modules of a package be imported without its ``__init__``, which is the server's."""
    package = type(sys)(name)
    package.__path__ = [path]
    sys.modules[name] = package


def main() -> NoReturn:
    adopt_package("pegboard_sandbox_process", os.path.dirname(os.path.abspath(__file__)))
    from pegboard_sandbox_process import isolation, zygote

    control = _socket.socket(fileno=os.dup(0))
    config: dict[str, Any] = json.loads(control.recv(MESSAGE))
    for name, path in config["packages"].items():
        adopt_package(name, path)
    root = os.geteuid() == 0
    isolation.leave_terminal()
    stand_behind()
    try:
        if config["cgroup"]:
            with isolation.step("cgroup"):
                join_cgroup(config["cgroup"])
        if "namespaces" in config["layers"]:
            isolation.enter_namespaces()
        else:
            isolation.adopt_orphans()
        pid = os.fork()
    except isolation.StepFailed as failed:
        control.send(json.dumps({"failed": failed.step, "why": failed.why}).encode())
        os._exit(1)
    if pid == 0:
        zygote.main(control, config, root=root)
    wait_for(control, pid, root=root, namespaced="namespaces" in config["layers"])


def stand_behind() -> None:
    """For this process and all that it forks: the server comes first, and no program that wakes up interrupts it."""
    os.nice(BEHIND)
    if os.sched_getscheduler(0) == os.SCHED_OTHER:  # an operator may have chosen an even humbler class
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def join_cgroup(path: str) -> None:
    with open(os.path.join(path, "cgroup.procs"), "w") as file:
        file.write(str(os.getpid()))


def wait_for(control: _socket.socket, pid: int, *, root: bool, namespaced: bool) -> NoReturn:
    """Hand the server a descriptor to kill the zygote by, and end when it and all that it left has ended."""
    from pegboard_sandbox_process import isolation, orphans

    pidfd = os.pidfd_open(pid)
    descriptor = (_socket.SOL_SOCKET, _socket.SCM_RIGHTS, array("i", [pidfd]))
    control.sendmsg([json.dumps({"zygote": pid}).encode()], [descriptor])
    control.close()
    os.close(0)
    os.close(pidfd)
    if namespaced:  # as the same user, or its death could not signal the zygote; else it needs the right to kill
        isolation.leave_privileges(root=root, namespaced=True)
    os.waitpid(pid, 0)
    orphans.kill_all(keep=())
    os._exit(0)


if __name__ == "__main__":
    main()
