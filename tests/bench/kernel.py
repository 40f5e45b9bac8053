"""What the kernel costs a request, and a start."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx

from .figures import Figure, in_turn
from .processes import HERE, load, uvicorn

KEY = "bench-key-0123456789abcdef0123456789abcdef"
START = """
import time; started = time.perf_counter()
import asyncio
from pegboard import create_app
app = create_app()
async def main():
    async with app.router.lifespan_context(app):
        print(time.perf_counter() - started)
asyncio.run(main())
"""


def routes() -> Iterator[Figure]:
    """Requests per second of one route, beside the same route on bare Starlette."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        environ = {"PEGBOARD_DATA": folder, "API_KEY": KEY}
        bare = stack.enter_context(uvicorn("bench.apps:bare"))
        board = stack.enter_context(uvicorn("bench.apps:board", environ))
        header = f"X-API-Key: {_key(board)}"
        for port, path in ((bare, "/ping"), (board, "/ping"), (board, "/guarded")):
            load(port, path, header, seconds=1)
        ours, limit, ratio = in_turn(lambda: load(board, "/ping").rate, lambda: load(bare, "/ping").rate)
        yield Figure("bare Starlette, a fixed route", limit, "requests/s")
        yield Figure("kernel, the same route", ours, "requests/s")
        yield Figure("kernel / bare Starlette", ratio, "×", 0.8)
        guarded, _, ratio = in_turn(lambda: load(board, "/guarded", header).rate, lambda: load(bare, "/ping").rate)
        yield Figure("kernel, a key checked", guarded, "requests/s")
        yield Figure("kernel with a key / bare Starlette", ratio, "×", 0.6)
        yield _counted(stack, board, environ)


def _counted(stack: ExitStack, board: int, environ: dict[str, str]) -> Figure:
    """What it costs that requests are counted for the page of metrics."""
    folder = stack.enter_context(tempfile.TemporaryDirectory())
    without = environ | {"PEGBOARD_DATA": folder, "PEGBOARD_DISABLE": "metrics"}
    plain = stack.enter_context(uvicorn("bench.apps:board", without))
    load(plain, "/ping", seconds=1)
    _, rate, ratio = in_turn(lambda: load(board, "/ping").rate, lambda: load(plain, "/ping").rate, rounds=7)
    return Figure(
        "kernel, requests counted / not counted", ratio, "×", 0.95, note=f"{rate:,.0f} requests/s not counted"
    )


def _key(port: int) -> str:
    """A key of the database, as callers have it."""
    wanted = {"name": "bench", "scopes": ["bench:read"]}
    url = f"http://127.0.0.1:{port}/api/v1/keys"
    answer = httpx.post(url, json=wanted, headers={"X-API-Key": KEY}, timeout=30)
    answer.raise_for_status()
    return str(answer.json()["key"])


def start(runs: int = 7) -> Iterator[Figure]:
    """Import and start of the app with all plugins, on a database that is there."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"PEGBOARD_DATA": folder, "API_KEY": KEY, "PEGBOARD_LOG__LEVEL": "error"}
        times, walls = [], []
        for _ in range(runs + 1):
            begun = time.perf_counter()
            command = [sys.executable, "-c", START]
            done = subprocess.run(command, env=environment, capture_output=True, check=True, text=True, cwd=HERE.parent)
            walls.append(time.perf_counter() - begun)
            times.append(float(done.stdout.split()[-1]))
    yield Figure("first start, with migrations", times[0], "s")
    yield Figure("import and start with all plugins", statistics.median(times[1:]), "s", 1.0, at_most=True)
    yield Figure("the whole process, start to end", statistics.median(walls[1:]), "s")
