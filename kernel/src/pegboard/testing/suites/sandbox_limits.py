"""What a program may use: every limit ends it with its name and the number that was set."""

import asyncio
import time

import attrs

from ...contracts import Ending, Outcome, Sandbox
from .sandbox_calls import SPIN, SandboxCalls, told


class SandboxLimits(SandboxCalls):
    """Limits, waiting, cancelling."""

    async def test_the_time_is_limited(self, sandbox: Sandbox) -> None:
        started = time.monotonic()
        outcome = await self.call(sandbox, SPIN, limits=attrs.evolve(self.limits, wall=0.3))
        taken = time.monotonic() - started - outcome.queue - outcome.start
        self._is_limit(outcome, ("wall", "cpu"), 0.3)
        assert taken < 1.3, f"a program with 0.3 seconds ran {taken:.1f} seconds"
        assert outcome.wall >= 0.2, f"it is told to have run {outcome.wall} of its 0.3 seconds"

    async def test_an_endless_loop_that_catches_everything_ends(self, sandbox: Sandbox) -> None:
        body = "while True:\n    try:\n        while True:\n            pass\n    except Exception:\n        pass"
        outcome = await self.call(sandbox, body, limits=attrs.evolve(self.limits, wall=0.3))
        self._is_limit(outcome, ("wall", "cpu"), 0.3)

    async def test_memory_is_limited(self, sandbox: Sandbox) -> None:
        allowed = 256 * 1024 * 1024
        body = "kept = []\nfor i in range(100000):\n    kept.append('x' * 1000000)\nreturn len(kept)"
        outcome = await self.call(sandbox, body, limits=attrs.evolve(self.limits, memory=allowed))
        self._is_limit(outcome, ("memory",), allowed)

    async def test_recursion_is_limited(self, sandbox: Sandbox) -> None:
        deeper = "def down(n):\n    if n == 0:\n        return 0\n    return 1 + down(n - 1)\nreturn down(x)"
        assert await self.value(sandbox, deeper, 50) == 50, "50 calls in one another are within 100"
        outcome = await self.call(sandbox, deeper, 1000000)
        self._is_limit(outcome, ("recursion",), self.limits.recursion)

    async def test_the_result_is_limited(self, sandbox: Sandbox) -> None:
        limits = attrs.evolve(self.limits, result=1000)
        assert await self.value(sandbox, "return 'x' * 900", limits=limits) == "x" * 900, "900 letters are within 1000"
        self._is_limit(await self.call(sandbox, "return 'x' * 2000", limits=limits), ("result",), 1000)

    async def test_what_is_no_json_is_no_result(self, sandbox: Sandbox) -> None:
        for body in ("return {1, 2}", "return float('nan')", "return {'f': lambda y: y}", "return [1, {2}]"):
            outcome = await self.call(sandbox, body)
            self._is_limit(outcome, ("not-serializable",))

    async def test_waiting_is_busy_and_no_time_out(self, sandbox: Sandbox) -> None:
        limits = attrs.evolve(self.limits, wall=0.3, queue=0.1)
        outcomes = await asyncio.gather(*self.busy_calls(sandbox, 24, SPIN, limits=limits))
        for outcome in outcomes:
            if outcome.ending is Ending.BUSY:
                assert outcome.wall == 0, f"a call that never ran is told to have run {outcome.wall} seconds"
            else:
                self._is_limit(outcome, ("wall", "cpu"), 0.3)
                assert outcome.wall >= 0.2, f"a call is told to have hit 0.3 seconds after {outcome.wall}"

    async def test_a_call_that_waits_its_turn_has_its_whole_time(self, sandbox: Sandbox) -> None:
        limits = attrs.evolve(self.limits, wall=2.0, queue=60.0)
        body = "for i in range(200000):\n    pass\nreturn 1"
        for outcome in await asyncio.gather(*self.busy_calls(sandbox, 24, body, limits=limits)):
            assert outcome.ending is Ending.RESULT, f"a short program that waits long ends as {told(outcome)}"
            assert outcome.wall <= 2.0, f"waiting counts as running: {outcome.wall:.1f} seconds"

    async def test_after_a_limit_the_next_call_works(self, sandbox: Sandbox) -> None:
        await self.call(sandbox, SPIN, limits=attrs.evolve(self.limits, wall=0.2))
        assert await self.value(sandbox, "return x", 1) == 1, "after a time-out a call does not work"

    async def test_a_cancelled_call_ends_its_program(self, sandbox: Sandbox) -> None:
        [task] = self.busy_calls(sandbox, 1, SPIN, limits=attrs.evolve(self.limits, wall=5.0))
        await asyncio.sleep(0)
        await asyncio.wait([task], timeout=0.2)
        task.cancel()
        started = time.monotonic()
        await asyncio.wait([task], timeout=5)
        assert task.cancelled(), "a cancelled call does not end, or ends with an outcome"
        assert time.monotonic() - started < 2, "a cancelled call waits for its program"
        assert await self.value(sandbox, "return x", 1) == 1, "after a cancelled call another does not work"

    async def test_it_measures_what_it_used(self, sandbox: Sandbox) -> None:
        started = time.monotonic()
        outcome = await self.call(sandbox, "for i in range(300000):\n    pass\nreturn 1")
        taken = time.monotonic() - started
        assert outcome.ending is Ending.RESULT, f"no result but {told(outcome)}"
        told_times = {"queue": outcome.queue, "start": outcome.start, "wall": outcome.wall, "cpu": outcome.cpu}
        assert outcome.wall > 0, "a program that ran is told to have run no time"
        assert min(told_times.values()) >= 0, f"a time is negative: {told_times}"
        spent = outcome.queue + outcome.start + outcome.wall
        assert spent <= taken + 0.01, f"{told_times} are more than the {taken:.3f} seconds that the call took"

    def _is_limit(self, outcome: Outcome, names: tuple[str, ...], allowed: float | None = None) -> None:
        assert outcome.ending is Ending.LIMIT, f"not the limit {names[0]} but {told(outcome)}"
        failure = outcome.failure
        assert failure is not None, "a limit without its failure"
        assert failure.limit in names, f"the limit is told as {failure.limit!r}, not {names[0]!r}"
        assert allowed is None or failure.allowed == allowed, f"{failure.allowed} is told; {allowed} was set"
        assert failure.message, "a limit without words for the author of the program"
