"""Executes waiting runs in this process: as many at a time as the settings say, wherever they were started.

A plugin that brings queues can take this over: set `runs` to 0, find waiting runs with `runs.waiting`, and give each
claimed lease to `Execution.run`.
"""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import anyio
import structlog
from anyio.abc import TaskGroup

from pegboard_store import Lookout, Store, StoreProblem

from . import leases, runs
from .execution import Execution
from .leases import Lease
from .runs import Run
from .settings import IntegrationsSettings

log = structlog.get_logger(__name__)

TICK = 2.0
"""Seconds between two looks for runs that other processes started or left behind, at the most."""


class Runner:
    """The runs that this process executes."""

    def __init__(self, store: Store, execution: Execution, settings: IntegrationsSettings) -> None:
        self.owner = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._store = store
        self._execution = execution
        self._settings = settings
        self._news = asyncio.Event()
        self._going: set[str] = set()
        self._lookout = Lookout(store)

    def wake(self) -> None:
        """There is a new run, or one that is to be cancelled."""
        self._news.set()

    async def claim(self, run: Run) -> Lease | None:
        async with self._store.begin() as session:
            return await leases.claim(session, run, self.owner, self._settings.lease_seconds)

    async def execute(self, run: Run) -> bool:
        """Execute a run here and now; False where another process has it."""
        lease = await self.claim(run)
        if lease is not None:
            await self._execution.run(lease)
        return lease is not None

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Look for runs and execute them, until the end; what is under way then is given back for others."""
        task = asyncio.create_task(self._serve())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def _serve(self) -> None:
        async with anyio.create_task_group() as group:
            while True:
                self._news.clear()
                try:
                    await self._look(group)
                except StoreProblem as problem:
                    log.warning("integrations.runs-not-read", reason=problem.detail)
                with anyio.move_on_after(min(TICK, self._settings.lease_seconds / 2)):
                    await self._news.wait()

    async def _look(self, group: TaskGroup) -> None:
        free = self._settings.runs - len(self._going)
        if free <= 0:
            return
        for run in await self._lookout.look(partial(runs.waiting, limit=free), runs.next_end):
            lease = await self.claim(run)
            if lease is not None:
                self._going.add(run.id)
                group.start_soon(self._run, lease)

    async def _run(self, lease: Lease) -> None:
        try:
            await self._execution.run(lease)
        except Exception as error:
            # one run must not take the others with it
            log.error("integrations.run-broken", run=lease.run.id, exc_info=error)
        finally:
            self._going.discard(lease.run.id)
            self.wake()
