"""What the service that observes requests is told: each answer, with its route, its plugin and its time."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import anyio
import attrs
import pytest
from starlette.responses import FileResponse, PlainTextResponse, Response, StreamingResponse

from pegboard import (
    Call,
    MountSpec,
    Problem,
    RequestObserver,
    RouteSpec,
    RouteTable,
    SocketCall,
    SocketSpec,
    create_app,
    hookimpl,
)
from pegboard.testing import client

pytestmark = pytest.mark.anyio

Told = tuple[str, str, str, int]


@attrs.define
class Listener:
    """The service of another plugin: remembers all that it is told."""

    told: list[Told] = attrs.field(factory=list)
    seconds: list[float] = attrs.field(factory=list)

    def answered(self, route: str, plugin: str, method: str, status: int, seconds: float) -> None:
        self.told.append((route, plugin, method, status))
        self.seconds.append(seconds)


async def ok(call: Call[None, None]) -> dict[str, bool]:
    return {"ok": True}


async def refuse(call: Call[None, None]) -> None:
    raise Problem(409, "taken", "it is taken")


async def fail(call: Call[None, None]) -> None:
    raise ZeroDivisionError


def route(name: str, path: str, handler: Any = ok, **more: Any) -> RouteSpec:
    return RouteSpec(name, path, handler, **{"anonymous": True, **more})


def observed(listener: Any, *routes: Any) -> Any:
    """An app with these routes and a service that observes them; `listener` makes it, or fails to."""

    @hookimpl
    def pegboard_routes(settings: Any) -> Any:
        return list(routes)

    @hookimpl
    def pegboard_services(registry: Any, settings: Any) -> None:
        registry.offer(RequestObserver, listener, eager=True)

    plugins = {
        "pegs": SimpleNamespace(pegboard_routes=pegboard_routes),
        "ears": SimpleNamespace(pegboard_services=pegboard_services),
    }
    return create_app(plugins=plugins, environ={}, installed=False)


async def test_each_answer_is_told_with_its_route_and_its_plugin() -> None:
    listener = Listener()
    app = observed(
        lambda services: listener,
        route("pegs.list", "/pegs"),
        route("pegs.add", "/pegs", refuse, methods=("POST",)),
        route("pegs.one", "/pegs/{id}", fail),
    )
    async with client(app) as api:
        for method, path in (("GET", "/pegs"), ("HEAD", "/pegs"), ("POST", "/pegs"), ("GET", "/pegs/7")):
            await api.request(method, path)
        await api.get("/-/health")
    assert listener.told == [
        ("pegs.list", "pegs", "GET", 200),
        ("pegs.list", "pegs", "HEAD", 200),
        ("pegs.add", "pegs", "POST", 409),
        ("pegs.one", "pegs", "GET", 500),
        ("pegboard.health", "pegboard", "GET", 200),
    ]


async def test_a_route_made_at_run_time_is_told_with_its_plugin() -> None:
    listener = Listener()
    app = observed(lambda services: listener)
    async with client(app) as api:
        table = app.state.board.services.get(RouteTable)
        table.add(route("made.list", "/made"), "maker")
        table.add(route("made.one", "/made/{id}"), "maker")
        for path in ("/made", "/made/7"):
            assert (await api.get(path)).status_code == 200
    assert listener.told == [("made.list", "maker", "GET", 200), ("made.one", "maker", "GET", 200)]


async def test_what_no_route_answers_is_told_without_one() -> None:
    listener = Listener()
    app = observed(lambda services: listener, route("pegs.list", "/pegs"), MountSpec("files", "/files", plain))
    async with client(app) as api:
        await api.get("/nothing")
        await api.delete("/pegs")
        await api.get("/files/a")
    assert listener.told == [("", "", "GET", 404), ("pegs.list", "pegs", "DELETE", 405), ("", "", "GET", 200)]


async def plain(scope: Any, receive: Any, send: Any) -> None:
    await PlainTextResponse("file")(scope, receive, send)


async def test_the_time_ends_with_the_last_byte() -> None:
    listener, first, rest = Listener(), anyio.Event(), anyio.Event()

    async def slow(call: Call[None, None]) -> Response:
        async def parts() -> AsyncIterator[bytes]:
            yield b"first"
            first.set()
            await rest.wait()
            yield b"last"

        return StreamingResponse(parts())

    app = observed(lambda services: listener, route("pegs.slow", "/slow", slow))
    async with client(app) as api, api.stream("GET", "/slow") as answer:
        parts = answer.aiter_raw()
        assert await anext(parts) == b"first"
        await first.wait()
        assert listener.told == []
        rest.set()
        assert [part async for part in parts] == [b"last"]
    assert listener.told == [("pegs.slow", "pegs", "GET", 200)]
    assert 0 < listener.seconds[0] < 60


async def test_an_answer_that_breaks_before_it_starts_is_a_500(tmp_path: Any) -> None:
    async def gone(call: Call[None, None]) -> Response:
        return FileResponse(tmp_path / "gone")

    listener = Listener()
    async with client(observed(lambda services: listener, route("pegs.gone", "/gone", gone))) as api:
        with pytest.raises(RuntimeError, match="gone"):
            await api.get("/gone")
    assert listener.told == [("pegs.gone", "pegs", "GET", 500)]


async def test_web_sockets_are_not_told() -> None:
    async def hello(call: SocketCall) -> None:
        await call.socket.accept()
        await call.socket.send_text("hello")

    listener = Listener()
    spec = SocketSpec("pegs.socket", "/socket", hello, anonymous=True)
    async with client(observed(lambda services: listener, spec)) as api, api.websocket("/socket") as socket:
        assert await socket.receive() == "hello"
    assert listener.told == []


async def test_an_observer_that_cannot_be_opened_stops_no_request() -> None:
    def broken(services: Any) -> Listener:
        raise OSError("no ears")

    app = observed(broken, route("pegs.list", "/pegs"))
    async with client(app) as api:
        assert (await api.get("/pegs")).status_code == 200
    assert app.state.board.loader.plugins["ears"].state == "quarantined"


def test_an_app_without_an_observer_tells_nobody() -> None:
    told = [
        app.own_middleware[0].kwargs["ended"] for app in (observed(Listener), create_app(installed=False, environ={}))
    ]
    assert [len(each) for each in told] == [1, 0]
