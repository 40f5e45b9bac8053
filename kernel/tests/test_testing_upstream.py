"""The stand-in upstream answers as it was told, records what it got, and is broken on request."""

import asyncio
import time
from collections.abc import AsyncIterator

import anyio
import httpx
import pytest

from pegboard.testing import Received, Upstream, answer, upstream

pytestmark = pytest.mark.anyio


@pytest.fixture
async def api() -> AsyncIterator[Upstream]:
    async with upstream() as stand_in:
        yield stand_in


@pytest.fixture
async def http(api: Upstream) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=api.url, trust_env=False) as client:
        yield client


async def test_it_records_the_whole_request(api: Upstream, http: httpx.AsyncClient) -> None:
    api.on("/orders", answer(201, json={"id": 7}, headers={"Location": "/orders/7"}), method="POST")
    got = await http.post("/orders?a=1&a=2", json={"sku": "x"}, headers={"X-Key": "k"})
    assert (got.status_code, got.json(), got.headers["location"]) == (201, {"id": 7}, "/orders/7")
    [request] = api.requests
    assert (request.method, request.path, request.params.get_list("a")) == ("POST", "/orders", ["1", "2"])
    assert (request.json(), request.headers["x-key"], request.query) == ({"sku": "x"}, "k", {"a": "2"})


async def test_a_script_is_played_in_order_and_its_last_answer_stays(api: Upstream, http: httpx.AsyncClient) -> None:
    api.on("/", answer(429), answer(503), answer(text="now"))
    assert [(await http.get("/")).status_code for _ in range(5)] == [429, 503, 200, 200, 200]


async def test_a_handler_sees_the_request(api: Upstream, http: httpx.AsyncClient) -> None:
    api.on("/items/{id:int}", lambda r: answer(json={"id": r.path_params["id"], **r.query}), method="*")

    async def form(received: Received) -> object:
        return answer(json=received.form())

    api.on("/form", form, method="POST")
    assert (await http.put("/items/7?x=y")).json() == {"id": 7, "x": "y"}
    assert (await http.post("/form", data={"grant": "a b"})).json() == {"grant": "a b"}


async def test_what_has_no_route_is_a_404_that_names_it(api: Upstream, http: httpx.AsyncClient) -> None:
    got = await http.get("/nowhere")
    assert got.status_code == 404
    assert "GET /nowhere" in got.text


async def test_a_later_route_goes_first(api: Upstream, http: httpx.AsyncClient) -> None:
    api.on("/", answer(text="old"))
    api.on("/", answer(text="new"))
    assert (await http.get("/")).text == "new"


async def test_connections_are_kept_and_counted(api: Upstream, http: httpx.AsyncClient) -> None:
    api.on("/", answer(text="x"))
    for _ in range(3):
        await http.get("/")
    assert api.connections == 1


async def test_head_and_no_content_have_no_body(api: Upstream, http: httpx.AsyncClient) -> None:
    api.on("/", answer(text="body"), method="*")
    api.on("/gone", answer(204), method="DELETE")
    assert (await http.head("/")).content == b""
    assert (await http.delete("/gone")).status_code == 204
    assert api.connections == 1


async def test_a_slow_head_and_a_dripping_body(api: Upstream, http: httpx.AsyncClient) -> None:
    api.on("/slow", answer(text="x", delay=5))
    with pytest.raises(httpx.ReadTimeout):
        await http.get("/slow", timeout=0.05)
    api.on("/drip", answer(body=[b"a", b"b", b"c"], drip=0.02))
    started = time.perf_counter()
    assert (await http.get("/drip")).text == "abc"
    assert time.perf_counter() - started >= 0.04


async def test_it_waits_for_an_event_instead_of_a_time(api: Upstream, http: httpx.AsyncClient) -> None:
    go = asyncio.Event()
    api.on("/", answer(text="went", until=go))
    under_way = asyncio.create_task(http.get("/"))
    assert [r.path for r in await api.wait_for(1, "/")] == ["/"]
    assert not under_way.done()
    go.set()
    assert (await under_way).text == "went"


async def test_waiting_for_what_does_not_come_ends(api: Upstream) -> None:
    with pytest.raises(TimeoutError):
        await api.wait_for(1, patience=0.02)


async def test_broken_answers(api: Upstream, http: httpx.AsyncClient) -> None:
    api.on("/cut", answer(text="0123456789", cut=4))
    api.on("/short", answer(text="0123", length=10))
    api.on("/raw", answer(raw=b"SSH-2.0-hello\r\n"))
    api.on("/hangup", answer(raw=b""))
    for path in ("/cut", "/short", "/raw", "/hangup"):
        with pytest.raises(httpx.RemoteProtocolError):
            await http.get(path)


async def test_a_chunked_body(api: Upstream, http: httpx.AsyncClient) -> None:
    api.on("/", answer(body=[b"a", b"b"], headers={"Transfer-Encoding": "chunked"}))
    got = await http.get("/")
    assert got.text == "ab"
    assert "content-length" not in got.headers


async def test_an_upload_in_parts_is_read_whole(api: Upstream, http: httpx.AsyncClient) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 10_000

    api.on("/", lambda r: answer(json=len(r.body)), method="PUT")
    assert (await http.put("/", content=parts())).json() == 1_000_000


async def test_leaving_hangs_up_on_whoever_waits() -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        async with upstream() as api:
            api.on("/", answer(until=asyncio.Event()))
            under_way = asyncio.create_task(client.get(api.url))
            await api.wait_for(1)
        with anyio.fail_after(2), pytest.raises(httpx.HTTPError):
            await under_way
