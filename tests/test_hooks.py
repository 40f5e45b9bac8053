"""Every hook, as any plugin may use it: what it brings is found, belongs to somebody, and never stops another."""

from collections.abc import Iterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from pegboard import (
    AuthProvider,
    Form,
    Paginator,
    Panel,
    Point,
    Registries,
    RouteSpec,
    SandboxProvider,
    ScriptRunnerProvider,
    Transform,
    create_app,
    hookimpl,
    setting,
)
from pegboard.testing import client, run_pegboard


@attrs.frozen
class Colour:
    name: str


@attrs.frozen
class BrushSettings:
    width: int = setting(3, help="hairs across")


@asynccontextmanager
async def opened(services: Any) -> Any:
    yield object()


RECORDS = {
    "pegboard_auth_providers": AuthProvider("red", "Red", outbound=lambda config, context: None),
    "pegboard_transforms": Transform("red", "Red", compile=lambda config, context: lambda value, record: value),
    "pegboard_paginators": Paginator("red", "Red", pages=lambda config, state: iter(())),
    "pegboard_sandboxes": SandboxProvider("red", "Red", open=opened),
    "pegboard_script_runners": ScriptRunnerProvider("red", "Red", open=opened),
    "pegboard_panels": Panel("red", "Red", title="Red", content=Form("Paint", "/paint", BrushSettings)),
    "pegboard_colours": Colour("red"),
}


@hookimpl
def pegboard_points(settings: Any) -> Point:
    return Point("colour", "Colours", hook="pegboard_colours", record=Colour)


OPENER = SimpleNamespace(pegboard_points=pegboard_points)


def plugin(hook: str, *brought: object) -> SimpleNamespace:
    """A plugin that yields these from one hook."""

    @hookimpl
    def implementation(settings: Any) -> Iterator[object]:
        yield from brought

    return SimpleNamespace(**{hook: implementation})


def board(**plugins: object) -> Any:
    return create_app(plugins={"opener": OPENER, **plugins}, installed=False, environ={}).state.board


@pytest.mark.parametrize("hook", RECORDS)
def test_a_record_is_found_by_its_name_and_owner(hook: str) -> None:
    record = RECORDS[hook]
    registry = board(brush=plugin(hook, record)).services.get(Registries)[type(record)]
    assert registry.get("red") is record
    assert registry.owner("red") == "brush"


@pytest.mark.parametrize("hook", RECORDS)
def test_of_two_records_of_one_name_the_later_goes_and_both_are_told(hook: str) -> None:
    record = RECORDS[hook]
    made = board(brush=plugin(hook, record), crayon=plugin(hook, record))
    assert made.services.get(Registries)[type(record)].owner("red") == "brush"
    crayon = made.loader.plugins["crayon"]
    assert (crayon.state, crayon.phase) == ("quarantined", "collect")
    assert '"brush"' in crayon.reason
    assert '"crayon"' in crayon.reason


@pytest.mark.parametrize("hook", RECORDS)
def test_what_is_no_record_quarantines_whoever_brought_it(hook: str) -> None:
    made = board(brush=plugin(hook, RECORDS[hook]), crayon=plugin(hook, "red"))
    assert made.loader.plugins["crayon"].phase == "collect"
    assert hook in made.loader.plugins["crayon"].reason
    assert made.loader.plugins["brush"].state == "active"


def test_a_hook_that_nobody_opens_is_told_with_the_nearest() -> None:
    crayon = board(crayon=plugin("pegboard_colors", Colour("red"))).loader.plugins["crayon"]
    assert (crayon.state, crayon.phase) == ("quarantined", "register")
    assert 'did you mean "pegboard_colours"?' in crayon.reason


@pytest.mark.anyio
async def test_settings_services_and_routes_of_one_plugin_meet() -> None:
    @hookimpl
    def pegboard_settings() -> type:
        return BrushSettings

    @hookimpl
    def pegboard_services(registry: Any, settings: Any) -> None:
        registry.offer(Colour, lambda services: Colour(f"{settings.of(BrushSettings).width} wide"), eager=True)

    async def paint(call: Any) -> Colour:
        return call.services.get(Colour)

    @hookimpl
    def pegboard_routes(settings: Any) -> RouteSpec:
        return RouteSpec("brush.paint", "/paint", paint, result=Colour, anonymous=True)

    brush = SimpleNamespace(
        pegboard_settings=pegboard_settings, pegboard_services=pegboard_services, pegboard_routes=pegboard_routes
    )
    environ = {"PEGBOARD_BRUSH__WIDTH": "7"}
    async with client(create_app(plugins={"brush": brush}, installed=False, environ=environ)) as api:
        assert (await api.get("/paint")).json() == {"name": "7 wide"}


@pytest.mark.anyio
async def test_commands_of_installed_plugins_are_the_command_lines_own(tmp_path: Any) -> None:
    """pegboard_commands is asked by the command line alone: the store's commands are there."""
    told = await run_pegboard("db", "--help", cwd=tmp_path)
    assert told.code == 0
    assert "migrations" in told.stdout
