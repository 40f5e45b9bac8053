"""Every hook, through one example plugin that uses them all, and what becomes of what it brings."""

import inspect
from collections.abc import Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import attrs
import click
import httpx
import pytest

from pegboard import (
    AuthProvider,
    Form,
    Isolation,
    PageRequest,
    Paginator,
    Panel,
    Point,
    Registries,
    RouteSpec,
    Sandboxes,
    SandboxProvider,
    ScriptRunnerProvider,
    ScriptRunners,
    ServiceRegistry,
    Settings,
    Stop,
    Transform,
    create_app,
    hookimpl,
    hookspecs,
    setting,
)
from pegboard.cli.session import Session
from pegboard.testing import Client, client

pytestmark = pytest.mark.anyio


@attrs.frozen
class PegSettings:
    colour: str = setting("red", help="the colour of pegs")


@attrs.frozen
class Peg:
    name: str


class Shelf:
    def __init__(self, colour: str) -> None:
        self.colour = colour


@hookimpl
def pegboard_settings() -> type:
    return PegSettings


@hookimpl
def pegboard_services(registry: ServiceRegistry, settings: Settings) -> None:
    registry.offer(Shelf, lambda services: Shelf(settings.of(PegSettings).colour), eager=True)


@hookimpl
def pegboard_auth_providers(settings: Settings) -> Any:
    yield AuthProvider("badge", "A badge", outbound=lambda config, context: httpx.BasicAuth("a", "b"))


@hookimpl
def pegboard_transforms(settings: Settings) -> Any:
    return Transform("paint", "Paint it", compile=lambda config, context: lambda value, record: f"red {value}")


@hookimpl
def pegboard_paginators(settings: Settings) -> Any:
    def pages(config: Any, state: Any) -> Any:
        yield PageRequest({})
        return Stop("one-page")

    return [Paginator("one", "One page", pages=pages)]


def opened(value: Any) -> Any:
    @asynccontextmanager
    async def opened(services: Any) -> Any:
        yield value

    return opened


@hookimpl
def pegboard_sandboxes(settings: Settings) -> Any:
    yield SandboxProvider("box", "A box", open=opened(SimpleNamespace(isolation=Isolation.L1)))


@hookimpl
def pegboard_script_runners(settings: Settings) -> Any:
    yield ScriptRunnerProvider("here", "Here", open=opened("a runner"))


@hookimpl
def pegboard_routes(settings: Settings) -> Any:
    async def colour(call: Any) -> Any:
        return call.services.get(Shelf).colour

    yield RouteSpec("pegs.colour", "/colour", colour, anonymous=True, summary="The colour")


@hookimpl
def pegboard_commands(settings: Settings) -> Any:
    @click.command()
    def polish() -> None:
        """Polish the pegs."""

    return polish


@hookimpl
def pegboard_panels(settings: Settings) -> Any:
    yield Panel("pegs", "The pegs", title="Pegs", content=Form("New", "/colour", Peg))


@hookimpl
def pegboard_points(settings: Settings) -> Any:
    yield Point("peg", "Pegs of others", hook="pegboard_pegs", record=Peg)


OWN = {name: hook for name, hook in globals().items() if name.startswith("pegboard_")}


async def served(api: Client, services: Any) -> Any:
    return (await api.get("/colour")).json()


async def command(api: Client, services: Any) -> Any:
    session = Session()
    session._board = api.app.state.board  # type: ignore[attr-defined]
    return list(session.commands())


async def point(api: Client, services: Any) -> Any:
    return services.get(Registries)[Peg].kind


def registered(record: type) -> Callable[..., Any]:
    async def names(api: Client, services: Any) -> Any:
        return services.get(Registries)[record].names()

    return names


async def configured(api: Client, services: Any) -> Any:
    return services.get(Settings).of(PegSettings).colour


async def service(api: Client, services: Any) -> Any:
    return services.get(Shelf).colour


async def sandbox(api: Client, services: Any) -> Any:
    await services.get(Sandboxes).open("box")
    return (await api.get("/-/health")).json()["sandboxes"]


async def runner(api: Client, services: Any) -> Any:
    return await services.get(ScriptRunners).open("here")


EFFECTS: dict[str, tuple[Callable[..., Any], Any]] = {
    "pegboard_settings": (configured, "blue"),
    "pegboard_services": (service, "blue"),
    "pegboard_auth_providers": (registered(AuthProvider), ["badge"]),
    "pegboard_transforms": (registered(Transform), ["paint"]),
    "pegboard_paginators": (registered(Paginator), ["one"]),
    "pegboard_sandboxes": (sandbox, {"box": "L1"}),
    "pegboard_script_runners": (runner, "a runner"),
    "pegboard_routes": (served, "blue"),
    "pegboard_commands": (command, ["polish"]),
    "pegboard_panels": (registered(Panel), ["pegs"]),
    "pegboard_points": (point, "peg"),
}


def test_there_are_no_other_hooks() -> None:
    known = {name for name, _ in inspect.getmembers(hookspecs, inspect.isfunction) if name.startswith("pegboard_")}
    assert known == set(EFFECTS) == set(OWN)


@pytest.mark.parametrize("hook", EFFECTS)
async def test_what_a_hook_brings_is_there(hook: str) -> None:
    effect, expected = EFFECTS[hook]
    environ = {"PEGBOARD_PEGS__COLOUR": "blue"}
    app = create_app(plugins={"pegs": SimpleNamespace(**OWN)}, environ=environ, installed=False)
    assert hook in app.state.board.loader.plugins["pegs"].hooks
    async with client(app) as api:
        assert await effect(api, app.state.board.services) == expected


async def test_without_a_hook_nothing_of_it_is_there() -> None:
    """Each hook stands alone: a plugin with any one of them loads, settings being what the others read."""
    for name, hook in OWN.items():
        hooks = {name: hook, "pegboard_settings": pegboard_settings}
        app = create_app(plugins={"pegs": SimpleNamespace(**hooks)}, environ={}, installed=False)
        assert sorted(app.state.board.loader.plugins["pegs"].hooks) == sorted(hooks)
        async with client(app) as api:
            assert (await api.get("/-/health")).json()["status"] == "ok"


async def test_hooks_are_called_once_and_never_for_a_request() -> None:
    calls: list[str] = []

    def counted(hook: Any) -> Any:
        def wrapper(settings: Settings) -> Any:
            calls.append(hook.__name__)
            return hook(settings)

        wrapper.__name__ = hook.__name__
        return hookimpl(wrapper)

    counting = {n: counted(h) for n, h in OWN.items() if n not in ("pegboard_settings", "pegboard_services")}
    app = create_app(plugins={"pegs": SimpleNamespace(**{**OWN, **counting})}, environ={}, installed=False)
    async with client(app) as api:
        for _ in range(3):
            await api.get("/colour")
    assert sorted(calls) == sorted(set(counting) - {"pegboard_commands"})
