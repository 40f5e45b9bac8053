"""The dispatcher ``celery``: messages wake workers, rows say what is to be done."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import attrs
import structlog

from pegboard import Services, Settings, StartupError
from pegboard_jobs import JobDispatcher, JobsSettings, waiting
from pegboard_store import StoreProblem

from .settings import RunnerCelerySettings

if TYPE_CHECKING:
    from .broker import Broker
    from .sending import Sender

NAME = "celery"
log = structlog.get_logger(__name__)


@attrs.frozen
class BrokerInUse:
    """The broker; None where another dispatcher is chosen, and then Celery is not even imported."""

    broker: "Broker | None"

    @classmethod
    def of(cls, services: Services) -> "BrokerInUse":
        """Raises StartupError where the broker has no address."""
        settings = services.get(Settings)
        if settings.of(JobsSettings).dispatcher != NAME:
            return cls(None)
        section = settings.of(RunnerCelerySettings)
        if not section.broker.reveal():
            raise StartupError(
                "runner-celery: broker is missing: set plugins.runner-celery.broker or CELERY_BROKER_URL to"
                " redis://host:6379/0 or amqp://user:password@host:5672/, or plugins.jobs.dispatcher to local"
            )
        from .broker import Broker

        return cls(Broker.of(section))

    async def ping(self) -> str:
        """Raises BrokerAway."""
        if self.broker is None:
            return 'not in use: plugins.jobs.dispatcher is not "celery"'
        return await asyncio.to_thread(self.broker.ping)


@attrs.frozen
class CeleryDispatch:
    """Messages of this process; `again` is for jobs that wait though they could have been claimed."""

    services: Services
    broker: "Broker"
    sender: "Sender"

    def ready(self, count: int) -> None:
        self.sender.ready(count)

    async def again(self, seconds: float, most: int = 1000) -> None:
        """Look for up to so many jobs that have waited for so long, and tell of them again. Raises StoreProblem."""
        if count := await waiting(self.services, seconds, most):
            self.sender.again(count)

    async def look(self) -> None:
        """Again and again until it is cancelled, at other moments than other processes do."""
        resend = self.broker.settings.resend
        while True:
            await asyncio.sleep(resend * random.uniform(0.5, 1.0))
            try:
                await self.again(seconds=resend)
            except StoreProblem as problem:
                log.warning("runner-celery.not-looked-for-jobs", reason=str(problem))


async def open_celery(services: Services) -> AsyncIterator[CeleryDispatch]:
    """The service of that type."""
    from .sending import Sender

    broker = (await services.aget(BrokerInUse)).broker
    assert broker is not None, "it is opened where it is chosen"
    dispatch = CeleryDispatch(services, broker, Sender(broker))
    dispatch.sender.start()
    looking = asyncio.create_task(dispatch.look())
    try:
        yield dispatch
    finally:
        looking.cancel()
        await asyncio.wait([looking])
        await asyncio.to_thread(dispatch.sender.close)


@asynccontextmanager
async def open_dispatch(services: Services) -> AsyncIterator[CeleryDispatch]:
    yield await services.aget(CeleryDispatch)


async def work(services: Services, places: int, stop: asyncio.Event) -> None:
    """Carry out jobs until `stop` is set, or Celery is told to end."""
    from .working import work_until

    await work_until(services, places, stop)


CELERY = JobDispatcher(NAME, "Celery brings jobs to workers, over Redis or RabbitMQ", open=open_dispatch, work=work)
