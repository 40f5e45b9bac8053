"""Jobs that do nothing, beside plain Celery and RQ; and how soon the job of a killed worker goes on."""

import asyncio
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from time import monotonic

import asyncpg
from redis.asyncio import Redis
from sqlalchemy.engine import make_url

from pegboard_jobs.testing import Desk, Stage, desk_at, origin

from .figures import Figure, in_turn
from .processes import HERE, Missing

POSTGRES = os.environ.get("PEGBOARD_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/test")
REDIS = os.environ.get("PEGBOARD_TEST_REDIS", "redis://127.0.0.1:6379/0")
JOBS = 2000
FORKED = 300
"""Jobs for RQ, which starts a process for each."""
PLACES = 32
"""Jobs at a time of each process of ours, which wait for the database most of the time."""
PROCESSES = 2
"""Of Celery and of ours: as many as a small machine has processors, with which they are fastest."""
LEASE = 3.0


def jobs() -> Iterator[Figure]:
    ours, celery, ratio = in_turn(lambda: _ours("celery"), lambda: _peer("celery", JOBS))
    yield Figure("jobs/s through runner-celery, that do nothing, on Redis", ours, "/s")
    yield Figure(
        "jobs/s of plain Celery, that do nothing, on Redis", celery, "/s", note="prefork, acks late, prefetch 1, events"
    )
    yield Figure("runner-celery / plain Celery", ratio, "", limit=0.8)
    ours, rq, ratio = in_turn(lambda: _ours("local"), lambda: _peer("rq", FORKED))
    yield Figure("jobs/s through the local dispatcher, no-op", ours, "/s")
    yield Figure("jobs/s of RQ, no-op", rq, "/s", note="its default: a process for each job")
    yield Figure("local dispatcher / RQ", ratio, "", limit=1.0)
    for dispatcher in ("local", "celery"):
        took = asyncio.run(_recovered(dispatcher))
        yield Figure(f"SIGKILL → next attempt ({dispatcher})", took / LEASE, "leases", limit=2, at_most=True)


def _peer(name: str, count: int) -> float:
    command = [sys.executable, "-m", "bench.peer_queues", name, str(count), str(PROCESSES)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=HERE.parent)
    if done.returncode:
        raise Missing(f"{name}: {done.stderr.strip()[-300:]}")
    return float(done.stdout)


def _ours(dispatcher: str) -> float:
    return asyncio.run(_rate(dispatcher))


async def _rate(dispatcher: str) -> float:
    """All wait before the worker starts; from the first begin to the last end, as the rows have them."""
    async with _stage(dispatcher) as stage, stage.server() as server, desk_at(stage, server.url) as desk:
        for _ in range(JOBS // 500):
            await desk.submit(count=500, lines=0)
        if dispatcher == "celery":
            await _queued(stage.environ["PEGBOARD_RUNNER_CELERY__QUEUE"])
        workers = await asyncio.gather(*(stage.worker() for _ in range(PROCESSES)))
        try:
            await _done(desk)
        finally:
            for worker in workers:
                await worker.kill()
        first, final = [await _edge(desk, field) for field in ("started_at", "ended_at:desc")]
    return JOBS / (_time(final["completed_at"]) - _time(first["started_at"]))


async def _done(desk: Desk) -> None:
    """Until all have ended. To ask after each of them would take from the time that is measured."""
    for status in ("pending", "running"):
        while True:
            if not (await desk.http.get(f"/api/jobs?status={status}&per_page=1")).json()["jobs"]:
                break
            await asyncio.sleep(0.2)


async def _queued(queue: str) -> None:
    """Until every message is on the broker."""
    async with Redis.from_url(REDIS) as redis, asyncio.timeout(60):
        while True:
            if await redis.llen(queue) >= JOBS:
                return
            await asyncio.sleep(0.05)


async def _edge(desk: Desk, sort: str) -> Mapping[str, str]:
    answer = await desk.http.get(f"/api/jobs?per_page=1&sort={sort}")
    found: Mapping[str, str] = answer.json()["jobs"][0]
    return found


def _time(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


async def _recovered(dispatcher: str) -> float:
    """Seconds from a SIGKILL to the next attempt of the job."""
    async with _stage(dispatcher) as stage, stage.server() as server, desk_at(stage, server.url) as desk:
        doomed, gate = await stage.worker(), desk.gate()
        held = await desk.submit(count=PLACES, gate=gate)
        for one in held:
            await desk.running(one)
        other = await stage.worker()
        try:
            await desk.ended(*await desk.submit(count=5))  # only the other one has places for them
            killed = monotonic()
            await doomed.kill()
            for one in held:
                await desk.running(one, attempt=2)
            took = monotonic() - killed
            desk.open(gate)
            await desk.ended(*held)
        finally:
            await other.kill()
    return took


@asynccontextmanager
async def _stage(dispatcher: str) -> AsyncIterator[Stage]:
    """A database and a queue of their own."""
    name = f"pegboard_bench_{secrets.token_hex(4)}"
    try:
        server = await asyncpg.connect(POSTGRES)
    except OSError as error:
        raise Missing(f"no PostgreSQL ({error}); PEGBOARD_TEST_POSTGRES names it") from None
    await server.execute(f'CREATE DATABASE "{name}"')
    try:
        with tempfile.TemporaryDirectory() as folder:
            url = make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)
            environ = {
                "TRIAL_PLUGINS": "runner-celery=pegboard_runner_celery",
                "PEGBOARD_LOG__LEVEL": "error",
                "PEGBOARD_STORE__URL": url,
                "PEGBOARD_STORE__MIGRATE": "start",
                "PEGBOARD_JOBS__DISPATCHER": dispatcher,
                "PEGBOARD_JOBS__LEASE": str(LEASE),
                "PEGBOARD_JOBS__WAITING_PER_USER": "0",
                "PEGBOARD_JOBS__WORKERS": "0",
                "CELERY_BROKER_URL": REDIS,
                "PEGBOARD_RUNNER_CELERY__QUEUE": name,
            }
            async with origin("pegboard_runner_celery.working") as made:
                yield Stage(Path(folder), environ, made, PLACES)
    finally:
        await server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await server.close()
