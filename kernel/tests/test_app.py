"""Apps: nothing is global, and what is public is pinned."""

import asyncio
import importlib
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from starlette.background import BackgroundTask
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import pegboard
from pegboard import Call, RouteSpec, Settings, StartupError, contracts, create_app, hookimpl
from pegboard.testing import Upstream, client, serve

pytestmark = pytest.mark.anyio


@hookimpl
def pegboard_routes(settings: Settings) -> Any:
    async def data(call: Call[None, None]) -> Any:
        return str(call.services.get(Settings).kernel.data)

    yield RouteSpec("data", "/data", data, anonymous=True, summary="The folder")


PLUGIN = SimpleNamespace(pegboard_routes=pegboard_routes)


async def test_apps_in_one_process_do_not_meet() -> None:
    apps = [
        create_app(plugins={"pegs": PLUGIN}, settings={"data": name}, environ={}, installed=False)
        for name in ("a", "b")
    ]
    async with client(apps[0]) as first, client(apps[1]) as second:
        assert [(await api.get("/data")).json() for api in (first, second)] == ["a", "b"]
    async with client(create_app(environ={}, installed=False)) as alone:
        assert (await alone.get("/data")).status_code == 404


async def test_an_app_is_made_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text("data = 'from-the-file'")
    for config in (tmp_path / "my.toml", str(tmp_path / "my.toml")):
        async with client(create_app(config, plugins={"pegs": PLUGIN}, environ={}, installed=False)) as api:
            assert (await api.get("/data")).json() == "from-the-file"


def test_an_app_that_cannot_be_made_says_why() -> None:
    with pytest.raises(StartupError, match='plugin "pegs" is not installed'):
        create_app(settings={"required": ["pegs"]}, environ={}, installed=False)


async def test_many_callers_at_once_are_answered_on_a_socket() -> None:
    app = create_app(plugins={"pegs": PLUGIN}, environ={}, installed=False)
    async with serve(app) as url, httpx.AsyncClient(base_url=url) as api:
        answers = await asyncio.gather(*(api.get("/data") for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.headers["x-request-id"] for answer in answers}) == 50


class Seen:
    """Middleware of somebody who embeds the app: notes what passes, and answers with a header of its own."""

    def __init__(self, app: ASGIApp, paths: list[str]) -> None:
        self.app, self.paths = app, paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-seen", b"yes")]
            await send(message)

        if scope["type"] == "http":
            self.paths.append(scope["path"])
        await self.app(scope, receive, marked)


async def test_middleware_that_is_added_sees_every_request() -> None:
    paths: list[str] = []
    app = create_app(environ={}, installed=False)
    app.add_middleware(Seen, paths=paths)
    async with client(app) as api:
        answers = [await api.get(path) for path in ("/-/live", "/nowhere")]
    assert paths == ["/-/live", "/nowhere"]
    assert [answer.headers["x-seen"] for answer in answers] == ["yes", "yes"]
    assert len({answer.headers["x-request-id"] for answer in answers}) == 2


@pytest.mark.parametrize("streamed", [False, True])
async def test_a_response_that_is_given_again_has_each_requests_own_id(streamed: bool) -> None:
    done: list[str] = []

    async def pieces() -> AsyncIterator[bytes]:
        yield b"peg"

    async def note() -> None:
        done.append("after the answer")

    kept = StreamingResponse(pieces()) if streamed else Response(b"peg")
    kept.background = BackgroundTask(note)

    async def handler(call: Call[None, None]) -> Response:
        return kept

    def routes(settings: Settings) -> list[RouteSpec]:
        return [RouteSpec("kept", "/kept", handler, anonymous=True)]

    app = create_app(
        plugins={"pegs": SimpleNamespace(pegboard_routes=hookimpl(routes, specname="pegboard_routes"))},
        environ={},
        installed=False,
    )
    async with client(app) as api:
        answers = [await api.get("/kept") for _ in range(1 if streamed else 2)]
    ids = [answer.headers.get_list("x-request-id") for answer in answers]
    assert [len(each) for each in ids] == [1] * len(answers)
    assert len({each[0] for each in ids}) == len(answers)
    assert {answer.content for answer in answers} == {b"peg"}
    assert done == ["after the answer"] * len(answers)


def test_any_server_finds_the_app_of_the_environment(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    site.add("good", "")
    for name, value in site.environ().items():
        monkeypatch.setenv(name, value)
    asgi = importlib.import_module("pegboard.asgi")
    vars(asgi).pop("app", None)
    assert "good" in asgi.app.state.board.loader.plugins
    assert asgi.app is asgi.app
    vars(asgi).pop("app")
    with pytest.raises(AttributeError):
        asgi.nothing  # noqa: B018


def test_what_is_public_is_there_and_named_once() -> None:
    assert len(set(pegboard.__all__)) == len(pegboard.__all__)
    assert [name for name in pegboard.__all__ if not hasattr(pegboard, name)] == []
    assert set(contracts.__all__) <= set(pegboard.__all__)


async def test_the_fixtures_make_apps_that_see_nothing_of_this_machine(
    make_client: Any, make_server: Any, upstream_server: Upstream, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PEGBOARD_STRIKT", "1")
    api = await make_client(plugins={"pegs": PLUGIN})
    assert (await api.get("/data")).json() == str(tmp_path)
    assert [plugin["name"] for plugin in (await api.get("/-/plugins")).json()] == ["pegs"]
    upstream_server.on("/", lambda received: pegboard.testing.answer(json=received.headers["x-from"]))
    async with httpx.AsyncClient(trust_env=False) as http:
        assert (await http.get(f"{await make_server()}/-/plugins")).json() == []
        assert (await http.get(upstream_server.url, headers={"X-From": "here"})).json() == "here"
