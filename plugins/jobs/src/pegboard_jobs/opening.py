"""The services of this plugin."""

from collections.abc import AsyncIterator

import attrs

from pegboard import Registries, Services, Settings
from pegboard_store import Store

from .artifacts import Artifacts
from .background import background
from .clock import Clock
from .dispatching import Dispatch, JobDispatcher, LocalDispatch
from .endings import Endings
from .hub import Hub, open_hub
from .jobs import Jobs
from .kinds import JobListener
from .log_files import LogFiles
from .queueing import Queue
from .settings import JobsSettings
from .sweeping import Sweeper
from .working import Worker, working


@attrs.frozen
class Dispatching:
    """The dispatcher that the settings name, open."""

    dispatch: Dispatch


@attrs.frozen
class Working:
    """The worker of a process that serves; None where it has no places, or where another program works."""

    worker: Worker | None


async def open_dispatch(services: Services) -> AsyncIterator[Dispatching]:
    name = services.get(Settings).of(JobsSettings).dispatcher
    async with services.get(Registries)[JobDispatcher].get(name).open(services) as dispatch:
        yield Dispatching(dispatch)


async def open_local(services: Services) -> LocalDispatch:
    return LocalDispatch()


async def open_hub_of(services: Services) -> AsyncIterator[Hub]:
    async with open_hub(await services.aget(Store)) as hub:
        yield hub


async def open_jobs(services: Services) -> Jobs:
    store, section = await services.aget(Store), services.get(Settings).of(JobsSettings)
    clock, dispatching = Clock(store.dialect), await services.aget(Dispatching)
    artifacts = Artifacts(store, clock, section)
    hub, endings = await services.aget(Hub), _endings(services, clock)
    local = await services.aget(LocalDispatch)
    return Jobs(store, Queue(clock, section), hub, endings, artifacts, dispatching.dispatch, local)


async def open_sweeper(services: Services) -> AsyncIterator[Sweeper]:
    settings, store = services.get(Settings), await services.aget(Store)
    clock, dispatching = Clock(store.dialect), await services.aget(Dispatching)
    section, endings = settings.of(JobsSettings), _endings(services, clock)
    files = LogFiles.within(settings.kernel.log.folder)
    sweeper = Sweeper(store, clock, section, endings, dispatching.dispatch, settings.kernel.data, files)
    async with background(sweeper.run):
        yield sweeper


async def open_working(services: Services) -> AsyncIterator[Working]:
    section = services.get(Settings).of(JobsSettings)
    if section.dispatcher != "local" or not section.workers:
        yield Working(None)
        return
    async with working(services, section.workers) as worker:
        yield Working(worker)


def _endings(services: Services, clock: Clock) -> Endings:
    return Endings(clock, services, tuple(services.get(Registries)[JobListener]))
