"""Services: found by type, opened on demand, closed in reverse; what fails is named."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from pegboard import (
    Call,
    MissingService,
    RouteSpec,
    Sandboxes,
    SandboxProvider,
    ScriptRunnerProvider,
    ScriptRunners,
    ServiceRegistry,
    Settings,
    StartupError,
    create_app,
    hookimpl,
)
from pegboard.board import Board
from pegboard.services import AppServices
from pegboard.testing import client

pytestmark = pytest.mark.anyio


class Base:
    pass


class Middle:
    pass


class Top:
    pass


def plugin(offer: Callable[[ServiceRegistry], None], *routes: RouteSpec, **hooks: Any) -> Any:
    @hookimpl
    def pegboard_services(registry: ServiceRegistry, settings: Settings) -> None:
        offer(registry)

    @hookimpl
    def pegboard_routes(settings: Settings) -> Any:
        return list(routes)

    return SimpleNamespace(pegboard_services=pegboard_services, pegboard_routes=pegboard_routes, **hooks)


def build(**plugins: Any) -> Board:
    return Board.build(plugins=plugins, environ={}, installed=False)


def tracked(log: list[str], kind: type, *needs: type) -> Any:
    async def opened(services: AppServices) -> AsyncIterator[Any]:
        for need in needs:
            await services.aget(need)
        log.append(f"+{kind.__name__}")
        yield kind()
        log.append(f"-{kind.__name__}")

    return opened


async def test_eager_services_open_what_they_need_first_and_close_in_reverse() -> None:
    log: list[str] = []
    board = build(
        a=plugin(lambda r: r.offer(Top, tracked(log, Top, Middle), eager=True)),
        b=plugin(lambda r: r.offer(Middle, tracked(log, Middle, Base))),
        c=plugin(lambda r: r.offer(Base, tracked(log, Base), eager=True)),
    )
    async with board.running() as services:
        assert log == ["+Base", "+Middle", "+Top"]
        assert isinstance(services.get(Top), Top)
    assert log == ["+Base", "+Middle", "+Top", "-Top", "-Middle", "-Base"]


async def test_what_works_by_itself_is_opened_last_and_closed_first_and_only_where_the_app_serves() -> None:
    log: list[str] = []
    board = build(
        a=plugin(lambda r: r.offer(Top, tracked(log, Top, Middle), eager="serving")),
        b=plugin(lambda r: r.offer(Middle, tracked(log, Middle))),
        c=plugin(lambda r: r.offer(Base, tracked(log, Base), eager=True)),
    )
    async with board.running(serving=True):
        assert log == ["+Base", "+Middle", "+Top"]
    assert log[3:] == ["-Top", "-Middle", "-Base"]
    log.clear()
    async with board.running():
        assert log == ["+Base"]
    assert log == ["+Base", "-Base"]


async def test_a_service_that_nobody_asks_for_stays_closed() -> None:
    log: list[str] = []
    board = build(a=plugin(lambda r: r.offer(Base, tracked(log, Base))))
    async with board.running() as services:
        assert Base in services
        with pytest.raises(MissingService):
            services.get(Base)
        assert await services.aget(Base) is services.get(Base)
    assert log == ["+Base", "-Base"]


@pytest.mark.parametrize("kind", ["value", "coroutine"])
async def test_a_factory_may_return_or_be_awaited(kind: str) -> None:
    async def awaited(services: Any) -> Base:
        return Base()

    factory = {"value": lambda services: Base(), "coroutine": awaited}[kind]
    async with build(a=plugin(lambda r: r.offer(Base, factory))).running() as services:
        assert isinstance(await services.aget(Base), Base)


async def test_many_who_ask_at_once_get_one() -> None:
    made: list[Base] = []

    async def slow(services: Any) -> Base:
        await asyncio.sleep(0)
        made.append(Base())
        return made[-1]

    async with build(a=plugin(lambda r: r.offer(Base, slow))).running() as services:
        found = await asyncio.gather(*(services.aget(Base) for _ in range(20)))
    assert len(made) == 1
    assert all(base is made[0] for base in found)


async def test_a_circle_is_named() -> None:
    log: list[str] = []
    board = build(
        a=plugin(lambda r: r.offer(Base, tracked(log, Base, Top), eager=True)),
        b=plugin(lambda r: r.offer(Top, tracked(log, Top, Base))),
    )
    async with board.running():
        reason = board.loader.plugins["a"].reason
    assert "services need each other in a circle: Base needs Top needs Base" in reason


async def test_a_service_that_fails_to_open_is_its_plugins_quarantine_and_a_503() -> None:
    async def broken(services: Any) -> Base:
        raise ConnectionError("the database refuses")

    async def needing(call: Call[None, None]) -> Any:
        return call.services.get(Base)

    async def fine(call: Call[None, None]) -> Any:
        return "fine"

    route = RouteSpec("things", "/things", needing, anonymous=True)
    board_plugins = {
        "bad": plugin(lambda r: r.offer(Base, broken, eager=True), route),
        "good": plugin(lambda r: None, RouteSpec("fine", "/fine", fine, anonymous=True)),
    }
    app = create_app(plugins=board_plugins, environ={}, installed=False)
    async with client(app) as api:
        answer = await api.get("/things")
        assert answer.status_code == 503
        assert answer.json()["type"] == "urn:pegboard:problem:provider-missing"
        assert answer.json()["detail"] == 'service Base is not available: plugin "bad" could not open it'
        assert (await api.get("/fine")).json() == "fine"
        health = (await api.get("/-/health")).json()
        assert (health["status"], health["quarantined"]) == ("degraded", ["bad"])
    line = app.state.board.loader.plugins["bad"].line()
    for words in ('plugin "bad"', "in phase service", "Base", "the database refuses", "PEGBOARD_DISABLE=bad"):
        assert words in line


@pytest.mark.parametrize("settings", [{"strict": True}, {"required": ["bad"]}])
async def test_where_it_must_work_the_start_fails_and_what_was_open_is_closed(settings: Any) -> None:
    log: list[str] = []

    async def broken(services: Any) -> Top:
        raise ConnectionError("the database refuses")

    plugins = {
        "aaa": plugin(lambda r: r.offer(Base, tracked(log, Base), eager=True)),
        "bad": plugin(lambda r: r.offer(Top, broken, eager=True)),
    }
    board = Board.build(settings=settings, plugins=plugins, environ={}, installed=False)
    with pytest.raises(StartupError, match="the database refuses"):
        async with board.running():
            raise AssertionError("it must not start")
    assert log == ["+Base", "-Base"]


def test_one_type_has_one_offer() -> None:
    def twice(registry: ServiceRegistry) -> None:
        registry.offer(Base, lambda services: Base())
        registry.offer(Base, lambda services: Base())

    board = build(
        a=plugin(lambda r: r.offer(Base, lambda services: Base())),
        b=plugin(lambda r: r.offer(Base, lambda services: Base())),
        c=plugin(twice),
        d=plugin(lambda r: r.offer(Settings, lambda services: None)),
    )
    plugins = board.loader.plugins
    assert plugins["a"].state == "active"
    assert 'service Base of plugin "b" is also offered by a' in plugins["b"].reason
    assert 'plugin "c" offers Base twice' in plugins["c"].reason


async def test_nobody_can_take_a_service_of_the_kernels() -> None:
    board = build(thief=plugin(lambda r: r.offer(Settings, lambda services: "mine")))
    async with board.running() as services:
        assert services.get(Settings) is board.settings


async def test_what_nobody_offers_is_missing_by_name() -> None:
    async with build().running() as services:
        with pytest.raises(MissingService, match="service Base is not available: no active plugin offers it"):
            await services.aget(Base)
        assert Base not in services


async def test_an_app_can_start_again() -> None:
    log: list[str] = []
    board = build(a=plugin(lambda r: r.offer(Base, tracked(log, Base), eager=True)))
    for _ in range(2):
        async with board.running() as services:
            assert isinstance(services.get(Base), Base)
    assert log == ["+Base", "-Base"] * 2


async def test_an_error_while_closing_one_leaves_no_other_open() -> None:
    log: list[str] = []

    async def failing(services: Any) -> AsyncIterator[Top]:
        yield Top()
        raise ConnectionError("cannot say goodbye")

    board = build(
        a=plugin(lambda r: r.offer(Base, tracked(log, Base), eager=True)),
        b=plugin(lambda r: r.offer(Top, failing, eager=True)),
    )
    with pytest.raises(ConnectionError):
        async with board.running():
            pass
    assert log == ["+Base", "-Base"]


def opening(log: list[str], name: str, goodbye: Exception | None = None) -> Any:
    @asynccontextmanager
    async def opened(services: Any) -> AsyncIterator[str]:
        log.append(f"+{name}")
        yield name
        log.append(f"-{name}")
        if goodbye:
            raise goodbye

    return opened


def providers(log: list[str], **failing: Exception) -> Any:
    @hookimpl
    def pegboard_sandboxes(settings: Settings) -> Any:
        yield SandboxProvider("jail", "A jail", open=opening(log, "jail", failing.get("jail")))

    @hookimpl
    def pegboard_script_runners(settings: Settings) -> Any:
        yield ScriptRunnerProvider("local", "Here", open=opening(log, "local"))

    hooks = {"pegboard_sandboxes": pegboard_sandboxes, "pegboard_script_runners": pegboard_script_runners}
    return plugin(lambda r: r.offer(Base, tracked(log, Base), eager=True), **hooks)


async def test_sandboxes_and_runners_open_once_at_their_first_use_and_close_before_the_services() -> None:
    log: list[str] = []
    async with build(a=providers(log)).running() as services:
        assert log == ["+Base"]
        sandboxes = services.get(Sandboxes)
        assert await asyncio.gather(*(sandboxes.open("jail") for _ in range(5))) == ["jail"] * 5  # type: ignore[comparison-overlap]
        assert await services.get(ScriptRunners).open("local") == "local"  # type: ignore[comparison-overlap]
        assert log == ["+Base", "+jail", "+local"]
        with pytest.raises(MissingService, match=r'sandbox "jial" is not available.*did you mean "jail"'):
            await sandboxes.open("jial")
    assert log[-1] == "-Base"
    assert sorted(log[3:5]) == ["-jail", "-local"]


async def test_a_sandbox_that_cannot_be_closed_keeps_nothing_else_open() -> None:
    log: list[str] = []
    running = build(a=providers(log, jail=OSError("stuck"))).running()
    services = await running.__aenter__()
    await services.get(Sandboxes).open("jail")
    await services.get(ScriptRunners).open("local")
    with pytest.raises(OSError, match="stuck"):
        await running.__aexit__(None, None, None)
    assert {"-jail", "-local", "-Base"} <= set(log)
