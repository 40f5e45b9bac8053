"""An app that measures calls of its own sandboxes, as it is told: ``python -m bench.calls LOGIC``.

Each line of its input is a JSON object, ``{"measure": "latency", "sandbox": "process", "runs": 300}``; each line of its
output is the answer. Times are milliseconds.
"""

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs

from pegboard import (
    Argument,
    Limits,
    Problem,
    Program,
    Registries,
    Run,
    Sandbox,
    Sandboxes,
    SandboxProvider,
    create_app,
)

DATA = {"sales": [{"date": f"2024-{i % 12 + 1:02d}-01", "amount": i * 1.5} for i in range(100)]}
EMPTY = {"method": "GET", "path": "/", "headers": [], "query_params": [], "path_params": {}, "body": None}
ARGUMENTS = (
    Argument(json.dumps(DATA).encode()),
    Argument(json.dumps(EMPTY).encode(), "request"),
    Argument(b"{}", "object"),
)
LOOP = Program("def process_data(data, request, user):\n    while True:\n        pass\n", "process_data")
WARM = 20
OTHERS = 15
TENANT = "bench"


def percentile(times: Sequence[float], part: float) -> float:
    return sorted(times)[int(len(times) * part)]


def summary(times: Sequence[float]) -> dict[str, float]:
    return {"p50": percentile(times, 0.5), "p99": percentile(times, 0.99), "calls": len(times)}


@attrs.frozen
class Calls:
    """The measures, by the names that they are asked for with; each opens its sandbox at its first use."""

    sandboxes: Sandboxes
    providers: Sequence[str]
    program: Program

    async def names(self) -> list[str]:
        """The sandboxes that this app has."""
        return list(self.providers)

    async def takes(self, sandbox: str) -> bool:
        """Whether a sandbox can be opened here and runs the program."""
        try:
            opened = await self.sandboxes.open(sandbox)
        except Problem as problem:
            print(f"sandbox {sandbox}: {problem}")
            return False
        return not await opened.check(TENANT, self.program, Limits())

    async def latency(self, sandbox: str, runs: int) -> dict[str, float]:
        """One caller."""
        opened = await self.sandboxes.open(sandbox)
        times = [await self._timed(opened) for _ in range(WARM + runs)]
        return summary(times[WARM:])

    async def rate(self, sandbox: str, callers: int, seconds: float) -> float:
        """Calls per second of so many callers at once."""
        opened = await self.sandboxes.open(sandbox)
        started = time.perf_counter()
        times = await self._at_once(opened, callers, seconds)
        return len(times) / (time.perf_counter() - started)

    async def keep(self, sandbox: str, tenants: int) -> int:
        """A call for each of so many tenants: where processes stay, one stays for each."""
        opened = await self.sandboxes.open(sandbox)
        for number in range(tenants):
            await self._timed(opened, f"tenant{number}")
        return tenants

    async def others(self, sandbox: str, seconds: float, looping: str = "") -> dict[str, float]:
        """Fifteen callers of one tenant, and a sixteenth, of the tenant `looping` if any, whose program is endless."""
        opened = await self.sandboxes.open(sandbox)
        await self._timed(opened)
        loop = asyncio.create_task(self._loop(opened, looping)) if looping else None
        await asyncio.sleep(0.2)
        times = await self._at_once(opened, OTHERS, seconds)
        if loop is not None:
            loop.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await loop
        return summary(times)

    async def _timed(self, sandbox: Sandbox, tenant: str = TENANT) -> float:
        started = time.perf_counter()
        outcome = await sandbox.run(Run(tenant, self.program, ARGUMENTS))
        if outcome.ending != "result":
            raise RuntimeError(f"a call ended so: {outcome}")
        return (time.perf_counter() - started) * 1e3

    async def _at_once(self, sandbox: Sandbox, callers: int, seconds: float) -> list[float]:
        until = time.perf_counter() + seconds

        async def caller() -> list[float]:
            times = []
            while time.perf_counter() < until:
                times.append(await self._timed(sandbox))
            return times

        each = await asyncio.gather(*(caller() for _ in range(callers)))
        return [taken for times in each for taken in times]

    async def _loop(self, sandbox: Sandbox, tenant: str) -> None:
        while True:
            outcome = await sandbox.run(Run(tenant, LOOP, ARGUMENTS))
            if outcome.ending != "limit":
                raise RuntimeError(f"a program that never ends ended so: {outcome}")


async def main(program: Program) -> None:
    # what the app prints is no answer
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    app = create_app()
    async with app.router.lifespan_context(app):
        services = app.state.board.services
        calls = Calls(services.get(Sandboxes), services.get(Registries)[SandboxProvider].names(), program)
        while line := await asyncio.to_thread(sys.stdin.readline):
            asked: dict[str, Any] = json.loads(line)
            answer = await getattr(calls, asked.pop("measure"))(**asked)
            print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    asyncio.run(main(Program(Path(sys.argv[1]).read_text(), "process_data")))
