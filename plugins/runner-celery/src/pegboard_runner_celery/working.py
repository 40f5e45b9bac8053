"""``pegboard worker``: Celery takes messages in a process of its own, jobs are carried out on the app's event loop."""

import asyncio
import os
import secrets
import socket
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import attrs
import structlog

from pegboard import Services, Settings
from pegboard_jobs import JobsSettings, Worker, announce, working
from pegboard_store import StoreProblem

from .consuming import Answer, Consuming
from .dispatching import NAME, BrokerInUse, CeleryDispatch

log = structlog.get_logger(__name__)


@attrs.frozen
class Messages:
    """What a message leads to: the job whose turn it is, whichever that is."""

    worker: Worker
    dispatch: CeleryDispatch
    limited: bool

    async def carry_out(self, again: bool) -> Answer:
        """The id of the job, or None where there is none to claim; nothing where this process is being stopped."""
        job = await self.worker.work_one()
        if job is None and self.worker.stopping:
            return ()
        if job is not None and (again or self.limited):
            with suppress(StoreProblem):  # those who look from time to time will find it
                await self.dispatch.again(seconds=0.0, most=1)
        return (job,)


async def work_until(services: Services, places: int, stop: asyncio.Event) -> None:
    """Carry out jobs until `stop` is set, or Celery is told to end; then running jobs may end for their `drain`.

    Raises SystemExit where Celery has ended by itself.
    """
    broker, dispatch = (await services.aget(BrokerInUse)).broker, await services.aget(CeleryDispatch)
    assert broker is not None, "it is opened where it is chosen"
    async with working(services, places, by_itself=False) as worker:
        name = f"{broker.settings.queue}-{os.getpid()}-{secrets.token_hex(3)}@{socket.gethostname()}"
        consuming = Consuming(Messages(worker, dispatch, is_limited(services)).carry_out)
        await consuming.start(broker.settings, places, name)
        await first_of(stop.wait(), consuming.ended.wait(), consuming.ready.wait())
        if consuming.ready.is_set():
            announce(places, NAME)
            await first_of(stop.wait(), consuming.ended.wait())
        consuming.stop_taking()
    code = await consuming.join()
    await dispatch.again(seconds=0.0)
    if code and not stop.is_set():
        log.error("runner-celery.consumer-ended", code=code)
        raise SystemExit(1)


def is_limited(services: Services) -> bool:
    """Whether a message may find a job that waits and must not begin yet."""
    section = services.get(Settings).of(JobsSettings)
    return bool(section.running or section.running_per_user or section.running_per_subject or section.subjects)


async def first_of(*waiting: Coroutine[Any, Any, Any]) -> None:
    """Until one of them has ended; the others are cancelled."""
    tasks = [asyncio.create_task(each) for each in waiting]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
