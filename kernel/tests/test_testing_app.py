"""The in-process client and the served app behave as a server does."""

import asyncio
from collections.abc import AsyncIterator

import anyio
import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from pegboard.testing import Client, SocketRefused, client, serve

pytestmark = pytest.mark.anyio


async def echo(request: Request) -> Response:
    body = await request.body()
    return JSONResponse({"method": request.method, "query": dict(request.query_params), "body": body.decode()})


async def talk(socket: WebSocket) -> None:
    await socket.accept(subprotocol="chat" if "chat" in socket.scope["subprotocols"] else None)
    async for text in socket.iter_text():
        if text == "bye":
            await socket.close(4001, "as you wish")
            return
        await socket.send_json({"echo": text})


async def closed(socket: WebSocket) -> None:
    await socket.close(4003)


async def denied(socket: WebSocket) -> None:
    await socket.send_denial_response(PlainTextResponse("not you", 401))


ROUTES = [
    Route("/echo", echo, methods=["GET", "POST"]),
    WebSocketRoute("/talk", talk),
    WebSocketRoute("/closed", closed),
    WebSocketRoute("/denied", denied),
]


async def test_a_request_goes_there_and_back() -> None:
    async with client(Starlette(routes=ROUTES)) as c:
        answer = await c.post("/echo?a=1", content=b"hello")
    assert answer.json() == {"method": "POST", "query": {"a": "1"}, "body": "hello"}


async def test_an_upload_streams() -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b"one "
        yield b"two"

    async with client(Starlette(routes=ROUTES)) as c:
        answer = await c.post("/echo", content=parts())
    assert answer.json()["body"] == "one two"


async def test_a_head_request_has_no_body() -> None:
    async with client(Starlette(routes=ROUTES)) as c:
        answer = await c.head("/echo")
    assert answer.status_code == 200
    assert answer.content == b""


async def test_the_first_part_arrives_before_the_last_is_made() -> None:
    more = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield b"first"
        await more.wait()
        yield b"last"

    async def stream(request: Request) -> Response:
        return StreamingResponse(body())

    async with client(Starlette(routes=[Route("/", stream)])) as c, c.stream("GET", "/") as answer:
        parts = answer.aiter_raw()
        assert await anext(parts) == b"first"
        more.set()
        assert await anext(parts) == b"last"


async def test_leaving_a_stream_ends_it() -> None:
    ended = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        try:
            yield b"x"
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def stream(request: Request) -> Response:
        return StreamingResponse(endless())

    async with client(Starlette(routes=[Route("/", stream)])) as c:
        async with c.stream("GET", "/") as answer:
            assert await anext(answer.aiter_raw()) == b"x"
        with anyio.fail_after(2):
            await ended.wait()


async def test_leaving_ends_a_stream_that_never_waits() -> None:
    async def flood(request: Request) -> Response:
        async def parts() -> AsyncIterator[bytes]:
            while True:
                yield b"x"

        return StreamingResponse(parts())

    async with client(Starlette(routes=[Route("/", flood)])) as c:
        with anyio.fail_after(3):
            async with c.stream("GET", "/") as answer:
                assert await anext(answer.aiter_raw()) == b"x"


async def test_an_exception_of_the_app_reaches_the_caller() -> None:
    async def fails(request: Request) -> Response:
        raise ZeroDivisionError("on purpose")

    async with client(Starlette(routes=[Route("/", fails)])) as c:
        with pytest.raises(ZeroDivisionError, match="on purpose"):
            await c.get("/")


async def test_an_app_that_answers_nothing_is_named() -> None:
    async def silent(scope: object, receive: object, send: object) -> None:
        return None

    async with client(silent) as c:
        with pytest.raises(AssertionError, match="answered nothing to GET http://testserver/x"):
            await c.get("/x")


async def test_an_app_that_never_answers_times_out_and_is_cancelled() -> None:
    cancelled = asyncio.Event()

    async def hangs(request: Request) -> Response:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        raise AssertionError("unreachable")

    async with client(Starlette(routes=[Route("/", hangs)]), timeout=0.05) as c:
        with pytest.raises(httpx.ReadTimeout):
            await c.get("/")
    assert cancelled.is_set()


async def test_the_lifespan_runs_around_and_its_errors_come_through() -> None:
    from contextlib import asynccontextmanager

    steps: list[str] = []

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        steps.append("start")
        yield
        steps.append("stop")

    @asynccontextmanager
    async def broken(app: Starlette) -> AsyncIterator[None]:
        raise LookupError("no database")
        yield

    async with client(Starlette(lifespan=lifespan)):
        assert steps == ["start"]
    assert steps == ["start", "stop"]
    with pytest.raises(LookupError, match="no database"):
        async with serve(Starlette(lifespan=broken)):
            raise AssertionError("it must not start")


async def test_a_web_socket_talks_both_ways_and_is_closed_with_its_code() -> None:
    async with client(Starlette(routes=ROUTES)) as c, c.websocket("/talk", subprotocols=["chat"]) as socket:
        assert socket.subprotocol == "chat"
        await socket.send_text("hello")
        assert await socket.receive_json() == {"echo": "hello"}
        await socket.send_text("bye")
        with pytest.raises(WebSocketDisconnect) as closing:
            await socket.receive()
    assert (closing.value.code, closing.value.reason) == (4001, "as you wish")


@pytest.mark.parametrize(("path", "status", "text"), [("/denied", 401, "not you"), ("/closed", 403, "")])
async def test_a_refused_web_socket_says_how(path: str, status: int, text: str) -> None:
    async with client(Starlette(routes=ROUTES)) as c:
        with pytest.raises(SocketRefused) as refused:
            async with c.websocket(path):
                raise AssertionError("it must not open")
    assert (refused.value.response.status_code, refused.value.response.text) == (status, text)


async def test_an_error_in_a_web_socket_reaches_the_test() -> None:
    async def fails(socket: WebSocket) -> None:
        await socket.accept()
        raise ZeroDivisionError("on purpose")

    async def talk_to_it(c: Client) -> None:
        async with c.websocket("/") as socket:
            assert [message async for message in socket] == []

    async with client(Starlette(routes=[WebSocketRoute("/", fails)])) as c:
        with pytest.raises(ZeroDivisionError):
            await talk_to_it(c)


async def test_a_served_app_answers_on_a_socket_and_ends_requests_under_way() -> None:
    entered, release = asyncio.Event(), asyncio.Event()

    async def slow(request: Request) -> Response:
        entered.set()
        await release.wait()
        return PlainTextResponse("done")

    server = serve(Starlette(routes=[Route("/slow", slow)]))
    url = await server.__aenter__()
    async with httpx.AsyncClient(base_url=url) as c:
        under_way = asyncio.create_task(c.get("/slow"))
        await entered.wait()
        stopping = asyncio.create_task(server.__aexit__(None, None, None))
        release.set()
        assert (await under_way).text == "done"
    await stopping


async def test_what_does_not_end_in_its_grace_is_cancelled() -> None:
    entered, cancelled = asyncio.Event(), asyncio.Event()

    async def hangs(request: Request) -> Response:
        entered.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        raise AssertionError("unreachable")

    async with httpx.AsyncClient() as c:
        async with serve(Starlette(routes=[Route("/", hangs)]), grace=0.1) as url:
            under_way = asyncio.create_task(c.get(url))
            await entered.wait()
        assert (await under_way).status_code == 500
    assert cancelled.is_set()
