"""Jails of every kind that the tests need, and a look at the processes behind them."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, NoReturn

import anyio
import pytest

from pegboard import Limits, Outcome, Program, Run
from pegboard.testing.census import children, descendants
from pegboard_sandbox_process import FULL_PYTHON, Jail, ProcessSettings, Warmth, open_jail
from pegboard_sandbox_process.launch import StartFailed
from pegboard_sandbox_process.probe import probe

OpenLayers = Callable[..., AbstractAsyncContextManager[Jail]]

FOREVER = Run("t", Program("print('running')\nwhile True: pass"), limits=Limits(wall=30))


def absent(why: str) -> NoReturn:
    """Skips, loudly; fails where all that the tests need has to be there, or nobody would see that nothing ran."""
    if os.environ.get("PEGBOARD_TEST_REQUIRE_SERVICES") == "1":
        pytest.fail(why)
    pytest.skip(why)


@pytest.fixture(scope="session", name="absent")
def absent_fixture() -> Callable[[str], NoReturn]:
    return absent


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def namespaces() -> None:
    """For tests of what a machine without namespaces cannot do."""
    failed = [f"{each.step}: {each.why}" for each in probe() if each.step.startswith("L4") and not each.works]
    if failed:
        absent(f"needs isolation level 4, which this machine refuses: {'; '.join(failed)}")


@pytest.fixture(scope="module")
async def jail(namespaces: None) -> AsyncIterator[Jail]:
    async with open_jail(FULL_PYTHON, ProcessSettings(workers=2, max_level=4, spare=False, prepared=0)) as opened:
        yield opened


@pytest.fixture(scope="module")
def open_layers() -> OpenLayers:
    """A jail of just these layers, to test each of them with the others switched off."""

    @asynccontextmanager
    async def opener(*layers: str, workers: int = 2, warmth: Warmth | None = None) -> AsyncIterator[Jail]:
        opened = Jail(FULL_PYTHON, ProcessSettings(workers=workers, spare=False, prepared=0), layers, None, warmth)
        try:
            await opened.open()
        except StartFailed as failed:
            absent(f"this machine has no {'+'.join(layers)}: {failed}")
        try:
            yield opened
        finally:
            await opened.aclose()

    return opener


@pytest.fixture
def run(jail: Jail) -> Callable[..., object]:
    """Run a body of Python in the module's jail."""

    async def runner(source: str, **limits: float) -> Outcome:
        return await jail.run(Run("tenant", Program(source), limits=Limits(**{"wall": 3.0, **limits})))  # type: ignore[arg-type]

    return runner


@pytest.fixture(name="given")
def given_fixture(jail: Jail) -> Callable[..., object]:
    """Run a body of Python with standard input and files."""

    async def runner(source: str, stdin: bytes = b"", limits: Limits = Limits(), **files: bytes) -> Outcome:  # noqa: B008
        named = {name.replace("_", "."): content for name, content in files.items()}
        return await jail.run(Run("tenant", Program(source), limits=limits, stdin=stdin, files=named))

    return runner


class Family:
    """The launchers that a test's jail has, oldest first, and their zygotes."""

    def __init__(self) -> None:
        self._before = set(children(os.getpid()))
        self.descriptors = len(os.listdir("/proc/self/fd"))

    def launchers(self) -> list[int]:
        return sorted(set(children(os.getpid())) - self._before)

    def zygotes(self) -> list[int]:
        return [zygote for launcher in self.launchers() for zygote in children(launcher)]

    def is_gone(self) -> bool:
        return not self.launchers() and len(os.listdir("/proc/self/fd")) <= self.descriptors


@pytest.fixture
def family(namespaces: None) -> Iterator[Family]:
    family = Family()
    yield family
    assert family.is_gone(), f"processes {family.launchers()} or descriptors are left behind"


@pytest.fixture(name="descendants")
def _descendants() -> Callable[[], list[int]]:
    """All processes below this one, zombies included."""
    return descendants


@pytest.fixture
def until() -> Callable[[Callable[[], bool], str], Coroutine[Any, Any, None]]:
    """Wait for what the kernel has no event for."""

    async def wait(true: Callable[[], bool], what: str) -> None:
        with anyio.move_on_after(20):
            while not true():  # noqa: ASYNC110
                await anyio.sleep(0.005)
        assert true(), what

    return wait


@pytest.fixture
def started() -> Callable[..., Coroutine[Any, Any, "asyncio.Task[Outcome]"]]:
    """A task whose program is running: it has printed something."""

    async def start(jail: Jail, run: Run = FOREVER) -> "asyncio.Task[Outcome]":
        running = asyncio.Event()
        program = Run(run.tenant, run.program, limits=run.limits, sink=lambda stream, data: running.set())
        task = asyncio.create_task(jail.run(program))
        await asyncio.wait_for(running.wait(), 20)
        return task

    return start
