"""Scripts followed over the WebSocket: how soon the first line is there, and how many lines reach ten readers."""

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any

import httpx
import orjson
import websockets

from .endpoints import served
from .figures import Figure
from .kernel import KEY

HEADERS = {"X-API-Key": KEY}
LINES, READERS, ROUNDS = 100_000, 10, 30
ONE = '# /// pegboard-script\n# ///\nprint("there", flush=True)\n'
MANY = f'# /// pegboard-script\n# ///\nfor n in range({LINES}):\n    print("line", n, "of a log that many follow")\n'


def following() -> Iterator[Figure]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "one.py").write_text(ONE)
        (folder / "many.py").write_text(MANY)
        port = served(stack, 9, PEGBOARD_SCRIPTS__FOLDERS=str(folder))
        firsts = asyncio.run(_firsts(port))
        yield Figure(
            "submit → first line over the WebSocket, p50", statistics.median(firsts), "ms", note=f"{ROUNDS} runs"
        )
        seconds = asyncio.run(_read_by_many(port))
        note = f"{LINES:,} lines to each of {READERS} readers in {seconds:.1f} s, on the same {os.cpu_count()} cores"
        yield Figure("lines to ten readers", LINES * READERS / seconds, "lines/s", note=note)


async def _firsts(port: int) -> list[float]:
    """Milliseconds; the connection is there, as a page has it."""
    taken = []
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=HEADERS) as http, _socket(port) as socket:
        for _ in range(ROUNDS):
            began = time.perf_counter()
            await _subscribe(socket, await _submit(http, "one"))
            await _upto(socket, b'"job_output"')
            taken.append((time.perf_counter() - began) * 1000)
            await _upto(socket, b'"job_completed"')
    return taken


async def _read_by_many(port: int) -> float:
    """Seconds from the submission until the last reader has the last line."""
    async with (
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=HEADERS) as http,
        AsyncExitStack() as stack,
    ):
        sockets = [await stack.enter_async_context(_socket(port)) for _ in range(READERS)]
        began = time.perf_counter()
        job = await _submit(http, "many")
        counts = await asyncio.gather(*(_all(socket, job) for socket in sockets))
        seconds = time.perf_counter() - began
    if set(counts) != {LINES}:
        raise RuntimeError(f"readers got {counts} lines")
    return seconds


def _socket(port: int) -> Any:
    return websockets.connect(f"ws://127.0.0.1:{port}/ws", additional_headers=HEADERS, compression=None)


async def _submit(http: httpx.AsyncClient, name: str) -> str:
    answer = await http.post("/api/scripts/execute", json={"script_name": name})
    answer.raise_for_status()
    return str(answer.json()["job_id"])


async def _subscribe(socket: Any, job: str) -> None:
    await socket.send(orjson.dumps({"event": "subscribe_job", "data": {"job_id": job}}).decode())


async def _upto(socket: Any, event: bytes) -> int:
    """Read up to a message of this event; how many lines there were."""
    count = 0
    while event not in (message := await socket.recv(decode=False)):
        count += b'"job_output"' in message
    return count


async def _all(socket: Any, job: str) -> int:
    await _subscribe(socket, job)
    return await _upto(socket, b'"job_completed"')
