"""What the page says of the sandboxes that people use."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

import pegboard_sandbox_process
import pegboard_sandbox_restricted
from pegboard import Limits, Program, Run, Sandboxes, Services, Settings, hookimpl

pytestmark = pytest.mark.anyio

PATIENCE = 30
QUICK = Run("acme", Program("return 1"))
ENDLESS = Run("acme", Program("while True: pass"), limits=Limits(wall=PATIENCE))
PLUGINS = {"sandbox-process": pegboard_sandbox_process, "sandbox-restricted": pegboard_sandbox_restricted}


class Opener:
    """A plugin that opens sandboxes for the test."""

    services: Services

    @hookimpl
    def pegboard_services(self, registry: Any, settings: Settings) -> None:
        def opened(services: Services) -> Opener:
            self.services = services
            return self

        registry.offer(Opener, opened, eager=True)


@pytest.mark.parametrize("name", ["process", "restricted"])
async def test_the_page_follows_a_sandbox_at_work(
    name: str, serve: Callable[..., Awaitable[str]], scrape: Callable[..., Awaitable[Any]]
) -> None:
    opener = Opener()
    url = await serve(opener=opener, **PLUGINS)
    sandbox = await opener.services.get(Sandboxes).open(name)

    async def value(metric: str, **labels: str) -> float:
        return (await scrape(url))(f"pegboard_sandbox_{metric}", sandbox=name, **labels)  # type: ignore[no-any-return]

    async def becomes(metric: str, wanted: float) -> None:
        async with asyncio.timeout(PATIENCE):
            while await value(metric) != wanted:
                pass

    for _ in range(3):
        assert (await sandbox.run(QUICK)).ending == "result"
    assert await value("calls_total", ending="result") == 3
    assert await value("isolation_level") == sandbox.isolation
    under_way = asyncio.create_task(sandbox.run(ENDLESS))
    await becomes("running", 1)
    assert await value("processes") >= 1
    under_way.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await under_way
    await becomes("running", 0)
