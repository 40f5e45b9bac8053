"""What this machine can do, step by step, for ``pegboard doctor``."""

import asyncio
import functools
from concurrent.futures import ThreadPoolExecutor

from pegboard import Ending, Isolation, Probe, Program, Run

from . import cgroup
from .jail import Jail
from .launch import StartFailed
from .levels import LAYERS
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
def probe(group: str = "") -> tuple[Probe, ...]:
    """Try every step in processes that are thrown away; once, for the machine does not change.

    `group` is the setting `cgroup`.
    """
    with ThreadPoolExecutor(1) as thread:  # the caller may be inside an event loop of its own
        return (*thread.submit(asyncio.run, _probe()).result(), _try_cgroup(group))


async def _probe() -> tuple[Probe, ...]:
    found: list[Probe] = []
    for level, steps in STEPS.items():
        found += await _try_level(level, steps)
    return tuple(found)


async def _try_level(level: Isolation, steps: tuple[str, ...]) -> list[Probe]:
    """The steps in their order: those before the one that fails work, those after it are not reached."""
    jail = Jail(FULL_PYTHON, ProcessSettings(workers=1, spare=False, prepared=0), LAYERS[level], None)
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
            found.append(Probe(name, False, failed.why, failed.fix))
            break
        found.append(Probe(name, True))
    if failed is not None and failed.step not in steps:
        found = [Probe(f"{level.name} {failed.step}", False, failed.why, failed.fix)]
    return found


def _try_cgroup(group: str) -> Probe:
    """With a group like a jail's, made and removed."""
    try:
        with cgroup.group_for_zygote(cgroup.parent_group(group), memory=1 << 30, processes=1):
            pass
    except StartFailed as failed:
        return Probe("L5 cgroup", False, failed.why, failed.fix)
    return Probe("L5 cgroup", True)
