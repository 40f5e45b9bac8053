"""What this machine can do, step by step, for ``pegboard doctor``."""

import asyncio
import functools
from concurrent.futures import ThreadPoolExecutor

from pegboard import Ending, Isolation, Probe, Program, Run

from . import cgroup
from .jail import Jail
from .launch import StartFailed
from .levels import FIXES, LAYERS
from .profile import FULL_PYTHON
from .settings import ProcessSettings

STEPS = {
    Isolation.L4: (
        "start", "user-namespace", "id-map", "namespaces", "import", "private-root", "capabilities", "no-new-privs",
        "seccomp"
    ),
    Isolation.L3: ("landlock",),
}  # fmt: skip


@functools.cache
def probe() -> tuple[Probe, ...]:
    """Try every step in processes that are thrown away; once, for the machine does not change."""
    with ThreadPoolExecutor(1) as thread:  # the caller may be inside an event loop of its own
        return thread.submit(asyncio.run, _probe()).result()


async def _probe() -> tuple[Probe, ...]:
    found: list[Probe] = []
    for level, steps in STEPS.items():
        found += await _try_level(level, steps)
    return (*found, _try_cgroup())


async def _try_level(level: Isolation, steps: tuple[str, ...]) -> list[Probe]:
    """The steps in their order: those before the one that fails work, those after it are not reached."""
    jail = Jail(FULL_PYTHON, ProcessSettings(workers=1), LAYERS[level], None)
    failed: StartFailed | None = None
    try:
        await jail.open()
        ended = await jail.run(Run("", Program("return 1")))
        if ended.ending is not Ending.RESULT:
            failed = StartFailed("run", f"a trial program ended as {ended.ending}: {ended.failure}")
    except StartFailed as error:
        failed = error
    finally:
        await jail.aclose()
    return _report(level, (*steps, "run"), failed)


def _report(level: Isolation, steps: tuple[str, ...], failed: StartFailed | None) -> list[Probe]:
    found: list[Probe] = []
    for step in steps:
        name = f"{level.name} {step}"
        if failed is not None and failed.step == step:
            found.append(Probe(name, False, failed.why, FIXES.get(step, "")))
            break
        found.append(Probe(name, True))
    if failed is not None and failed.step not in steps:
        found = [Probe(f"{level.name} {failed.step}", False, failed.why, FIXES.get(failed.step, ""))]
    return found


def _try_cgroup() -> Probe:
    try:
        cgroup.require_delegated(cgroup.own_group())
    except StartFailed as failed:
        return Probe("L5 cgroup", False, failed.why, FIXES["cgroup"])
    return Probe("L5 cgroup", True)
