"""One call of user code, beside the usual designs of such a thing."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator

from .figures import Figure
from .kernel import KEY
from .processes import HERE, peer

CALLS = """
import asyncio, json, sys, time
from pegboard import Argument, Limits, Program, Run, Sandboxes, create_app

SOURCE = open(sys.argv[1]).read()
DATA = {"sales": [{"date": f"2024-{i % 12 + 1:02d}-01", "amount": i * 1.5} for i in range(100)]}
EMPTY = json.dumps({"method": "GET", "path": "/", "headers": [], "query_params": [], "path_params": {}, "body": None})
ARGUMENTS = (Argument(json.dumps(DATA).encode()), Argument(EMPTY.encode(), "request"), Argument(b"{}", "object"))

async def main():
    app = create_app()
    async with app.router.lifespan_context(app):
        for name in ("process", "restricted"):
            sandbox = await app.state.board.services.get(Sandboxes).open(name)
            run = Run("bench", Program(SOURCE, "process_data"), ARGUMENTS, Limits())
            times = []
            for i in range(320):
                started = time.perf_counter()
                outcome = await sandbox.run(run)
                assert outcome.ending == "result", outcome
                times.append((time.perf_counter() - started) * 1e3)
            times = sorted(times[20:])
            count, started = 600, time.perf_counter()
            async def caller():
                for _ in range(count // 16):
                    await sandbox.run(run)
            await asyncio.gather(*(caller() for _ in range(16)))
            rate = count // 16 * 16 / (time.perf_counter() - started)
            print(name, times[150], times[297], rate)

asyncio.run(main())
"""


def sandbox() -> Iterator[Figure]:
    """A fresh jailed process per call; p50 and p99 of one caller, calls per second of sixteen."""
    baselines = _baselines()
    for name, p50 in baselines.items():
        yield Figure(f"{name}, p50", p50, "ms")
    with tempfile.TemporaryDirectory() as folder:
        environment = {"PEGBOARD_DATA": folder, "API_KEY": KEY, "PEGBOARD_LOG__LEVEL": "error", "PATH": ""}
        command = [sys.executable, "-c", CALLS, str(peer("logic.py"))]
        done = subprocess.run(command, env=environment, capture_output=True, check=True, text=True, cwd=HERE.parent)
    for line in done.stdout.splitlines()[-2:]:
        name, p50, p99, rate = line.split()
        yield Figure(f"sandbox {name}, p50", float(p50), "ms", note=f"p99 {float(p99):.2f} ms")
        yield Figure(f"sandbox {name}, sixteen callers", float(rate), "calls/s")
        yield Figure(f"sandbox {name} / document 000's process, p50", float(p50) / baselines["document_000"], "×")


def _baselines() -> dict[str, float]:
    command = [sys.executable, str(peer("sandbox_baselines.py"))]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    return {name: float(p50) for name, p50 in re.findall(r"^(\w+)\s+p50\s+([\d.]+)", done.stdout, re.M)}
