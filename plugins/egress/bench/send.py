"""Requests per second through `send`, the guarded httpx client, and the libraries below them.

One upstream in a process of its own, 16 callers on one loop; run it twice and compare ratios.
"""

import asyncio
import multiprocessing
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from multiprocessing.connection import Connection

import aiohttp
import httpx
import uvloop

from pegboard_egress import EgressRequest, EgressSettings, open_egress

BODY = b'{"sales": [' + b", ".join(b'{"date": "2024-01-01", "amount": 1.5}' for _ in range(100)) + b"]}"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY
CALLERS = 16


async def serve(ready: Connection) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(ANSWER)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    ready.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def upstream(ready: Connection) -> None:
    uvloop.run(serve(ready))


async def rate(call: Callable[[], Awaitable[object]], count: int) -> float:
    left = iter(range(count))

    async def caller() -> None:
        for _ in left:
            await call()

    started = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    return count / (time.perf_counter() - started)


async def compare(url: str, count: int) -> None:
    settings = EgressSettings(allow_origins=(url.rstrip("/"),))
    async with open_egress(settings) as egress, aiohttp.ClientSession() as session, httpx.AsyncClient() as plain:

        async def bare() -> None:
            async with session.get(url) as response:
                await response.read()

        ways: dict[str, Callable[[], Awaitable[object]]] = {
            "aiohttp alone": bare,
            "egress.send": lambda: egress.send(EgressRequest(url=url)),
            "egress.client": lambda: egress.client.get(url),
            "httpx default": lambda: plain.get(url),
        }
        for name, call in ways.items():
            await rate(call, 200)
            print(f"{name:15} {await rate(call, count):8,.0f}/s", flush=True)


def main() -> None:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=upstream, args=(theirs,), daemon=True)
    process.start()
    try:
        uvloop.run(compare(f"http://127.0.0.1:{ours.recv()}/", int(sys.argv[1]) if len(sys.argv) > 1 else 3000))
    finally:
        process.terminate()
        process.join()


if __name__ == "__main__":
    main()
