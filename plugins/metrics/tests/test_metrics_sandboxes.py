"""What the page says of sandboxes, while programs run, wait and end."""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import attrs
import pytest

from pegboard import (
    Ending,
    Isolation,
    Limits,
    Load,
    Outcome,
    Program,
    Run,
    Sandboxes,
    SandboxProvider,
    Services,
    Settings,
    Violation,
    hookimpl,
)

pytestmark = pytest.mark.anyio

PATIENCE = 30
Serve = Callable[..., Awaitable[str]]
Scrape = Callable[..., Awaitable[Any]]


@attrs.define
class Subprocesses:
    """A `pegboard.Sandbox` that starts a Python for each call. It contains nothing."""

    places: int
    isolation: Isolation = Isolation.NONE
    running: int = 0
    waiting: int = 0
    waited: float = 0.0
    ended: Counter[Ending] = attrs.field(factory=Counter)
    free: asyncio.Semaphore = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.free = asyncio.Semaphore(self.places)

    @property
    def load(self) -> Load:
        return Load(self.places, self.running, self.waiting, self.running, dict(self.ended), self.waited)

    async def check(self, tenant: str, program: Program, limits: Limits) -> Sequence[Violation]:
        compiling = Program(f"compile({program.source!r}, '', 'exec')")
        outcome = await self.run(Run(tenant, compiling, limits=limits))
        return () if outcome.ending is Ending.RESULT else (Violation("SYNTAX", "", 1, 1, "is no Python"),)

    async def run(self, run: Run) -> Outcome:
        try:
            await self._place(run.limits.queue)
        except TimeoutError:
            return self._end(Ending.BUSY)
        self.running += 1
        try:
            return self._end(await self._process(run))
        finally:
            self.running -= 1
            self.free.release()

    async def _place(self, seconds: float) -> None:
        clock = asyncio.get_running_loop().time
        asked = clock()
        self.waiting += 1
        try:
            await asyncio.wait_for(self.free.acquire(), seconds)
        finally:
            self.waiting -= 1
            self.waited += clock() - asked

    async def _process(self, run: Run) -> Ending:
        argv = [sys.executable, "-ISc", run.program.source]
        child = await asyncio.create_subprocess_exec(*argv, stderr=asyncio.subprocess.DEVNULL)
        try:
            return Ending.EXCEPTION if await asyncio.wait_for(child.wait(), run.limits.wall) else Ending.RESULT
        except TimeoutError:
            return Ending.LIMIT
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()

    def _end(self, ending: Ending) -> Outcome:
        self.ended[ending] += 1
        return Outcome(ending, self.isolation)


@attrs.define
class Shop:
    """A plugin that brings such a sandbox, and hands the app's services to the test."""

    places: int = 1
    services: Any = None

    @hookimpl
    def pegboard_sandboxes(self, settings: Settings) -> SandboxProvider:
        @asynccontextmanager
        async def opened(services: Services) -> AsyncIterator[Subprocesses]:
            yield Subprocesses(self.places)

        return SandboxProvider("plain", "Plain processes", open=opened)

    @hookimpl
    def pegboard_services(self, registry: Any, settings: Settings) -> None:
        def opened(services: Services) -> Shop:
            self.services = services
            return self

        registry.offer(Shop, opened, eager=True)

    async def open(self) -> Any:
        return await self.services.get(Sandboxes).open("plain")


@attrs.define
class Gate:
    """Programs come here when they run, and go on when they are let through."""

    port: int = 0
    arrived: asyncio.Queue[asyncio.StreamWriter] = attrs.field(factory=asyncio.Queue)

    def run(self, **limits: float) -> Run:
        source = f"import socket; socket.create_connection(('127.0.0.1', {self.port})).recv(1)"
        return Run("acme", Program(source), limits=Limits(**{"wall": PATIENCE, **limits}))  # type: ignore[arg-type]

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self.arrived.put(writer)

    async def arrival(self) -> asyncio.StreamWriter:
        """Raises TimeoutError if no program comes."""
        return await asyncio.wait_for(self.arrived.get(), PATIENCE)


@pytest.fixture
async def gate() -> AsyncIterator[Gate]:
    made = Gate()
    server = await asyncio.start_server(made.meet, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()


async def test_calls_are_seen_running_and_waiting_while_they_do(serve: Serve, scrape: Scrape, gate: Gate) -> None:
    shop = Shop(places=1)
    url = await serve(shop=shop)
    sandbox = await shop.open()
    first = asyncio.create_task(sandbox.run(gate.run()))
    held = await gate.arrival()
    second = asyncio.create_task(sandbox.run(gate.run()))
    await asyncio.sleep(0)  # its first step: it asks for the place

    page = await scrape(url)
    now = {
        name: page(f"pegboard_sandbox_{name}", sandbox="plain")
        for name in ("places", "running", "waiting", "processes")
    }
    assert now == {"places": 1, "running": 1, "waiting": 1, "processes": 1}

    for writer in (held, None):
        (writer or await gate.arrival()).write(b"!")
    assert [(await task).ending for task in (first, second)] == ["result", "result"]
    page = await scrape(url)
    assert (page("pegboard_sandbox_running", sandbox="plain"), page("pegboard_sandbox_waiting", sandbox="plain")) == (
        0,
        0,
    )
    assert page("pegboard_sandbox_calls_total", sandbox="plain", ending="result") == 2
    assert page("pegboard_sandbox_waited_seconds_total", sandbox="plain") == sandbox.load.waited > 0


async def test_calls_are_counted_by_their_ending(serve: Serve, scrape: Scrape, gate: Gate) -> None:
    shop = Shop(places=1)
    url = await serve(shop=shop)
    sandbox = await shop.open()
    held = asyncio.create_task(sandbox.run(gate.run()))
    writer = await gate.arrival()
    await sandbox.run(gate.run(queue=0.01))
    writer.write(b"!")
    await held
    await sandbox.run(Run("acme", Program("1 / 0")))
    await sandbox.run(Run("acme", Program("while True: pass"), limits=Limits(wall=0.05)))
    await sandbox.check("acme", Program("while"), Limits())

    page = await scrape(url)
    counted = {ending: page("pegboard_sandbox_calls_total", sandbox="plain", ending=ending) for ending in Ending}
    assert counted == {**dict.fromkeys(Ending, 0), "result": 1, "busy": 1, "exception": 2, "limit": 1}


async def test_a_sandbox_is_there_once_it_is_open(serve: Serve, scrape: Scrape) -> None:
    shop = Shop()
    url = await serve(shop=shop)
    assert not any(labels for name, labels in (await scrape(url)).samples if name.startswith("pegboard_sandbox"))
    await shop.open()
    assert (await scrape(url))("pegboard_sandbox_isolation_level", sandbox="plain") == Isolation.NONE


async def test_metrics_are_named_and_typed_by_the_conventions(serve: Serve, scrape: Scrape) -> None:
    shop = Shop()
    url = await serve(shop=shop)
    await shop.open()
    families = (await scrape(url, Accept="application/openmetrics-text")).families
    ours = {name: family for name, family in families.items() if name.startswith("pegboard_")}
    assert {name: family.type for name, family in ours.items()} == {
        "pegboard_sandbox_places": "gauge",
        "pegboard_sandbox_running": "gauge",
        "pegboard_sandbox_waiting": "gauge",
        "pegboard_sandbox_processes": "gauge",
        "pegboard_sandbox_isolation_level": "gauge",
        "pegboard_sandbox_calls": "counter",
        "pegboard_sandbox_waited_seconds": "counter",
        "pegboard_http_requests": "counter",
        "pegboard_http_request_duration_seconds": "histogram",
    }
    assert all(family.documentation.endswith(".") for family in ours.values())
