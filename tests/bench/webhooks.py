"""Events that are received: verified, stored and answered, beside a bare route that does the same by hand."""

import asyncio
import hashlib
import hmac
import os
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from .figures import Figure, in_turn
from .kernel import KEY
from .processes import uvicorn

SECRET, SECONDS, CONNECTIONS = b"wh_secret_abc123", 3.0, 16
HEADERS = {"X-API-Key": KEY}
API = "/api/v1"


def bare() -> Any:
    """A Starlette app with one route: an HMAC is verified, one row is inserted and committed."""
    import orjson
    from sqlalchemy import JSON, Column, Integer, LargeBinary, MetaData, Table, Text, event, insert
    from sqlalchemy.ext.asyncio import create_async_engine
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    metadata = MetaData()
    rows = Table(
        "events", metadata, Column("id", Integer, primary_key=True), Column("key", Text, unique=True),
        Column("headers", JSON), Column("body", LargeBinary),
    )  # fmt: skip
    engine = create_async_engine(f"sqlite+aiosqlite:///{os.environ['BENCH_DATA']}/bare.db")

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "busy_timeout = 10000"):
            connection.execute(f"PRAGMA {pragma}")

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
        yield
        await engine.dispose()

    async def receive(request: Request) -> Response:
        body = await request.body()
        expected = hmac.new(SECRET, body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, request.headers.get("x-signature", "")):
            return Response(status_code=401)
        orjson.loads(body)
        row = {"key": hashlib.sha256(body).hexdigest(), "headers": dict(request.headers), "body": body}
        async with engine.begin() as connection:
            await connection.execute(insert(rows).values(row))
        return Response('{"status": "received"}', media_type="application/json")

    return Starlette(routes=[Route("/hook", receive, methods=["POST"])], lifespan=lifespan)


def webhooks() -> Iterator[Figure]:
    """Distinct events over 16 connections; the app's own jobs handle none, or all, of them meanwhile."""
    with ExitStack() as stack:
        floor = stack.enter_context(uvicorn("bench.webhooks:bare", {"BENCH_DATA": _folder(stack)}))
        stored, handled = (_receiver(stack, workers) for workers in ("0", "4"))
        for port, path in ((floor, "/hook"), stored, handled):
            asyncio.run(_rate(port, path, 0.5))
        ours, theirs, ratio = in_turn(lambda: asyncio.run(_rate(*stored)), lambda: asyncio.run(_rate(floor, "/hook")))
        yield Figure("events received", ours, "events/s", note=f"a bare route: {theirs:,.0f}")
        yield Figure("events received / a bare route", ratio, "×", 0.5)
        yield Figure("events received while they are handled", asyncio.run(_rate(*handled)), "events/s")


def _folder(stack: ExitStack) -> str:
    return str(Path(stack.enter_context(tempfile.TemporaryDirectory())))


def _receiver(stack: ExitStack, workers: str) -> tuple[int, str]:
    """Pegboard with an integration that makes a record of each event: its port and the path of its hook."""
    environ = {"PEGBOARD_DATA": _folder(stack), "API_KEY": KEY, "PEGBOARD_LOG__LEVEL": "error"}
    port = stack.enter_context(uvicorn("bench.apps:board", environ | {"PEGBOARD_JOBS__WORKERS": workers}))
    with httpx.Client(base_url=f"http://127.0.0.1:{port}{API}", headers=HEADERS, timeout=30) as http:
        kind = {"id": "c_event", "displayName": "Event", "fields": [{"name": "n", "type": "integer"}]}
        http.post("/shard-types", json=kind).raise_for_status()
        rule = {"eventTypePath": "$.type", "eventTypeValue": "made", "action": "create_shard"}
        rule |= {"targetShardTypeId": "c_event", "dataPath": "$.data", "identifierPath": "$.data.n"}
        hook = {
            "webhookSecret": SECRET.decode(),
            "signatureConfig": {"header": "X-Signature", "algorithm": "hmac-sha256"},
        }
        hook |= {"eventRouting": [rule], "responseBody": '{"status": "received"}'}
        draft = {"name": "bench", "integrationType": "webhook", "webhookConfig": hook}
        made = http.post("/custom-integrations", json=draft).raise_for_status().json()["id"]
        http.patch(f"/custom-integrations/{made}", json={"status": "active"}).raise_for_status()
        url = http.get(f"/custom-integrations/{made}/webhook-url").raise_for_status().json()["webhookUrl"]
    return port, httpx.URL(url).path


async def _rate(port: int, path: str, seconds: float = SECONDS) -> float:
    """Events answered with 200 in a second."""
    start = time.monotonic()
    counts = await asyncio.gather(*(_send(port, path, start + seconds) for _ in range(CONNECTIONS)))
    return sum(counts) / (time.monotonic() - start)


async def _send(port: int, path: str, until: float) -> int:
    """One connection, one event after the other. A client of its own: it must cost less than what it measures."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    count = 0
    while time.monotonic() < until:
        body = b'{"type": "made", "data": {"n": %d}}' % (time.monotonic_ns() % 2**52)
        signature = hmac.new(SECRET, body, hashlib.sha256).hexdigest()
        head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nX-Signature: {signature}\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"an event was answered {answer[:200]!r}")
        length = next(line for line in answer.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.partition(b":")[2]))
        count += 1
    writer.close()
    return count
