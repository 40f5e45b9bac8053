"""What calls leave behind: nothing."""

import asyncio

import attrs

from ...contracts import Sandbox
from ..census import Census
from .sandbox_calls import SPIN, SandboxCalls

BODIES = ("return x", "raise ValueError('no')", "return {1}", "y = = 1")
ROUNDS = 4


class Leaks(SandboxCalls):
    """Descriptors and processes are counted before and after; they have `patience` seconds to be gone."""

    async def test_calls_leave_no_process_and_no_descriptor(self, sandbox: Sandbox) -> None:
        await self._many(sandbox)
        before = Census.take()
        for _ in range(ROUNDS):
            await self._many(sandbox)
        await before.back(
            lambda now: now.fds <= before.fds + 2 and len(now.processes) <= len(before.processes), self.patience
        )

    async def test_a_cancelled_call_leaves_no_process(self, sandbox: Sandbox) -> None:
        await self._many(sandbox)
        before = Census.take()
        for _ in range(4):
            [task] = self.busy_calls(sandbox, 1, SPIN)
            await asyncio.wait([task], timeout=0.1)
            task.cancel()
            await asyncio.wait([task], timeout=5)
        await self._many(sandbox)
        await before.back(lambda now: len(now.processes) <= len(before.processes) and not now.zombies, self.patience)

    async def test_closing_leaves_nothing(self) -> None:
        async with self.services():
            pass  # what an app opens once and for all is no leak of the sandbox
        before = Census.take()
        async with self.opened() as sandbox:
            [task] = self.busy_calls(sandbox, 1, SPIN)
            await self._many(sandbox)
            task.cancel()
            await asyncio.wait([task], timeout=5)
        await before.back(lambda now: now.processes <= before.processes and now.fds <= before.fds + 2, self.patience)

    async def _many(self, sandbox: Sandbox) -> None:
        """Calls with every kind of end, one after another and at once."""
        for body in BODIES:
            await self.call(sandbox, body)
        limits = attrs.evolve(self.limits, wall=0.05)
        await asyncio.gather(self.call(sandbox, SPIN, limits=limits), *(self.call(sandbox, "return x") for _ in "abc"))
