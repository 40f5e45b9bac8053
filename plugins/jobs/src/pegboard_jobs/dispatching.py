"""Who brings jobs to workers. The rows are the truth: a dispatcher only says that there is something to claim."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Protocol

import attrs
import click
from attrs.validators import matches_re

from pegboard import NoConfig, Services

from .kinds import NAME

if TYPE_CHECKING:
    from .working import Worker


class Dispatch(Protocol):
    """An open dispatcher."""

    def ready(self, count: int) -> None:
        """So many jobs more can be claimed, their rows are committed. It must neither wait nor raise.

        What it cannot tell is told again: jobs that nobody has claimed are looked for from time to time.
        """
        ...


@attrs.frozen
class JobDispatcher:
    """A way to workers. `work(services, places, stop)` is what ``pegboard worker`` does until `stop` is set.

    It calls `announce` when it takes jobs.
    """

    name: str = attrs.field(validator=matches_re(NAME))
    summary: str
    config: type = NoConfig
    open: Callable[[Services], AbstractAsyncContextManager[Dispatch]] = attrs.field(kw_only=True)
    work: Callable[[Services, int, asyncio.Event], Awaitable[None]] = attrs.field(kw_only=True)


class LocalDispatch:
    """Wakes the workers of this process; those of others look for themselves, some times in a second."""

    def __init__(self) -> None:
        self.workers: list[Worker] = []

    def ready(self, count: int) -> None:
        for worker in self.workers:
            worker.wake()

    @contextmanager
    def waking(self, worker: "Worker") -> Iterator[None]:
        self.workers.append(worker)
        try:
            yield
        finally:
            self.workers.remove(worker)


def announce(places: int, dispatcher: str) -> None:
    """Tell whoever started ``pegboard worker`` that it takes jobs."""
    click.echo(f"pegboard: working on up to {places} jobs at a time ({dispatcher})", err=True)


async def work_here(services: Services, places: int, stop: asyncio.Event) -> None:
    """A process that works and serves nothing."""
    from .working import working

    async with working(services, places):
        announce(places, LOCAL.name)
        await stop.wait()


@asynccontextmanager
async def open_local(services: Services) -> AsyncIterator[LocalDispatch]:
    yield await services.aget(LocalDispatch)


LOCAL = JobDispatcher("local", "Workers look into the database", open=open_local, work=work_here)
