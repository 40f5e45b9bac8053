"""The supervisor of one attempt: it starts the script, watches its limits, and leaves nothing of it behind.

It is the subreaper of all that the script starts (prctl(2), PR_SET_CHILD_SUBREAPER): a process that leaves its group
and its session, or whose parents have ended, becomes a child of the supervisor and cannot get away.
"""

import ctypes
import json
import os
import resource
import select
import signal
import time

from .trees import descendants, resident

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
TICK = 0.1  # seconds between two looks at what the tree uses, where that is limited
NOT_FOUND, NOT_EXECUTABLE = 127, 126  # as shells tell it
libc = ctypes.CDLL(None, use_errno=True)


def supervise(request: dict, descriptors: list[int]) -> None:  # type: ignore[type-arg]
    """Run one attempt to its end, and write how it ended."""
    streams, told, line = descriptors[:3], descriptors[3], descriptors[4]
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    waking, woken = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    child = os.fork()
    if child == 0:
        start(request, streams)
    for descriptor in streams:
        os.close(descriptor)
    watch = Watch(child, request["limits"])
    watch.run(waking, line)
    os.write(told, json.dumps(watch.report()).encode() + b"\n")


def start(request: dict, streams: list[int]) -> None:  # type: ignore[type-arg]
    """Become the script. Never returns."""
    try:
        signal.set_wakeup_fd(-1)
        for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_DFL)
        os.setsid()
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        limit(request["limits"])
        for number, descriptor in enumerate(streams):
            os.dup2(descriptor, number)
        os.closerange(3, 65536)
        os.chdir(request["workdir"])
        os.umask(0o077)
        os.execve(request["argv"][0], request["argv"], request["environment"])
    except FileNotFoundError as error:
        give_up(f"{error.filename}: there is no such program", NOT_FOUND)
    except OSError as error:
        give_up(f"{error.filename}: {error.strerror}", NOT_EXECUTABLE)
    finally:
        os._exit(1)


def give_up(reason: str, code: int) -> None:
    os.write(2, f"{reason}\n".encode(errors="replace"))
    os._exit(code)


def limit(limits: dict) -> None:  # type: ignore[type-arg]
    """What the system limits by itself, process by process; the tree as a whole is watched besides."""
    for kind, value in (
        (resource.RLIMIT_CPU, limits["cpu"] and max(1, round(limits["cpu"]))),
        (resource.RLIMIT_DATA, limits["memory"]),  # of what is written to: an address space may be reserved freely
        (resource.RLIMIT_FSIZE, limits["file_size"]),
    ):
        if value:
            resource.setrlimit(kind, (value, value + 1 if kind == resource.RLIMIT_CPU else value))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class Watch:
    """An attempt under way, and why it ended."""

    def __init__(self, child: int, limits: dict) -> None:  # type: ignore[type-arg]
        self.child = child
        self.limits = limits
        self.status: int | None = None
        self.cancelled = False
        self.hit = ""
        self.peak = 0
        self.kill_at: float | None = None
        self.end_at = time.monotonic() + limits["wall"]

    def run(self, waking: int, line: int) -> None:
        """Until the script has ended; then whatever it left is ended too."""
        poll = select.poll()
        poll.register(waking, select.POLLIN)
        poll.register(line, select.POLLIN)
        while not self.reaped():
            for descriptor, _ in poll.poll(self.patience() * 1000):
                if descriptor == line:
                    self.asked(line, poll)
                else:
                    drain(waking)
            self.look()
        end_all()

    def asked(self, line: int, poll: select.poll) -> None:
        """The runner wants an end; when it has gone itself, there is nobody left to wait for."""
        word = os.read(line, 1)
        if word == b"c" and not self.hit:
            self.cancelled = True
            self.terminate()
        elif not word:
            poll.unregister(line)
            self.kill()

    def look(self) -> None:
        now = time.monotonic()
        if self.kill_at is not None:
            if now >= self.kill_at:
                self.kill()
            return
        if now >= self.end_at:
            self.exceed("wall")
        elif self.limits["memory"] or self.limits["processes"]:
            self.weigh()

    def weigh(self) -> None:
        family = descendants(os.getpid())
        used = resident(family)
        self.peak = max(self.peak, used)
        if self.limits["memory"] and used > self.limits["memory"]:
            self.exceed("memory", at_once=True)
        elif self.limits["processes"] and len(family) > self.limits["processes"]:
            self.exceed("processes", at_once=True)

    def exceed(self, which: str, at_once: bool = False) -> None:
        self.hit = which
        if at_once:
            self.kill()
        else:
            self.terminate()

    def terminate(self) -> None:
        """Ask everything to end, and set the time when it is not asked any more."""
        if self.kill_at is None:
            self.kill_at = time.monotonic() + self.limits["grace"]
            send(signal.SIGTERM, descendants(os.getpid()))

    def kill(self) -> None:
        self.kill_at = time.monotonic() + TICK
        send(signal.SIGKILL, descendants(os.getpid()))

    def patience(self) -> float:
        """Seconds until there is something to look at."""
        now = time.monotonic()
        if self.kill_at is not None:
            return max(0.0, self.kill_at - now)
        left = max(0.0, self.end_at - now)
        return min(left, TICK) if self.limits["memory"] or self.limits["processes"] else left

    def reaped(self) -> bool:
        """Take in what has ended: the script, and orphans of its own that came here."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return True
            if pid == self.child:
                self.status = status
                return True
            if pid == 0:
                return False

    def report(self) -> dict:  # type: ignore[type-arg]
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        status = self.status if self.status is not None else 0
        number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
        by_system = {signal.SIGXCPU: "cpu", signal.SIGXFSZ: "file_size"}.get(number, "") if number else ""
        return {
            "code": os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
            "signal": number,
            "limit": self.hit or by_system,
            "cancelled": self.cancelled,
            "cpu": used.ru_utime + used.ru_stime,
            "memory": max(self.peak, used.ru_maxrss * 1024),
        }


def drain(descriptor: int) -> None:
    try:
        os.read(descriptor, 4096)
    except BlockingIOError:
        return


def send(number: int, family: set[int]) -> None:
    for pid in family:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def end_all() -> None:
    """Kill until there is no child: while one is killed it may start others, which then come here."""
    while True:
        send(signal.SIGKILL, descendants(os.getpid()))
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return
