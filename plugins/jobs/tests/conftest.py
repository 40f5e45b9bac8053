"""An app with kinds of jobs to submit, on either database."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest
from starlette.applications import Starlette

import pegboard_jobs
import pegboard_runner_local
import pegboard_store
from pegboard import Principal, RunnerLimits, ScriptCommand, ScriptRunners, create_app, hookimpl
from pegboard.testing import caller, callers, client
from pegboard.testing.fixtures import anyio_backend  # noqa: F401
from pegboard_jobs import Again, Job, JobFailed, JobKind, JobRun, Jobs, Submission
from pegboard_store.testing import (  # noqa: F401
    _postgresql_database,
    database_url,
    forked,
    postgresql_url,
    store_section,
)

ANN = Principal("ann", "acme", scopes=frozenset({"jobs:write"}))
ANN_SENDS = caller("jobs:write", id="ann", tenant="acme")
PATIENCE = 20.0


@attrs.define
class Kinds:
    """Kinds of jobs for tests. `gate` and `permits` hold back those that wait for them; `began` tells in which order
    they began."""

    gate: asyncio.Event = attrs.field(factory=asyncio.Event)
    permits: asyncio.Semaphore = attrs.field(factory=lambda: asyncio.Semaphore(0))
    began: list[str] = attrs.field(factory=list)
    ended: list[tuple[str, str]] = attrs.field(factory=list)
    tries: int = 0

    async def echo(self, run: JobRun) -> Any:
        self.began.append(run.job.title)
        return run.job.payload

    async def held(self, run: JobRun) -> str:
        self.began.append(run.job.title)
        await run.log(f"begun {run.job.number}\n")
        await (self.permits.acquire() if run.job.payload == "one by one" else self.gate.wait())
        return "let go"

    async def says(self, run: JobRun) -> None:
        said = run.job.payload
        for text in (f"line {n} {'x' * 100}\n" for n in range(said)) if isinstance(said, int) else said:
            await run.log(text)
        run.stage("said")
        run.progress(100)

    async def fails(self, run: JobRun) -> None:
        if run.job.payload == "broken":
            raise ZeroDivisionError("with a secret in it")
        raise JobFailed("it was asked to", result={"why": run.job.payload}, exit_code=3)

    async def again(self, run: JobRun) -> int:
        self.tries += 1
        if run.job.number < run.job.payload:
            raise Again("not yet", 0.01)
        return run.job.number

    async def script(self, run: JobRun) -> Any:
        runner = await run.services.get(ScriptRunners).open("local")
        command = ScriptCommand(tuple(run.job.payload), str(run.folder))

        async def keep(artifact: Any) -> None:
            path = run.folder / artifact.path

            async def content() -> AsyncIterator[bytes]:
                yield path.read_bytes()

            await run.artifact(artifact.path, content())

        return await run.execute(runner, command, RunnerLimits(wall=30, grace=0.5), keep)

    async def gives(self, run: JobRun) -> Any:
        return {"text": "nul \0 in it", "slash": "\\u0000", "object": object() if run.job.payload else None}

    @hookimpl
    def pegboard_job_kinds(self) -> list[JobKind]:
        names = ("echo", "held", "says", "fails", "again", "script", "gives")
        return [JobKind(name, name, run=getattr(self, name)) for name in names]

    @hookimpl
    def pegboard_job_listeners(self) -> Any:
        async def ended(services: Any, session: Any, job: Job) -> None:
            self.ended.append((job.id, job.state))

        return pegboard_jobs.JobListener("tests", "Tests", ended=ended)


@attrs.frozen
class Desk:
    """An app whose jobs are submitted and looked at."""

    http: Any
    kinds: Kinds

    @property
    def services(self) -> Any:
        return self.http.app.state.board.services

    @property
    def jobs(self) -> Jobs:
        found: Jobs = self.services.get(Jobs)
        return found

    async def submit(self, kind: str, payload: Any = None, *, owner: Principal = ANN, **more: Any) -> Job:
        return (await self.jobs.submit(owner, Submission(kind, payload, **more))).job

    async def ended(self, job: Job, patience: float = PATIENCE) -> Job:
        found = await self.jobs.wait(Principal(job.owner, job.tenant), job.id, patience)
        assert found.final, f"after {patience} s the job is {found}"
        return found

    async def until(self, job: Job, true: Callable[[Any], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.jobs.until(Principal(job.owner, job.tenant), job.id, true)

    async def text(self, job: Job) -> str:
        answer = await self.http.get(f"/api/jobs/{job.id}/logs", headers=ANN_SENDS)
        assert answer.status_code == 200, answer.text
        return str(answer.text)


def app_on(url: str, folder: Path, kinds: Any, *, store: Any = None, log_folder: str = "", **jobs: Any) -> Starlette:
    plugins = {
        "callers": callers,
        "jobs": pegboard_jobs,
        "kinds": kinds,
        "runner-local": pegboard_runner_local,
        "store": pegboard_store,
    }
    settings = {
        "data": str(folder),
        "log": {"folder": log_folder} if log_folder else {},
        "plugins": {"store": store_section(url) | (store or {}), "jobs": {"drain": 0.0} | jobs},
    }
    return create_app(settings=settings, plugins=plugins, installed=False, environ={})


@asynccontextmanager
async def opened(url: str, folder: Path, **jobs: Any) -> AsyncIterator[Desk]:
    kinds = Kinds()
    async with client(app_on(url, folder, kinds, **jobs)) as http:
        yield Desk(http, kinds)


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[Desk]:  # noqa: F811
    async with opened(database_url, tmp_path) as desk:
        yield desk


@pytest.fixture
async def light(tmp_path: Path) -> AsyncIterator[Desk]:
    """The same on SQLite alone, for what no database decides."""
    async with opened(f"sqlite:///{tmp_path / 'light.db'}", tmp_path) as desk:
        yield desk


@pytest.fixture
def desk_with(database_url: str, tmp_path: Path) -> Any:  # noqa: F811
    """Opens a desk with settings of its own."""
    return lambda **jobs: opened(database_url, tmp_path, **jobs)


async def until(true: Callable[[], bool], patience: float = PATIENCE) -> None:
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end, "it did not become true"
        await asyncio.sleep(0.01)
