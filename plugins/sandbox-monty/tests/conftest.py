"""The sandbox that the plugin provides, as the tests call it."""

import asyncio
import json
import os
import textwrap
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest

from pegboard import Argument, Ending, Limits, Outcome, Program, Run
from pegboard.testing.census import children
from pegboard_sandbox_monty import Monty, MontySettings, open_monty

REQUEST: dict[str, Any] = {
    "method": "POST",
    "path": "/e/report",
    "headers": [["User-Agent", "test"], ["X-Tag", "a"], ["x-tag", "b"]],
    "query_params": [["sort", "name"], ["sort", "date"]],
    "path_params": {"region": "north"},
    "body": '{"n": 1}',
}
USER = {"id": "u1", "username": "ada", "email": "ada@example.org"}


def logic(source: str) -> str:
    """`source` as a program: as it is where it defines the entry, otherwise as the entry's body."""
    source = textwrap.dedent(source).strip("\n")
    if "def process" in source:
        return source
    return "def process_data(data, request, user):\n" + textwrap.indent(source, "    ")


@attrs.frozen
class Desk:
    """One open sandbox."""

    sandbox: Monty

    async def run(self, source: str, data: Any = None, tenant: str = "tenant", **parts: Any) -> Outcome:
        """Logic as endpoints have it: with data, a request and a user."""
        arguments = tuple(
            Argument(json.dumps(value).encode(), kind)  # type: ignore[arg-type]
            for value, kind in ((data, "value"), (REQUEST, "request"), (USER, "object"))
        )
        program = Program(logic(source), "process_data")
        return await self.sandbox.run(Run(tenant, program, arguments, **parts))

    async def value(self, source: str, data: Any = None, **parts: Any) -> Any:
        """The result of logic that must have one."""
        outcome = await self.run(source, data, **parts)
        assert outcome.ending is Ending.RESULT, (outcome.failure, outcome.violations)
        return json.loads(outcome.result)

    async def body(self, source: str, *arguments: Argument, tenant: str = "tenant", **parts: Any) -> Outcome:
        """A program without an entry."""
        return await self.sandbox.run(Run(tenant, Program(textwrap.dedent(source)), arguments, **parts))


SPIN = "print('began')\nwhile True: pass"
LONG = Limits(wall=60.0)


async def until(condition: Callable[[], bool], patience: float = 10.0) -> None:
    async with asyncio.timeout(patience):
        while not condition():  # noqa: ASYNC110  processes of the kernel's have no event to wait for
            await asyncio.sleep(0.01)


class Began:
    """A call that runs, and the moment when its program began."""

    def __init__(self, desk: Any, source: str = SPIN, **parts: Any) -> None:
        self.event = asyncio.Event()
        parts = {"limits": LONG, **parts}
        self.task: asyncio.Task[Outcome] = asyncio.create_task(
            desk.run(source, sink=lambda stream, data: self.event.set(), **parts)
        )

    async def wait(self) -> "Began":
        async with asyncio.timeout(20):
            await self.event.wait()
        return self


OpenDesk = Callable[..., AbstractAsyncContextManager[Desk]]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def given() -> dict[str, Any]:
    """What every call of logic is given besides its data."""
    return {"request": REQUEST, "user": USER}


@pytest.fixture(scope="session")
def as_program() -> Callable[[str], str]:
    return logic


@pytest.fixture(scope="session")
def open_desk() -> OpenDesk:
    @asynccontextmanager
    async def opener(workers: int = 1, **settings: Any) -> AsyncIterator[Desk]:
        async with open_monty(MontySettings(workers=workers, allow_weak_isolation=True, **settings)) as sandbox:
            yield Desk(sandbox)

    return opener


@pytest.fixture(scope="session")
async def desk(anyio_backend: str, open_desk: OpenDesk) -> AsyncIterator[Desk]:
    async with open_desk(workers=2) as opened:
        yield opened


@pytest.fixture
def supervisors() -> Callable[[], list[int]]:
    """The supervisors that this process has started."""

    def look() -> list[int]:
        ours = [pid for pid in children(os.getpid()) if b"supervisor" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        return sorted(ours)

    return look


@pytest.fixture(scope="session", name="until")
def _until() -> Callable[..., Awaitable[None]]:
    """Wait for a condition, ten seconds at most."""
    return until


@pytest.fixture(scope="session")
def began() -> type[Began]:
    return Began
