"""``pegboard jobs`` and ``pegboard worker``, as an operator has them."""

import json
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from pegboard.testing import Forking
from pegboard.testing.processes import Finished

from .conftest import ANN, opened

pytestmark = pytest.mark.anyio


@pytest.fixture
async def place(tmp_path: Path) -> tuple[Path, dict[str, str], dict[str, str]]:
    """A database in which one job failed, one was completed and one waits."""
    url = f"sqlite:///{tmp_path / 'pegboard.db'}"
    async with opened(url, tmp_path, workers=1) as desk:
        failed = await desk.ended(await desk.submit("fails", "x"))
        done = await desk.ended(await desk.submit("says", ["one\ntwo\n"], title="says it"))
    async with opened(url, tmp_path, workers=0) as desk:
        waiting = await desk.submit("echo", 5)
    environ = {"PEGBOARD_DATA": str(tmp_path), "PEGBOARD_LOG__LEVEL": "error", "PEGBOARD_TENANT": ANN.tenant}
    return tmp_path, environ, {"failed": failed.id, "done": done.id, "waiting": waiting.id}


@pytest.fixture
def run(forked: Forking, place: Any) -> Callable[..., Awaitable[Finished]]:
    folder, environ, _ = place
    return lambda *arguments: forked.run("jobs", *arguments, cwd=folder, environ=environ)


async def test_jobs_are_listed_shown_and_their_logs_read(place: Any, run: Any) -> None:
    _, _, jobs = place
    listed = await run("list")
    assert all(job in listed.stdout for job in jobs.values()), listed.stderr
    assert [one["id"] for one in json.loads((await run("list", "--status", "failed", "--json")).stdout)] == [
        jobs["failed"]
    ]
    shown = json.loads((await run("show", jobs["failed"])).stdout)
    assert (shown["error_message"], len(shown["all_attempts"])) == ("it was asked to", 1)
    read = await run("tail", jobs["done"], "--from", "1")
    assert (read.code, read.stdout) == (0, "two\n")
    missing = await run("show", "job_none")
    assert (missing.code, "there is no job" in missing.stderr) == (1, True)


async def test_jobs_are_cancelled_and_tried_again(place: Any, run: Any) -> None:
    _, _, jobs = place
    assert (await run("cancel", jobs["waiting"])).stdout == f"job {jobs['waiting']}: cancelled\n"
    again = await run("cancel", jobs["waiting"])
    assert (again.code, "has ended before" in again.stderr) == (1, True)
    assert (await run("retry", jobs["failed"])).stdout == f"job {jobs['failed']}: queued\n"


async def test_a_worker_says_what_it_does_and_stops_when_it_is_asked(place: Any, forked: Forking) -> None:
    folder, environ, _ = place
    worker = await forked.started("worker", "--places", "2", cwd=folder, environ=environ)
    try:
        await worker.printed(r"^pegboard: working on up to 2 jobs at a time \(local\)$")
        worker.signal(signal.SIGTERM)
        assert await worker.wait() == 0
    finally:
        await worker.kill()
