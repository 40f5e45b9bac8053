"""Flower itself, looking on."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from pegboard_jobs.testing import Stage, desk_at, origin

from .conftest import BrokerForTests

pytestmark = pytest.mark.anyio
PATIENCE = 30.0


@pytest.fixture
def database(_postgresql_database: str) -> str:
    return _postgresql_database


@pytest.fixture
async def flower(broker: BrokerForTests, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """As one starts it, with nothing but the address of the broker; what it prints is in a file."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = (sys.executable, "-m", "celery", f"--broker={broker.url}", "flower", f"--port={port}")
    with (tmp_path / "flower.log").open("wb") as output:
        environ = {**os.environ, "FLOWER_UNAUTHENTICATED_API": "true"}
        process = await asyncio.create_subprocess_exec(
            *command, "--address=127.0.0.1", env=environ, cwd=tmp_path, stdout=output, stderr=output
        )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
            yield http
    finally:
        process.kill()
        await process.wait()


async def shown(flower: httpx.AsyncClient, path: str, wanted: Any) -> Any:
    """What Flower answers, once `wanted` finds something in it."""
    answer: Any = None
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    answer = (await flower.get(path)).json()
                    if found := wanted(answer):
                        return found
                except (httpx.TransportError, ValueError):
                    answer = "nothing yet"
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"Flower shows at {path} {answer}") from None


async def test_it_shows_workers_and_the_jobs_that_they_carried_out(
    flower: httpx.AsyncClient, broker: BrokerForTests, database: str, tmp_path: Path
) -> None:
    environ = {
        "TRIAL_PLUGINS": "runner-celery=pegboard_runner_celery",
        "PEGBOARD_STORE__URL": database,
        "PEGBOARD_STORE__MIGRATE": "start",
        "PEGBOARD_JOBS__DISPATCHER": "celery",
        "CELERY_BROKER_URL": broker.url,
        "PEGBOARD_RUNNER_CELERY__QUEUE": broker.queue,
    }
    async with (
        origin("pegboard_runner_celery.working") as made,
        (stage := Stage(tmp_path, environ, made)).server() as server,
        desk_at(stage, server.url) as desk,
    ):
        worker = await stage.worker()
        try:
            mine = f"{broker.queue}-"
            await shown(flower, "/api/workers?refresh=1", lambda found: any(name.startswith(mine) for name in found))
            [job] = await desk.submit()
            [task] = await shown(
                flower,
                "/api/tasks",
                lambda found: [task for task in found.values() if job in (task["result"] or "")],
            )
        finally:
            await worker.kill()
    assert (task["name"], task["state"]) == ("pegboard.job", "SUCCESS")
    assert task["worker"].startswith(mine)
    assert task["sent"], "when it was sent is not shown"
