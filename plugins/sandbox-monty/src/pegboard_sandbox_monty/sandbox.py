"""The sandbox on the server's side. It never parses or runs a program: a supervisor's interpreter does."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Sequence
from typing import Any

import structlog

from pegboard import Capability, Ending, Failure, Isolation, Limits, Load, Outcome, Problem, Program, Run, Violation

from .call import Call
from .process import Lost, StartFailed
from .settings import MontySettings, refuse_unholdable
from .staff import Staff
from .turns import NoPlace, Turns

log = structlog.get_logger(__name__)


class Monty:
    """A `pegboard.Sandbox` whose programs pydantic-monty runs, in processes of their own. Made by `open_monty`."""

    isolation = Isolation.L1

    def __init__(self, settings: MontySettings) -> None:
        self._settings = settings
        self._turns = Turns(settings.workers, settings.queue)
        self._staff = Staff(settings)
        self._calls: set[asyncio.Task[Outcome]] = set()
        self._under_way = 0
        self._endings: Counter[Ending] = Counter()
        self._waited = 0.0

    @property
    def load(self) -> Load:
        running = self._turns.running
        return Load(
            places=self._settings.workers,
            running=running,
            waiting=max(self._under_way - running, self._turns.waiting),
            processes=self._staff.processes,
            ended={ending: self._endings[ending] for ending in Ending},
            waited=self._waited,
        )

    async def check(self, tenant: str, program: Program, limits: Limits) -> Sequence[Violation]:
        """All that is wrong with `program`, without running any of it.

        Raises `pegboard.Problem` as `run` does, and 503 when no worker was free in time or it was lost twice.
        """
        ended = await self._counted(self._check(Run(tenant, program, limits=limits)))
        words = ended.failure.message if ended.failure else ""
        if ended.ending is Ending.BUSY:
            raise Problem(503, "sandbox-busy", words, headers={"Retry-After": "1"})
        if ended.ending is Ending.LOST:
            raise Problem(503, "sandbox-lost", words, headers={"Retry-After": "1"})
        if ended.ending in (Ending.VIOLATION, Ending.RESULT):
            return ended.violations
        return [Violation("SIZE", "", 1, 1, f"The source cannot be compiled within its limits: {words}")]

    async def _check(self, run: Run) -> Outcome:
        ended = await self._call("check", run)
        return await self._call("check", run) if ended.ending is Ending.LOST else ended

    async def run(self, run: Run) -> Outcome:
        """Run a program once. Raises `pegboard.Problem` 422 for limits that cannot be held, and for what it lacks."""
        return await self._counted(self._call("run", run))

    async def _counted(self, call: Coroutine[Any, Any, Outcome]) -> Outcome:
        self._under_way += 1
        try:
            ended = await call
        finally:
            self._under_way -= 1
        self._endings[ended.ending] += 1
        self._waited += ended.queue
        return ended

    async def _call(self, kind: str, run: Run) -> Outcome:
        refuse_unholdable(run.limits, self._settings)
        _refuse_what_it_lacks(run)
        source = run.program.source.encode("utf-8", "surrogatepass")
        if len(source) > run.limits.source:
            return _too_long(len(source), run.limits.source)
        asked = time.monotonic()
        try:
            await self._turns.acquire(run.tenant, run.limits.queue)
        except NoPlace as error:
            return _failed(Ending.BUSY, str(error), time.monotonic() - asked)
        return await self._in_place(Call(kind, run, source, time.monotonic() - asked))

    async def _in_place(self, call: Call) -> Outcome:
        """The place is held until the call is over, even where the caller goes first."""
        task = asyncio.create_task(self._done(call))
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            call.leave()
            raise

    async def _done(self, call: Call) -> Outcome:
        try:
            supervisor = await self._staff.take(call.run.tenant)
            try:
                return await call.by(supervisor)
            finally:
                self._staff.give(supervisor)
        except Lost as lost:
            if lost.late:
                return call.late()
            return _failed(Ending.LOST, str(lost), call.queue)
        except (StartFailed, OSError) as error:
            log.error("sandbox lost", sandbox="monty", reason=str(error))
            return _failed(Ending.LOST, f"The sandbox cannot start a process: {error}", call.queue)
        finally:
            self._turns.release()

    async def open(self) -> None:
        """Start the first supervisor. Raises `StartFailed`."""
        await self._staff.open()

    async def aclose(self) -> None:
        """End what runs; returns when no process is left. Whoever still waits for a place is told `Ending.LOST`."""
        await self._staff.aclose()
        if self._calls:
            await asyncio.wait(self._calls)


def _too_long(size: int, allowed: int) -> Outcome:
    found = Violation("SIZE", "", 1, 1, f"The source has {size} bytes; {allowed} are allowed", "shorten it")
    return Outcome(Ending.VIOLATION, Isolation.L1, violations=(found,))


def _failed(ending: Ending, message: str, queue: float) -> Outcome:
    return Outcome(ending, Isolation.L1, failure=Failure(message), queue=queue)


def _refuse_what_it_lacks(run: Run) -> None:
    for given, capability in ((run.stdin, Capability.STDIN), (run.files, Capability.FILES)):
        if given:
            raise Problem(422, "capability-missing", f"this sandbox lacks the capability {capability}: send none")


@contextlib.asynccontextmanager
async def open_monty(settings: MontySettings) -> AsyncIterator[Monty]:
    """The sandbox, with a first process. Raises `pegboard.Problem` 503 ``isolation-too-weak``."""
    if not settings.allow_weak_isolation:
        detail = (
            'sandbox "monty" contains a program by its interpreter and a process of its own (L1) and by nothing of the '
            "operating system. Set allow_weak_isolation = true under [plugins.sandbox-monty], or use another sandbox"
        )
        raise Problem(503, "isolation-too-weak", detail)
    sandbox = Monty(settings)
    try:
        await sandbox.open()
    except StartFailed as failed:
        detail = f'sandbox "monty" does not start: {failed}. `pegboard doctor` tries it'
        raise Problem(503, "isolation-too-weak", detail) from failed
    log.info("sandbox open", sandbox="monty", isolation="L1")
    try:
        yield sandbox
    finally:
        await sandbox.aclose()
