"""``pegboard`` with trials: jobs that do what a test wants of them. The suite runs this file as server and worker.

``TRIAL_PLUGINS`` names the modules of further plugins: ``runner-celery=pegboard_runner_celery``.
"""

import asyncio
import os
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import attrs

import pegboard_jobs
import pegboard_store
from pegboard import Call, Problem, RouteSpec, Settings, hookimpl
from pegboard.board import Board
from pegboard.cli import Session, cli
from pegboard.logs import configure
from pegboard.testing import callers
from pegboard_jobs import JobKind, JobRun, Jobs, Submission
from pegboard_jobs.opening import Dispatching
from pegboard_store import Store

LOOK = 0.02  # seconds between two looks for a gate


@attrs.frozen
class Trial:
    """`count` jobs, each of which writes `lines` lines with a `pause` after each, and then waits until the file `gate`
    is there. Where `unique` is given, trials of that name are submitted once."""

    count: int = 1
    lines: int = 1
    pause: float = 0.0
    gate: str = ""
    priority: int = 0
    unique: str = ""
    roll_back: bool = False


@attrs.frozen
class Wakes:
    count: int = 1


async def carry_out(run: JobRun) -> int:
    """The lines say whose they are; the file `begun` has a line for each attempt, of whichever process."""
    folder = run.services.get(Settings).kernel.data
    _append(folder / "begun", f"{run.job.id} {run.job.number}")
    for line in range(run.job.payload["lines"]):
        await run.log(f"attempt {run.job.number} line {line}\n")
        await asyncio.sleep(run.job.payload["pause"])
    if run.job.payload["gate"]:
        await _opened(anyio.Path(folder / run.job.payload["gate"]))
    return run.job.number


async def _opened(gate: anyio.Path) -> None:
    while True:
        if await gate.exists():
            return
        await asyncio.sleep(LOOK)


def _append(path: Path, line: str) -> None:
    with path.open("a") as file:
        file.write(f"{line}\n")


async def submit(call: Call[Trial, None]) -> dict[str, Any]:
    """All in one transaction, which `roll_back` undoes."""
    trial, jobs = call.body, call.services.get(Jobs)
    payload = {"lines": trial.lines, "pause": trial.pause, "gate": trial.gate}
    made = []
    async with call.services.get(Store).begin() as session:
        for number in range(trial.count):
            unique = f"{trial.unique}-{number}" if trial.unique else ""
            submission = Submission("trial", payload, priority=trial.priority, unique=unique, attempts=50)
            made.append((await jobs.submit(call.caller, submission, session=session)).job.id)
        if trial.roll_back:
            raise Problem(409, "rolled-back", "as it was asked to be", extra={"jobs": made})
    return {"jobs": made}


async def wake(call: Call[Wakes, None]) -> None:
    """Say that there is something to claim, whether or not that is so."""
    (await call.services.aget(Dispatching)).dispatch.ready(call.body.count)


@hookimpl
def pegboard_routes() -> Iterator[RouteSpec]:
    yield RouteSpec("trials.submit", "/trials", submit, ("POST",), status=201, body=Trial, summary="Submit trials")
    yield RouteSpec("trials.wake", "/wake", wake, ("POST",), status=204, body=Wakes, summary="Wake workers")


@hookimpl
def pegboard_job_kinds() -> JobKind:
    return JobKind("trial", "A trial", run=carry_out)


class WithTrials(Session):
    @property
    def board(self) -> Board:
        if self._board is None:
            trials = SimpleNamespace(pegboard_routes=pegboard_routes, pegboard_job_kinds=pegboard_job_kinds)
            plugins: dict[str, Any] = {"jobs": pegboard_jobs, "store": pegboard_store}
            for further in os.environ.get("TRIAL_PLUGINS", "").split():
                name, _, module = further.partition("=")
                plugins[name] = import_module(module)
            plugins |= {"callers": callers, "trials": trials}
            self._board = Board.build(plugins=plugins, installed=False)
            configure(self._board.settings.kernel.log)
        return self._board


if __name__ == "__main__":
    cli.main(standalone_mode=False, obj=WithTrials())
