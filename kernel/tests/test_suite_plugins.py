"""The suites of plugins and of panels, held against a good plugin and bad ones."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import attrs
import pytest
from starlette.responses import Response

from pegboard import (
    Action,
    Call,
    Collection,
    Column,
    Form,
    Module,
    Panel,
    Principal,
    Problem,
    RouteSpec,
    Secret,
    ServiceRegistry,
    Settings,
    SocketCall,
    SocketSpec,
    hookimpl,
    setting,
)
from pegboard.testing.suites import PanelSuite, PluginSuite
from pegboard.testing.suites.proof import checks_of, verdict

pytestmark = pytest.mark.anyio


@attrs.frozen
class PegSettings:
    colours: int = setting(3, help="how many colours there are")
    paint_token: Secret = setting(Secret("t"), help="the paint shop's token")


@attrs.frozen
class Peg:
    colour: str
    id: str = ""


@attrs.frozen
class Total:
    total_items: int


@attrs.frozen
class Pegs:
    data: tuple[Peg, ...]
    pagination: Total


@attrs.frozen
class PegQuery:
    colour: str = ""


@attrs.frozen
class Length:
    length: int


async def listed(call: Call[None, PegQuery]) -> Any:
    return {"data": [], "pagination": {"total_items": 0}}


async def made(call: Call[Peg, None]) -> Any:
    return {"colour": call.body.colour}


async def found(call: Call[None, None]) -> Any:
    raise Problem(404, "peg-not-found", f"there is no peg {call.path['id']}")


async def script(call: Call[None, None]) -> Response:
    return Response("export function mount() {}", media_type="text/javascript")


async def watch(call: SocketCall) -> None:
    await call.socket.accept()
    await call.socket.close()


LIST = RouteSpec("pegs.list", "/pegs", listed, scopes=("pegs:read",), query=PegQuery, result=Pegs, summary="All pegs")
MAKE = RouteSpec("pegs.make", "/pegs", made, methods=("POST",), scopes=("pegs:write",), body=Peg, summary="Make one")
ONE = RouteSpec("pegs.one", "/pegs/{id}", found, scopes=("pegs:read",), summary="One peg")
SCRIPT = RouteSpec("pegs.script", "/pegs.js", script, anonymous=True, summary="The panel's module")
WATCH = SocketSpec("pegs.watch", "/pegs/watch", watch, summary="Changes of pegs", scopes=("pegs:read",))
ROUTES = (LIST, MAKE, ONE, SCRIPT, WATCH)

TABLE = Collection(
    "/pegs",
    (Column("Colour", "/colour"),),
    create=Form("New", "/pegs", Peg),
    actions=(Action("Show", "/pegs/{id}", "GET"),),
    filters=PegQuery,
)
PANELS = (
    Panel("pegs", "All pegs", title="Pegs", content=TABLE, scopes=("pegs:read",)),
    Panel("pegs-new", "A new peg", title="New", content=Form("New", "/pegs", Peg)),
    Panel("pegs-board", "The board", title="Board", content=Module("/pegs.js")),
)


def plugin(**changed: Any) -> Any:
    """The good plugin, with other hooks or other routes (`routes`), panels (`panels`) or settings (`kind`)."""
    routes, panels, kind = (
        changed.pop(n, d) for n, d in (("routes", ROUTES), ("panels", PANELS), ("kind", PegSettings))
    )

    @hookimpl
    def pegboard_settings() -> type:
        return kind  # type: ignore[no-any-return]

    @hookimpl
    def pegboard_routes(settings: Settings) -> Any:
        return list(routes)

    @hookimpl
    def pegboard_panels(settings: Settings) -> Any:
        return list(panels)

    hooks = {f.__name__: f for f in (pegboard_settings, pegboard_routes, pegboard_panels)}
    return SimpleNamespace(**{**hooks, **changed})


class TestPegs(PluginSuite):
    plugin = plugin()
    name = "pegs"
    anonymous = frozenset({"pegs.script"})


class TestPegPanels(PanelSuite):
    plugin = plugin()
    name = "pegs"


def over(suite: Any, **changed: Any) -> type[Any]:
    return type("Bad", (suite,), {"plugin": plugin(**changed)})


def changed(route: Any, **members: Any) -> tuple[Any, ...]:
    """The good routes, one of them changed."""
    return tuple(attrs.evolve(r, **members) if r is route else r for r in ROUTES)


@hookimpl
def raising(settings: Settings) -> Iterator[Any]:
    raise LookupError("no pegs left")


def unmarked(settings: Settings) -> Any:
    return []


@attrs.frozen
class Bare:
    colours: int = 3


@attrs.frozen
class Shown:
    paint_token: str = setting("t", help="the paint shop's token")


class Counter:
    pass


def singleton() -> Any:
    started: list[int] = []

    async def open_counter(services: Any) -> Any:
        started.append(1)
        if len(started) > 1:
            raise RuntimeError("it is open already")
        yield Counter()

    @hookimpl
    def pegboard_services(registry: ServiceRegistry, settings: Settings) -> None:
        registry.offer(Counter, open_counter, eager=True)

    return pegboard_services


@hookimpl
def leaving(registry: ServiceRegistry, settings: Settings) -> None:
    async def open_counter(services: Any) -> Counter:
        counter = Counter()
        counter.task = asyncio.create_task(asyncio.sleep(2), name="left")  # type: ignore[attr-defined]
        return counter

    registry.offer(Counter, open_counter, eager=True)


async def unguarded(call: Call[Any, Any]) -> Any:
    return {}


async def fragile(call: Call[Any, Any]) -> Any:
    return {"colour": call.body["colour"].upper()}


async def lost(call: Call[Any, Any]) -> Any:
    return {}[call.path["id"]]


PLUGINS: dict[str, type[Any]] = {
    "test_it_loads_with_nothing_but_what_it_needs": over(TestPegs, pegboard_transforms=raising),
    "test_every_hook_is_marked": over(TestPegs, pegboard_transforms=unmarked),
    "test_its_settings_are_documented": over(TestPegs, kind=Bare),
    "test_its_secrets_are_secrets": over(TestPegs, kind=Shown),
    "test_it_can_be_there_twice_in_a_process": over(TestPegs, pegboard_services=singleton()),
    "test_it_leaves_no_task_behind": over(TestPegs, pegboard_services=leaving),
    "test_every_route_says_what_it_is_for": over(TestPegs, routes=changed(ONE, summary="")),
    "test_only_what_is_meant_to_be_open_is_open": over(TestPegs, routes=changed(ONE, anonymous=True, scopes=())),
    "test_a_guarded_route_lets_nobody_in": over(TestPegs),
    "test_a_scope_is_needed_where_one_is_named": over(TestPegs),
    "test_a_hostile_body_is_the_callers_mistake": over(TestPegs, routes=changed(MAKE, body=dict, handler=fragile)),
    "test_what_is_not_there_is_a_problem": over(TestPegs, routes=changed(ONE, handler=lost)),
}

PANEL: dict[str, type[Any]] = {
    "test_it_brings_panels": over(TestPegPanels, panels=()),
    "test_every_path_is_a_route": over(
        TestPegPanels, panels=(attrs.evolve(PANELS[1], content=Form("New", "/no", Peg)),)
    ),
    "test_whoever_sees_a_panel_may_load_it": over(TestPegPanels, panels=(attrs.evolve(PANELS[0], scopes=()),)),
    "test_pointers_are_pointers": over(
        TestPegPanels, panels=(attrs.evolve(PANELS[0], content=attrs.evolve(TABLE, items="data")),)
    ),
    "test_pointers_lead_into_the_answers": over(
        TestPegPanels,
        panels=(attrs.evolve(PANELS[0], content=attrs.evolve(TABLE, columns=(Column("Weight", "/weight"),))),),
    ),
    "test_filters_are_those_of_their_routes": over(
        TestPegPanels, panels=(attrs.evolve(PANELS[0], content=attrs.evolve(TABLE, filters=Length)),)
    ),
    "test_forms_are_what_their_routes_take": over(
        TestPegPanels, panels=(attrs.evolve(PANELS[1], content=Form("New", "/pegs", Length)),)
    ),
    "test_a_module_is_served": over(TestPegPanels, panels=(attrs.evolve(PANELS[2], content=Module("/pegs/1")),)),
}


def test_every_check_has_a_bad_implementation() -> None:
    assert set(PLUGINS) == set(checks_of(PluginSuite))
    assert set(PANEL) == set(checks_of(PanelSuite))


class OpenChain:
    """Nothing that a plugin can do opens a guarded route, so here the kernel's own chain is bad."""

    async def principal(self, conn: Any) -> Principal:
        return Principal("anybody", "anywhere", scopes=frozenset({"*"}))

    def require(self, principal: Principal, scopes: Any) -> Principal:
        return principal


def open_door(suite: type[Any]) -> type[Any]:
    class Bad(suite):  # type: ignore[misc]
        @asynccontextmanager
        async def started(self) -> AsyncIterator[Any]:
            async with super().started() as (api, board):
                board.dispatcher.chain = OpenChain()
                yield api, board

    return Bad


DOORS = ("test_a_guarded_route_lets_nobody_in", "test_a_scope_is_needed_where_one_is_named")


@pytest.mark.parametrize("check", [*PLUGINS, *PANEL])
async def test_a_bad_plugin_is_found(check: str) -> None:
    suite = {**PLUGINS, **PANEL}[check]
    assert await verdict(open_door(suite) if check in DOORS else suite, check)


async def test_a_web_socket_that_lets_everybody_in_is_found() -> None:
    class Bad(TestPegs):
        plugin = plugin(routes=(WATCH,))

    assert "pegs.watch" in await verdict(open_door(Bad), "test_a_guarded_route_lets_nobody_in")
