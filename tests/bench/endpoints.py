"""A user's endpoint over HTTP, beside document 000's own design and beside no sandbox at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx

from .figures import Figure, in_turn
from .kernel import KEY
from .processes import Load, load, peer, script, uvicorn

HEADER = f"X-API-Key: {KEY}"


def served(stack: ExitStack, upstream: int, **environ: str) -> int:
    """Pegboard with every plugin, allowed to fetch from the stand-in upstream. Gives the port."""
    folder = stack.enter_context(tempfile.TemporaryDirectory())
    settings = {
        "PEGBOARD_DATA": folder,
        "API_KEY": KEY,
        "PEGBOARD_EGRESS__ALLOW_ORIGINS": f"http://127.0.0.1:{upstream}",
        "PEGBOARD_ENDPOINTS__SANDBOXES": "process",
        "PEGBOARD_LOG__LEVEL": "warning",
    }
    return stack.enter_context(uvicorn("bench.apps:board", settings | environ))


def save(port: int, upstream: int, logic: str, refresh: int, sandbox: str = "restricted") -> str:
    """Save an endpoint; its address."""
    data = {"logic": logic, "refresh_interval": refresh, "sandbox": sandbox}
    url = f"http://127.0.0.1:{upstream}/"
    draft = {"name": "bench", "project_id": "bench", "endpoint": url, "endpoint_data": data}
    answer = httpx.post(f"http://127.0.0.1:{port}/public/widgets", json=draft, headers={"X-API-Key": KEY}, timeout=30)
    answer.raise_for_status()
    return str(answer.json()["execute_url"])


def called(port: int, path: str, *headers: str) -> Load:
    return load(port, path, *headers, seconds=4)


def endpoints() -> Iterator[Figure]:
    """Calls per second with 16 connections: the upstream fetched each time, and its body from the cache.

    The program runs each time, but for the last measure: there the result is kept too, as it is by default.
    """
    logic = peer("logic.py").read_text()
    with ExitStack() as stack:
        upstream = stack.enter_context(script(peer("upstream.py")))
        folder: Path = peer("seed_lazi.py").parent
        where = {"UPSTREAM": f"http://127.0.0.1:{upstream}/"}
        seed = stack.enter_context(uvicorn("seed_lazi:app", where, folder, factory=False))
        floor = stack.enter_context(uvicorn("floor_endpoint:app", where, folder, factory=False))
        port = served(stack, upstream, PEGBOARD_ENDPOINTS__RESULT_BYTES="0")
        fetched, cached = save(port, upstream, logic, 0), save(port, upstream, logic, 3600)
        fresh = save(port, upstream, logic, 0, "process")
        _warm(port, fetched, cached, seed, floor)
        yield from _fetched(port, "endpoint in a fresh process", fresh, seed, 10)
        yield from _fetched(port, "endpoint in a warm process", fetched, seed, 45)
        yield from _cached(port, "endpoint with a cached body that runs each time", cached, floor)
        port = served(stack, upstream)
        cached = save(port, upstream, logic, 3600)
        _warm(port, cached, cached, seed, floor)
        yield from _cached(port, "endpoint with a cached body", cached, floor, 0.7)


def _warm(port: int, fetched: str, cached: str, seed: int, floor: int) -> None:
    for at, path in ((port, fetched), (port, cached), (seed, "/public/widgets/x/execute"), (floor, "/cached/x")):
        load(at, path, HEADER, seconds=1, connections=4)


def _fetched(port: int, name: str, path: str, seed: int, limit: float) -> Iterator[Figure]:
    """The upstream is asked each time."""
    ours, theirs, ratio = in_turn(
        lambda: called(port, path, HEADER).rate, lambda: called(seed, "/public/widgets/x/execute").rate
    )
    one = load(port, path, HEADER, seconds=3, connections=1)
    yield Figure(name, ours, "requests/s", note=f"document 000's own design: {theirs:.1f}")
    yield Figure(f"{name} / document 000", ratio, "×", limit)
    yield Figure(f"{name}, one caller, p50", one.p50, "ms", note=f"p99 {one.p99:.2f} ms")


def _cached(port: int, name: str, path: str, floor: int, limit: float | None = None) -> Iterator[Figure]:
    ours, theirs, ratio = in_turn(lambda: called(port, path, HEADER).rate, lambda: called(floor, "/cached/x").rate)
    yield Figure(name, ours, "requests/s", note=f"no sandbox: {theirs:.0f}; {os.cpu_count()} cores")
    yield Figure(f"{name} / no sandbox", ratio, "×", limit)
