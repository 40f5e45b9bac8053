"""How the checks of sandboxes call one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import orjson
import pytest

from ...contracts import (
    Argument,
    Capability,
    Ending,
    Limits,
    Outcome,
    Program,
    Run,
    Sandbox,
    SandboxProvider,
)
from .records import RecordSuite

SPIN = "while True:\n    pass"


class SandboxCalls(RecordSuite):
    """Programs are given as bodies of a function of one argument `x`; line 1 of a body is line 2 of the source.

    `patience` is seconds that what must come to pass by itself may take.
    """

    record: SandboxProvider
    limits: ClassVar[Limits] = Limits(wall=5.0, queue=30.0)
    patience: ClassVar[float] = 5.0

    @pytest.fixture(scope="class")
    @classmethod
    async def sandbox(cls, anyio_backend: str) -> AsyncIterator[Sandbox]:
        async with cls().opened() as sandbox:
            yield sandbox

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Sandbox]:
        async with self.services() as services, self.record.open(services) as sandbox:
            yield sandbox

    def has(self, capability: Capability) -> bool:
        return capability in self.record.capabilities

    def needs(self, *capabilities: Capability) -> None:
        """Skip, saying so, where the record declares no such capability."""
        for capability in capabilities:
            if not self.has(capability):
                pytest.skip(f'sandbox "{self.record.name}" declares no "{capability}"')

    def program(self, body: str, x: Any = 0) -> tuple[Program, tuple[Argument, ...]]:
        """A body as a program that this sandbox can run, and its arguments."""
        if self.has(Capability.FUNCTION):
            indented = "\n".join(f"    {line}" for line in body.splitlines())
            return Program(f"def main(x):\n{indented}\n", "main"), (Argument(orjson.dumps(x)),)
        return Program(f"x = {x!r}\n{body}\n"), ()

    def run_of(self, body: str, x: Any = 0, *, tenant: str = "test", **options: Any) -> Run:
        program, arguments = self.program(body, x)
        return Run(tenant, program, arguments, **{"limits": self.limits, **options})

    async def call(self, sandbox: Sandbox, body: str, x: Any = 0, **options: Any) -> Outcome:
        """Run a body; fails where the sandbox raises or is silent far beyond its limits."""
        run = self.run_of(body, x, **options)
        patience = run.limits.wall + run.limits.queue + 20
        try:
            async with asyncio.timeout(patience):
                return await sandbox.run(run)
        except TimeoutError:
            raise AssertionError(f"no outcome within {patience:g} seconds of:\n{body}") from None

    async def value(self, sandbox: Sandbox, body: str, x: Any = 0, **options: Any) -> Any:
        """The result of a body that must have one."""
        outcome = await self.call(sandbox, body, x, **options)
        assert outcome.ending is Ending.RESULT, f"no result but {told(outcome)} of:\n{body}"
        return orjson.loads(outcome.result)

    def busy_calls(self, sandbox: Sandbox, count: int, body: str, **options: Any) -> "list[asyncio.Task[Outcome]]":
        return [asyncio.create_task(sandbox.run(self.run_of(body, **options))) for _ in range(count)]


def told(outcome: Outcome) -> str:
    """An outcome that was not wanted, in words."""
    why = outcome.failure or [f"{v.code} {v.message}" for v in outcome.violations]
    return f"{outcome.ending} ({why})"
