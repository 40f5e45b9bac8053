"""Servers and workers as processes, and a desk at which trials are submitted and looked at."""

import asyncio
import re
import secrets
import signal
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import anyio
import attrs
import httpx

from pegboard.testing import Forking, ServerProcess, caller, forking
from pegboard_jobs.job import FINAL
from pegboard_store.testing import LATE

PROGRAM = Path(__file__).with_name("program.py")
PATIENCE = 60.0
LOOK = 0.02
LINE = re.compile(r"attempt (\d+) line (\d+)")


@attrs.define
class WorkerProcess:
    """A ``pegboard worker``."""

    _process: ServerProcess

    @property
    def told(self) -> str:
        """What it has printed."""
        return self._process.output

    async def ready(self) -> None:
        """Wait until it takes jobs."""
        await self._process.printed("working on up to", PATIENCE)

    async def kill(self) -> None:
        """SIGKILL to it and everything in its group; returns when it is gone."""
        await self._process.kill()

    async def stop(self, patience: float = PATIENCE) -> int:
        """SIGTERM; its exit code."""
        self._process.signal(signal.SIGTERM)
        return await self._process.wait(patience)

    def check(self) -> None:
        """Raises AssertionError, with what it printed, if it has ended."""
        assert self._process.returncode is None, f"the worker ended:\n{self.told}"


@asynccontextmanager
async def origin(*modules: str) -> AsyncIterator[Forking]:
    """What servers and workers are forked from; `modules` are those that they import besides."""
    none = {"PEGBOARD_DISABLE": ",".join(entry_points(group="pegboard.plugin.v1").names)}
    async with forking(PROGRAM, preload=(*LATE, *modules), environ=none) as made:
        yield made


@attrs.define
class Stage:
    """A folder, a database and settings that servers and workers share."""

    folder: Path
    environ: Mapping[str, str]
    origin: Forking
    places: int = 2

    @asynccontextmanager
    async def server(self) -> AsyncIterator[ServerProcess]:
        async with self.origin.served(self.folder, environ=self.environ) as server:
            yield server

    async def worker(self) -> WorkerProcess:
        """Its end is the caller's to see to."""
        words = ("--data", str(self.folder), "worker", "--places", str(self.places))
        return WorkerProcess(await self.origin.started(*words, cwd=self.folder, environ=self.environ))


@attrs.define
class Desk:
    """Submits to a server, and looks at what becomes of it."""

    folder: Path
    http: httpx.AsyncClient

    def gate(self) -> str:
        """The name of a gate that is closed."""
        return f"gate-{secrets.token_hex(6)}"

    def open(self, *gates: str) -> None:
        for gate in gates:
            (self.folder / gate).touch()

    async def submit(self, user: str = "ann", **trial: Any) -> list[str]:
        answer = await self.http.post("/trials", json=trial, headers=caller("*", id=user))
        assert answer.status_code == 201, answer.text
        found: list[str] = answer.json()["jobs"]
        return found

    async def wake(self, count: int) -> None:
        answer = await self.http.post("/wake", json={"count": count})
        assert answer.status_code == 204, answer.text

    async def job(self, identifier: str) -> dict[str, Any]:
        found: dict[str, Any] = await self._get(f"/api/jobs/{identifier}")
        return found

    async def attempts(self, identifier: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self._get(f"/api/jobs/{identifier}/attempts")
        return found

    async def log(self, identifier: str) -> str:
        answer = await self.http.get(f"/api/jobs/{identifier}/logs")
        assert answer.status_code == 200, answer.text
        return answer.text

    async def lines(self, identifier: str, attempt: int) -> list[int]:
        """Which lines of an attempt the log has, in their order."""
        found = [LINE.fullmatch(line) for line in (await self.log(identifier)).splitlines()]
        return [int(match[2]) for match in found if match and int(match[1]) == attempt]

    async def until(self, identifier: str, true: Callable[[dict[str, Any]], bool], what: str) -> dict[str, Any]:
        """Look until it is so. Raises AssertionError with how the job is."""
        job = await self.job(identifier)
        try:
            with anyio.fail_after(PATIENCE):
                while not true(job):
                    await asyncio.sleep(LOOK)
                    job = await self.job(identifier)
        except TimeoutError:
            raise AssertionError(f"a job is not {what} after {PATIENCE:g} s: {job}") from None
        return job

    async def running(self, identifier: str, attempt: int = 1) -> dict[str, Any]:
        """Wait until that attempt has written its lines."""
        return await self.until(
            identifier,
            lambda job: job["state"] == "running" and job["attempts"] == attempt and job["log_lines"] > 0,
            f"in its attempt {attempt}",
        )

    async def ended(self, *identifiers: str) -> Sequence[dict[str, Any]]:
        return [await self.until(one, lambda job: job["state"] in FINAL, "ended") for one in identifiers]

    def begun(self, identifier: str) -> int:
        """How often it was begun, by whichever process."""
        file = self.folder / "begun"
        return sum(line.split()[0] == identifier for line in file.read_text().splitlines()) if file.exists() else 0

    async def _get(self, path: str) -> Any:
        answer = await self.http.get(path)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        return answer.json()


@asynccontextmanager
async def desk_at(stage: Stage, url: str) -> AsyncIterator[Desk]:
    """Of somebody who sees all jobs."""
    headers = caller("*", id="admin")
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE, trust_env=False, headers=headers) as http:
        yield Desk(stage.folder, http)
