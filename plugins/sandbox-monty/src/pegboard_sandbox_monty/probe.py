"""Whether this machine can run programs at all, for ``pegboard doctor``."""

import asyncio
import functools
from concurrent.futures import ThreadPoolExecutor

from pegboard import Ending, Probe, Program, Run

from .process import StartFailed
from .sandbox import Monty
from .settings import MontySettings

FIX = "pip install pydantic-monty; or set binary under [plugins.sandbox-monty] to a monty that this machine runs"


@functools.cache
def probe(settings: MontySettings) -> tuple[Probe, ...]:
    """Run a trial program in processes that are thrown away; once, for the machine does not change."""
    with ThreadPoolExecutor(1) as thread:  # the caller may be inside an event loop of its own
        return (thread.submit(asyncio.run, _try(settings)).result(),)


async def _try(settings: MontySettings) -> Probe:
    sandbox = Monty(settings)
    try:
        await sandbox.open()
        ended = await sandbox.run(Run("", Program("return 1")))
    except StartFailed as failed:
        return Probe("L1 interpreter", False, str(failed), FIX)
    finally:
        await sandbox.aclose()
    if ended.ending is not Ending.RESULT:
        return Probe("L1 interpreter", False, f"a trial program ended as {ended.ending}: {ended.failure}", FIX)
    return Probe("L1 interpreter", True)
