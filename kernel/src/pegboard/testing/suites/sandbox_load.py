"""What a sandbox says of its load is true."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable

import attrs

from ...contracts import Ending, Load, Outcome, Sandbox
from .sandbox_calls import SPIN, SandboxCalls

ENDS = ("return x", "raise ValueError('no')", "return {1}", "y = = 1")


class SandboxLoad(SandboxCalls):
    """`Sandbox.load` while calls run, while they wait and when they have ended."""

    async def test_load_tells_what_runs_and_what_waits(self, sandbox: Sandbox) -> None:
        idle = sandbox.load
        assert (idle.running, idle.waiting) == (0, 0), f"no call is under way, and it tells {idle}"
        assert idle.places >= 1, f"a sandbox of {idle.places} places"
        limits = attrs.evolve(self.limits, wall=30.0)
        [first] = self.busy_calls(sandbox, 1, SPIN, limits=limits)
        tasks = [first]
        try:
            await self._seen(sandbox, lambda load: load.running == 1 and load.waiting == 0, "one call runs")
            assert sandbox.load.processes >= 1, f"a call runs, and it tells {sandbox.load}"
            tasks += self.busy_calls(sandbox, idle.places, SPIN, limits=limits)
            await self._seen(
                sandbox,
                lambda load: load.waiting >= 1 and load.running + load.waiting == len(tasks),
                f"of {len(tasks)} calls in {idle.places} places some wait",
            )
            assert sandbox.load.running <= idle.places, f"more run than there are places: {sandbox.load}"
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=20)
        await self._seen(sandbox, lambda load: load.running == 0 and load.waiting == 0, "all calls were cancelled")

    async def test_load_counts_calls_by_their_ending(self, sandbox: Sandbox) -> None:
        before = sandbox.load
        outcomes = [await self.call(sandbox, body) for body in ENDS]
        limits = attrs.evolve(self.limits, wall=1.0, queue=0.05)
        outcomes += await asyncio.gather(*self.busy_calls(sandbox, before.places + 2, SPIN, limits=limits))
        run = self.run_of("return x")
        assert not await sandbox.check(run.tenant, run.program, run.limits), "check refuses a program that it ran"
        wanted = Counter(outcome.ending for outcome in outcomes) + Counter([Ending.RESULT])
        self._counted(before, sandbox.load, wanted)
        self._waited(before, sandbox.load, outcomes)

    def _counted(self, before: Load, after: Load, wanted: Counter[Ending]) -> None:
        found = {ending: after.ended.get(ending, 0) - before.ended.get(ending, 0) for ending in Ending}
        assert found == {ending: wanted[ending] for ending in Ending}, f"calls ended as {wanted}; it counts {found}"

    def _waited(self, before: Load, after: Load, outcomes: list[Outcome]) -> None:
        """A check may have waited, too, and tells nobody; hardly, as nothing else was under way."""
        told, waited = sum(outcome.queue for outcome in outcomes), after.waited - before.waited
        assert told <= waited + 0.001 <= told + 0.5, f"calls waited {told:.3f} seconds; it adds up {waited:.3f}"

    async def _seen(self, sandbox: Sandbox, true: Callable[[Load], bool], what: str) -> None:
        until = time.monotonic() + self.patience
        while not true(sandbox.load):
            assert time.monotonic() < until, f"{what}, and after {self.patience:g} seconds it tells {sandbox.load}"
            await asyncio.sleep(0.005)
