"""The interpreter: a process of pydantic-monty's for one tenant at a time, with a fresh session for each call."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from pydantic_monty import NOT_HANDLED, Monty, MontyCrashedError, MontySession, OSPolicy, ResourceLimits

from pegboard_sandbox_monty import wire
from pegboard_sandbox_monty.supervisor.checking import Refused, checked
from pegboard_sandbox_monty.supervisor.job import Job
from pegboard_sandbox_monty.supervisor.leash import Leash, Process
from pegboard_sandbox_monty.supervisor.program import Source
from pegboard_sandbox_monty.supervisor.violations import Violation

KEPT = 64
"""Checked programs that are remembered, of the present tenant."""

SUSPENSIONS = 2**31 - 1
"""Names looked up and sleeps: bounded by the time that they take."""

Verdict = Source | list[Violation]


class Interpreter:
    """Runs for one tenant until another one's call comes: then its process ends and a new one begins."""

    def __init__(self, leash: Leash, binary: str | None, calls: int) -> None:
        self._leash = leash
        self._settings: dict[str, Any] = {"binary_path": binary, "max_checkouts_per_worker": calls}
        self._tenant: str | None = None
        self._pool: Monty | None = None
        self._verdicts: dict[tuple[object, ...], Verdict] = {}

    def start(self) -> None:
        """Have a process, of no tenant yet. Raises what keeps it from starting."""
        pool = Monty(max_processes=1, feed_duration_limit_grace=wire.GRACE, **self._settings)
        self._pool = pool.__enter__()
        with self._pool.checkout() as session:
            session.feed_run("None")

    def serve(self, tenant: str) -> None:
        """Have a process that has served no other tenant."""
        if self._tenant not in (None, tenant) or self._pool is None:
            self.close()
            self.start()
        self._tenant = tenant

    def close(self) -> None:
        pool, self._pool = self._pool, None
        self._verdicts.clear()
        if pool is not None:
            pool.__exit__(None, None, None)

    def checked(self, job: Job) -> Source:
        """The program to feed, checked once per source. Raises `Refused`, and what a session raises."""
        key = (job.source, job.entry, job.limits["nesting"])
        verdict = self._verdicts.get(key)
        if verdict is None:
            verdict = self._verdict(job)
            if len(self._verdicts) >= KEPT:
                del self._verdicts[next(iter(self._verdicts))]
            self._verdicts[key] = verdict
        if isinstance(verdict, list):
            raise Refused(verdict)
        return verdict

    def _verdict(self, job: Job) -> Verdict:
        try:
            return checked(job.source, job.entry, job.limits["nesting"], lambda: self.session(job))
        except Refused as refused:
            return refused.violations

    @contextmanager
    def session(self, job: Job, frames: int = 0) -> Iterator[Session]:
        """A session under the job's limits. `frames` of ours are no frames of the program's."""
        limits: ResourceLimits = {
            "max_feed_duration_secs": job.seconds,
            "max_memory": job.limits["memory"],
            "max_recursion_depth": job.limits["recursion"] + frames,
            "max_suspensions": SUSPENSIONS,
        }
        with ExitStack() as stack:
            opened = self._opened(stack, limits)
            pid = opened.worker_pid
            assert pid is not None
            self._leash.attach(Process(pid), job.limits["wall"] + wire.GRACE)
            try:
                yield Session(opened, pid, self._leash)
            finally:
                self._leash.detach()

    def _opened(self, stack: ExitStack, limits: ResourceLimits) -> MontySession:
        """An idle process may have died; whoever finds that out is given another."""
        try:
            return stack.enter_context(self._checkout(limits))
        except MontyCrashedError:
            return stack.enter_context(self._checkout(limits))

    def _checkout(self, limits: ResourceLimits) -> MontySession:
        assert self._pool is not None
        policy: OSPolicy = {"sleep": "call_host"}
        return self._pool.checkout(limits=limits, os_policy=policy, assert_message_annotations=False)


class Session:
    """One session of pydantic-monty that can only compute: of all that it may ask its host, it is given sleep."""

    def __init__(self, opened: Any, pid: int, leash: Leash) -> None:
        self._opened = opened
        self._leash = leash
        self.pid = pid
        self.started = 0.0
        self.ended = 0.0

    def feed_run(self, code: str, *, print_callback: Any, inputs: dict[str, Any] | None = None) -> Any:
        self.started = time.monotonic()
        try:
            return self._opened.feed_run(code, inputs=inputs, print_callback=print_callback, os=self._answer)
        finally:
            self.ended = time.monotonic()

    def _answer(self, *, name: str, args: tuple[Any, ...], **more: Any) -> Any:
        if name not in ("time.sleep", "asyncio.sleep"):
            return NOT_HANDLED
        self._leash.wait(args[0])
        return None


def processor_seconds(pid: int) -> float:
    """What a process has used, by its clock (Linux, clock_getcpuclockid(3)); 0 where there is none."""
    if sys.platform != "linux":
        return 0.0
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0  # it has ended


def peak_memory(pid: int) -> int:
    """The most bytes that a process has had (Linux); 0 where nobody says so."""
    try:
        with open(f"/proc/{pid}/status") as status:
            return next((int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM")), 0)
    except OSError:
        return 0
