"""Ten thousand calls, and hundreds that end badly, leave nothing behind: no descriptor, process, file or memory."""

import asyncio
import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from pegboard import Ending, Limits, Program, Run, Sandbox
from sandboxes.kinds import JAILED, opened
from sandboxes.level import MEGABYTE, Level, zygotes

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

CALLS, WARM_UP, BAD = 10_000, 500, 500
CALLERS = 16
GROWTH = 3 * MEGABYTE
"""A leak of 300 bytes in each call would be more. A heap that has found its size moves by less: its free blocks are of
other sizes each time."""

OBJECTS = 500
"""A leak of one object in twenty calls would be more. The logs and the event loop keep some for a while."""

Step = Callable[[int], Coroutine[Any, Any, object]]


async def repeat(count: int, step: Step) -> None:
    """`step(number)` for each number below `count`, by so many callers at once."""
    numbers = iter(range(count))

    async def caller() -> None:
        for number in numbers:
            await step(number)

    await asyncio.gather(*(caller() for _ in range(CALLERS)))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where this process works and keeps what is temporary; nothing may be left there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield tmp_path
    assert os.listdir(tmp_path) == []


@asynccontextmanager
async def leaving_nothing(idle: int, patience: float = 10.0) -> AsyncIterator[None]:
    """After what is done here everything is as it was before, but for `idle` processes that stay for further calls."""
    before = Level.take()
    yield
    most = len(before.census.processes) + idle
    await before.census.back(
        lambda now: not now.zombies and len(now.processes) <= most and now.fds <= before.census.fds + 3 * idle, patience
    )
    after = Level.take()
    assert after.threads == before.threads
    assert after.cgroups == before.cgroups
    assert after.objects - before.objects < OBJECTS
    assert after.memory - before.memory < GROWTH
    assert len(after.zygotes) == len(before.zygotes)
    assert max(after.zygotes.values()) - max(before.zygotes.values()) < GROWTH


async def spare_is_there(others: Iterable[int]) -> None:
    """A jail starts its second zygote after a while; it is no leak. `others` are of jails that were there before."""
    async with asyncio.timeout(20):
        while len(set(zygotes()).difference(others)) < 2:  # noqa: ASYNC110  no event tells of a process's start
            await asyncio.sleep(0.05)


BODIES = ("return 1", "return [n for n in range(100)]", "print('x' * 1000)", "return {'a': 'b' * 3000}", "1 / 0", "y =")


def fresh(sandbox: Sandbox) -> Step:
    async def call(number: int) -> None:
        outcome = await sandbox.run(Run(f"tenant {number % 3}", Program(BODIES[number % len(BODIES)])))
        assert outcome.ending in (Ending.RESULT, Ending.EXCEPTION, Ending.VIOLATION), outcome

    return call


def warm(sandbox: Sandbox) -> Step:
    """Each caller makes some forty calls of one program of one tenant, then of another: workers come and go."""

    async def call(number: int) -> None:
        program = number % CALLERS + number // (40 * CALLERS) * CALLERS
        await sandbox.run(Run(f"tenant {program % 3}", Program(f"{BODIES[program % len(BODIES)]}\n# {program}")))

    return call


def checks(sandbox: Sandbox) -> Step:
    async def check(number: int) -> None:
        source = f"{BODIES[number % len(BODIES)]}\n# {number}"
        found = await sandbox.check(f"tenant {number % 3}", Program(source), Limits())
        assert bool(found) == source.startswith("y ="), found

    return check


KINDS = {
    # settings, what is done, how often, how many processes may stay
    "process, fresh": ("process", {}, fresh, CALLS, 0),
    "restricted, warm": ("restricted", {"kept": CALLERS, "calls": 30}, warm, CALLS, CALLERS),
    "restricted, fresh": ("restricted", {"kept": 0}, fresh, 1_000, 0),
    "process, checks": ("process", {}, checks, 1_000, 0),
    "restricted, checks": ("restricted", {}, checks, 1_000, 0),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_thousands_of_calls_leave_nothing(kind: str, folder: Path) -> None:
    name, settings, step, count, idle = KINDS[kind]
    others = zygotes()
    async with opened(name, **{name: settings}) as sandboxes:
        await repeat(WARM_UP, step(sandboxes[name]))
        await spare_is_there(others)
        async with leaving_nothing(idle):
            await repeat(count, step(sandboxes[name]))


TENTH = Limits(wall=0.1)
ENDS_BADLY: dict[str, list[tuple[str, Limits]]] = {
    "any": [
        ("while True: pass", Limits(wall=0.02)),
        ("while True: print('x' * 1000)", Limits(wall=0.05, output=2000)),
        ("x = []\nwhile True: x.append('x' * 100000)", Limits(memory=48 * MEGABYTE)),
        ("return 'x' * 100000", Limits(result=1000)),
        ("def f(n): return f(n + 1)\nreturn f(0)", TENTH),
        ("return {1, 2}", TENTH),
        ("raise ValueError('no')", TENTH),
    ],
    "process": [
        ("import os\nos.abort()", TENTH),
        ("import ctypes\nctypes.string_at(0)", TENTH),
        ("import os\nos._exit(3)", TENTH),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", TENTH),
        ("import os\nwhile True: os.write(3, bytes(65536))", Limits(wall=1.0, result=1000)),
        ("import os\nfor n in range(8): os.close(n)\nreturn 1", TENTH),
        ("import time\ntime.sleep(60)", Limits(wall=0.02)),
        ("import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: pass", Limits(wall=0.02)),
        ("import sys\nsys.exit('no')", TENTH),
        ("while True: pass", Limits(wall=1.0, cpu=0.01)),
    ],
    "restricted": [
        ("import re\nre.match('(a+)+$', 'a' * 40 + 'b')", Limits(wall=0.02)),
        ("import time\ntime.sleep(0.05)", Limits(wall=0.02)),
        ("return 10 ** 10 ** 8", Limits(wall=0.02)),
    ],
}  # fmt: skip


def badly(sandbox: Sandbox, name: str) -> Step:
    """Every seventh caller leaves in the middle of its call."""
    programs = ENDS_BADLY["any"] + ENDS_BADLY[name]

    async def call(number: int) -> None:
        source, limits = programs[number % len(programs)]
        task = asyncio.create_task(sandbox.run(Run(f"tenant {number % 3}", Program(source), limits=limits)))
        if number % 7 == 0:
            await asyncio.wait([task], timeout=0.005)
            task.cancel()
        [outcome] = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(outcome, asyncio.CancelledError) or outcome.ending is not Ending.RESULT, (source, outcome)

    return call


@pytest.mark.parametrize("name", JAILED)
async def test_hundreds_of_calls_that_end_badly_leave_nothing(name: str, folder: Path) -> None:
    others = zygotes()
    async with opened(name, restricted={"kept": 8}) as sandboxes:
        step = badly(sandboxes[name], name)
        await repeat(len(ENDS_BADLY["any"]) * 10, step)
        await spare_is_there(others)
        async with leaving_nothing(8 if name == "restricted" else 0):
            await repeat(BAD, step)
        assert (await sandboxes[name].run(Run("tenant 1", Program("return 1")))).result == b"1"


async def test_a_leak_is_seen(folder: Path) -> None:
    """What is left behind fails the check above, each kind of it."""
    kept: list[Any] = []
    leaks: dict[str, Callable[[], Any]] = {
        "descriptors": lambda: kept.append(os.open(os.devnull, os.O_RDONLY)),
        "zombie": lambda: kept.append(subprocess.Popen(["true"])),
        "objects": lambda: kept.extend([[] for _ in range(OBJECTS)]),
        "memory": lambda: kept.append(os.urandom(2 * GROWTH)),
    }
    for leak in leaks.values():
        with pytest.raises(AssertionError):
            async with leaving_nothing(0, patience=0.2):
                leak()
    os.close(kept[0])
    kept[1].wait()
