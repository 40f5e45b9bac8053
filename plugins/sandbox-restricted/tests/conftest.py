"""The language without its jail, as the tests call it, and the jail itself."""

import json
import os
import textwrap
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from typing import Any

import attrs
import pytest

from pegboard import Argument, Outcome, Problem, Program, Run
from pegboard_sandbox_process import ProcessSettings
from pegboard_sandbox_process.child import Job
from pegboard_sandbox_process.views import Object, Request
from pegboard_sandbox_restricted import Restricted, RestrictedSettings, open_restricted
from pegboard_sandbox_restricted.language import RestrictedPython

LIMITS = {"recursion": 100, "nesting": 10, "source": 65536, "result": 1 << 20}
REQUEST: dict[str, Any] = {
    "method": "GET",
    "path": "/e/report",
    "headers": [["User-Agent", "test"]],
    "query_params": [["sort", "priority"]],
    "path_params": {},
    "body": None,
}
USER = {"id": "u1", "username": "ada", "email": "ada@example.org"}


def logic(source: str) -> str:
    """`source` as a program: as it is where it defines the entry, otherwise as the entry's body."""
    source = textwrap.dedent(source).strip("\n")
    if "def process" in source:
        return source
    return "def process_data(data, request, user):\n" + textwrap.indent(source, "    ")


@attrs.frozen
class Bare:
    """The language in this process, with no jail around it."""

    language: RestrictedPython = attrs.field(factory=RestrictedPython)

    def program(self, source: str, entry: str | None) -> str:
        return logic(source) if entry == "process_data" else source

    def check(self, source: str, entry: str | None = "process_data", **limits: Any) -> list[dict[str, Any]]:
        return self.language.check(Job("check", self.program(source, entry), entry, [], {**LIMITS, **limits}))

    def run(self, source: str, data: Any = None, entry: str | None = "process_data", **limits: Any) -> Any:
        arguments = [data, Request(REQUEST), Object(USER)] if entry else []
        return self.language.execute(Job("run", self.program(source, entry), entry, arguments, {**LIMITS, **limits}))


@attrs.frozen
class Jailed:
    """The sandbox that the plugin provides."""

    sandbox: Restricted

    async def run(self, source: str, data: Any = None, tenant: str = "tenant", **parts: Any) -> Outcome:
        arguments = tuple(
            Argument(json.dumps(value).encode(), kind)  # type: ignore[arg-type]
            for value, kind in ((data, "value"), (REQUEST, "request"), (USER, "object"))
        )
        return await self.sandbox.run(Run(tenant, Program(logic(source), "process_data"), arguments, **parts))


OpenJailed = Callable[..., AbstractAsyncContextManager[Jailed]]


@pytest.fixture
def bare() -> Bare:
    return Bare()


@pytest.fixture(scope="session")
def as_program() -> Callable[[str], str]:
    return logic


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@contextmanager
def needing_a_jail() -> Iterator[None]:
    """Skips, loudly; fails where all that the tests need has to be there, or nobody would see that nothing ran."""
    try:
        yield
    except Problem as problem:
        if problem.code != "isolation-too-weak":
            raise
        if os.environ.get("PEGBOARD_TEST_REQUIRE_SERVICES") == "1":
            pytest.fail(f"this machine cannot jail: {problem.detail}")
        pytest.skip(f"this machine cannot jail: {problem.detail}")


@pytest.fixture(scope="session")
def jail_needed() -> Callable[[], AbstractContextManager[None]]:
    return needing_a_jail


@pytest.fixture(scope="session")
def open_jailed() -> OpenJailed:
    @asynccontextmanager
    async def opener(workers: int = 1, **settings: Any) -> AsyncIterator[Jailed]:
        with needing_a_jail():
            async with open_restricted(RestrictedSettings(**settings), ProcessSettings(workers=workers)) as sandbox:
                yield Jailed(sandbox)

    return opener


@pytest.fixture(scope="session")
async def jailed(anyio_backend: str, open_jailed: OpenJailed) -> AsyncIterator[Jailed]:
    async with open_jailed(workers=2) as opened:
        yield opened


@pytest.fixture
def descendants() -> Callable[[], list[int]]:
    """All processes below this one, zombies included."""

    def look(pid: int | None = None) -> list[int]:
        pid = pid or os.getpid()
        try:
            children = []
            for thread in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{thread}/children") as file:
                    children += [int(child) for child in file.read().split()]
        except (FileNotFoundError, ProcessLookupError):
            return []
        return children + [each for child in children for each in look(child)]

    return look
