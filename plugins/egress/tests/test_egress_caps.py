"""Caps: time, headers, body, and what is remembered between requests (nothing)."""

import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import brotli
import httpx
import pytest

from pegboard_egress import (
    Egress,
    EgressBlocked,
    EgressRequest,
    EgressResponse,
    EgressSettings,
    Timeouts,
    UpstreamError,
    UpstreamTimeout,
    UpstreamTooLarge,
    open_egress,
)

pytestmark = pytest.mark.anyio

MIB = 1024 * 1024


@asynccontextmanager
async def allowing(upstream: Any, **settings: Any) -> AsyncIterator[Egress]:
    async with open_egress(EgressSettings(allow_origins=(upstream.origin,), **settings)) as egress:
        yield egress


def deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def brotlied(data: bytes) -> bytes:
    packed: bytes = brotli.compress(data, quality=1)
    return packed


PACKED = {"gzip": gzip.compress, "deflate": zlib.compress, "Deflate": deflated, "br": brotlied}


@pytest.mark.parametrize("encoding", PACKED)
async def test_a_body_is_decoded(serve: Any, reply: Any, encoding: str) -> None:
    packed = PACKED[encoding](b"hello " * 1000)
    upstream = await serve(lambda seen: reply(packed, "200 OK", f"Content-Encoding: {encoding}"))
    async with allowing(upstream) as egress:
        answer = await egress.send(EgressRequest(url=upstream.origin))
        same = await egress.client.get(upstream.origin)
    assert answer.body == same.content == b"hello " * 1000
    assert "content-encoding" not in answer.headers
    assert "content-length" not in answer.headers


@pytest.mark.parametrize("encoding", PACKED)
async def test_a_bomb_is_refused_before_it_is_in_memory(serve: Any, reply: Any, encoding: str) -> None:
    bomb = PACKED[encoding](bytes(64 * MIB))
    assert len(bomb) < MIB
    upstream = await serve(lambda seen: reply(bomb, "200 OK", f"Content-Encoding: {encoding}"))
    async with allowing(upstream, max_body=MIB) as egress:
        tracemalloc.start()
        try:
            with pytest.raises(UpstreamTooLarge) as refused:
                await egress.send(EgressRequest(url=upstream.origin))
            with pytest.raises(UpstreamTooLarge):
                await egress.client.get(upstream.origin)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert (refused.value.status, refused.value.rule) == (502, "body")
    assert peak < 8 * MIB


async def test_an_endless_body_is_cut_and_its_connection_closed(serve: Any) -> None:
    async def endless(seen: Any) -> AsyncIterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n\r\n"
        while True:
            yield bytes(64 * 1024)

    upstream = await serve(endless)
    async with allowing(upstream) as egress:
        with pytest.raises(UpstreamTooLarge):
            await egress.send(EgressRequest(url=upstream.origin, max_body=MIB))
        async with asyncio.timeout(5):
            await upstream.hung_up.wait()


async def test_a_body_that_says_it_is_too_long_is_not_read(serve: Any, reply: Any) -> None:
    upstream = await serve(lambda seen: b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
    async with allowing(upstream) as egress:
        with pytest.raises(UpstreamTooLarge):
            await egress.send(EgressRequest(url=upstream.origin))


async def test_a_body_of_just_the_cap_is_whole(serve: Any, reply: Any) -> None:
    upstream = await serve(lambda seen: reply(bytes(MIB)))
    async with allowing(upstream, max_body=MIB) as egress:
        assert len((await egress.send(EgressRequest(url=upstream.origin))).body) == MIB
        with pytest.raises(UpstreamTooLarge):
            await egress.send(EgressRequest(url=upstream.origin, max_body=MIB - 1))


async def test_the_length_of_what_head_leaves_out_is_no_body(serve: Any) -> None:
    upstream = await serve(lambda seen: b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
    async with allowing(upstream) as egress:
        assert (await egress.send(EgressRequest(url=upstream.origin, method="HEAD"))).body == b""


@pytest.mark.parametrize(
    "headers",
    [
        [f"X-{number}: x" for number in range(5000)],
        ["X-Long: " + "x" * 100_000],
        [f"X-{number}: " + "x" * 8000 for number in range(10)],
    ],
    ids=["many", "long", "many long"],
)
async def test_a_flood_of_headers_is_refused(serve: Any, reply: Any, headers: list[str]) -> None:
    upstream = await serve(lambda seen: reply(b"", "200 OK", *headers))
    async with allowing(upstream) as egress:
        with pytest.raises(UpstreamTooLarge) as refused:
            await egress.send(EgressRequest(url=upstream.origin))
    assert refused.value.rule == "headers"


async def test_long_headers_below_the_cap_are_fine(serve: Any, reply: Any) -> None:
    upstream = await serve(lambda seen: reply(b"", "200 OK", *(f"X-{n}: " + "x" * 12_000 for n in range(5))))
    async with allowing(upstream) as egress:
        assert len((await egress.send(EgressRequest(url=upstream.origin))).headers["X-4"]) == 12_000


async def test_a_silent_upstream_is_a_time_out_of_reading(serve: Any) -> None:
    upstream = await serve(silent)
    async with allowing(upstream) as egress:
        with pytest.raises(UpstreamTimeout) as late:
            await egress.send(EgressRequest(url=upstream.origin, timeout=Timeouts(read=0.05)))
    assert (late.value.status, late.value.rule) == (504, "read")


async def test_a_body_that_drips_ends_at_the_wall(serve: Any) -> None:
    upstream = await serve(dripping)
    async with allowing(upstream, total_timeout=0.2) as egress:
        with pytest.raises(UpstreamTimeout) as late:
            await egress.send(EgressRequest(url=upstream.origin, timeout=Timeouts(read=0.1)))
        with pytest.raises(UpstreamTimeout):
            await egress.client.get(upstream.origin)
    assert late.value.rule == "total"


async def test_headers_that_drip_end_at_the_wall(serve: Any) -> None:
    async def drip(seen: Any) -> AsyncIterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n"
        while True:
            await asyncio.sleep(0.01)
            yield b"X: y\r\n"

    upstream = await serve(drip)
    async with allowing(upstream) as egress:
        with pytest.raises(UpstreamTimeout):
            await egress.send(EgressRequest(url=upstream.origin, timeout=Timeouts(read=0.1, total=0.2)))


async def test_waiting_for_a_free_connection_is_part_of_connecting(serve: Any) -> None:
    upstream = await serve(silent)
    async with allowing(upstream, connections_per_host=1) as egress:
        holding = asyncio.create_task(egress.send(EgressRequest(url=upstream.origin)))
        await upstream.reached.wait()
        with pytest.raises(UpstreamTimeout) as late:
            await egress.send(EgressRequest(url=upstream.origin, timeout=Timeouts(connect=0.05)))
        holding.cancel()
    assert late.value.rule == "connect"


async def test_a_cancelled_caller_leaves_no_connection_behind(serve: Any) -> None:
    upstream = await serve(dripping)
    async with allowing(upstream) as egress:
        sending = asyncio.create_task(egress.send(EgressRequest(url=upstream.origin)))
        await upstream.reached.wait()
        sending.cancel()
        async with asyncio.timeout(5):
            await upstream.hung_up.wait()


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.6 secret banner\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nContent-Length: 20\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: secret\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 6\r\n\r\nsecret",
    ],
    ids=["ssh", "two lengths", "bad chunk", "upgrade", "unknown encoding", "no gzip"],
)
async def test_what_is_no_proper_http_is_an_error_that_does_not_repeat_it(serve: Any, answer: bytes) -> None:
    upstream = await serve(lambda seen: answer)
    async with allowing(upstream) as egress:
        with pytest.raises(UpstreamError) as failed:
            await egress.send(EgressRequest(url=upstream.origin, timeout=Timeouts(read=1)))
    assert failed.value.rule == "protocol"
    assert "secret" not in str(failed.value.body())
    assert "SSH" not in str(failed.value.body())


async def test_a_connection_that_breaks_off_is_an_error(serve: Any) -> None:
    async def broken(seen: Any) -> AsyncIterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123"
        raise ConnectionResetError

    upstream = await serve(broken)
    async with allowing(upstream) as egress:
        with pytest.raises(UpstreamError) as failed:
            await egress.send(EgressRequest(url=upstream.origin))
    assert failed.value.error_code == "UPSTREAM_ERROR"


async def test_the_pool_is_shared_and_remembers_nothing_of_a_request(serve: Any, reply: Any) -> None:
    upstream = await serve(lambda seen: reply(b"", "200 OK", "Set-Cookie: session=hunter2; Path=/"))
    async with allowing(upstream) as egress:
        await egress.send(EgressRequest(url=upstream.origin, headers={"Authorization": "hunter2", "Cookie": "hunter2"}))
        await egress.send(EgressRequest(url=upstream.origin))
        await egress.client.get(upstream.origin, auth=("user", "hunter2"))
        await egress.client.get(upstream.origin)
    assert upstream.connections == 1
    for seen in (upstream.seen[1], upstream.seen[3]):
        assert not {"cookie", "authorization"} & seen.headers.keys()


async def test_what_goes_out_is_what_was_asked_for(serve: Any) -> None:
    upstream = await serve()
    async with allowing(upstream) as egress:
        answer = await egress.send(
            EgressRequest(
                url=f"{upstream.origin}/a?b=1",
                method="post",
                params=[("c", "x y&z"), ("c", "ü")],
                headers={"X-One": "1"},
                content=b"body",
            )
        )
    seen = upstream.seen[0]
    assert (seen.method, seen.target, seen.body) == ("POST", "/a?b=1&c=x+y%26z&c=%C3%BC", b"body")
    assert seen.headers["x-one"] == "1"
    assert "content-type" not in seen.headers
    assert isinstance(answer, EgressResponse)
    assert answer.headers["content-LENGTH"] == "2"
    assert 0 < answer.elapsed < 5


@pytest.mark.parametrize("auth", [None, httpx.BasicAuth("user", "secret")])
async def test_headers_beyond_ascii_do_no_harm(serve: Any, auth: httpx.Auth | None) -> None:
    upstream = await serve(
        lambda seen: "HTTP/1.1 200 Schön\r\nX-U: ü\r\nX-L: ".encode() + b"\xfc\r\nContent-Length: 0\r\n\r\n"
    )
    async with allowing(upstream) as egress:
        answer = await egress.send(EgressRequest(url=upstream.origin, headers={"X-Out": "ü"}, auth=auth))
        same = await egress.client.get(upstream.origin, headers={"X-Out": "ü".encode()}, auth=auth)
    assert (answer.headers["x-u"], answer.headers["x-l"]) == ("ü", "\ufffd")
    assert same.headers["x-u"] == "ü"
    assert [seen.headers["x-out"].encode("latin-1").decode() for seen in upstream.seen] == ["ü", "ü"]


async def test_a_large_request_body_arrives_whole(serve: Any) -> None:
    upstream = await serve()
    async with allowing(upstream) as egress:
        await egress.send(EgressRequest(url=upstream.origin, method="PUT", content=b"x" * 3 * MIB))
    assert len(upstream.seen[0].body) == 3 * MIB


async def test_framing_headers_and_host_are_not_the_callers(serve: Any) -> None:
    upstream = await serve()
    wrong = {"Host": "internal", "Content-Length": "999", "Transfer-Encoding": "chunked", "Connection": "upgrade"}
    async with allowing(upstream) as egress:
        await egress.send(EgressRequest(url=upstream.origin, method="POST", headers=wrong, content=b"abc"))
        await egress.client.post(upstream.origin, headers={"Host": "internal"}, content=b"abc")
    for seen in upstream.seen:
        assert seen.headers["host"] == upstream.origin.removeprefix("http://")
        assert seen.headers["content-length"] == "3"
        assert "transfer-encoding" not in seen.headers


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"headers": {"X": "a\r\nEvil: b"}}, "header"),
        ({"headers": {"X\r\nEvil": "b"}}, "header"),
        ({"headers": {"X Y": "b"}}, "header"),
        ({"headers": {"": "b"}}, "header"),
        ({"method": "GET / HTTP/1.1\r\n"}, "method"),
        ({"method": "CONNECT"}, "method"),
        ({"method": ""}, "method"),
    ],
)
async def test_what_would_break_out_of_a_header_is_refused(serve: Any, wrong: dict[str, Any], rule: str) -> None:
    upstream = await serve()
    async with allowing(upstream) as egress:
        with pytest.raises(EgressBlocked) as refused:
            await egress.send(EgressRequest(url=upstream.origin, **wrong))
    assert refused.value.rule == rule
    assert upstream.connections == 0


def test_secrets_are_not_in_reprs() -> None:
    request = EgressRequest(
        url="https://example.com/a?key=hunter2", headers={"A": "hunter2"}, params={"k": "hunter2"}, content=b"hunter2"
    )
    response = EgressResponse(200, {"Set-Cookie": "hunter2"}, b"hunter2", "https://example.com/a?key=hunter2", 0.1)
    assert "hunter2" not in repr(request) + repr(response)
    assert "https://example.com/a" in repr(request)


async def dripping(seen: Any) -> AsyncIterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n\r\n"
    while True:
        await asyncio.sleep(0.01)
        yield b"x"


async def silent(seen: Any) -> AsyncIterator[bytes]:
    await asyncio.Event().wait()
    yield b""
