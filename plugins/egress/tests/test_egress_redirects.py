"""Redirects: the same rules at every step, and no secret beyond the origin it was meant for."""

from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from pegboard_egress import Egress, EgressBlocked, EgressRequest, EgressSettings, TooManyRedirects, open_egress

pytestmark = pytest.mark.anyio

SECRET = {
    "Authorization": "Bearer hunter2",
    "Cookie": "session=hunter2",
    "X-API-Key": "hunter2",
    "x-apikey": "hunter2",
    "X-Auth-Token": "hunter2",
    "X-Tenant-Secret": "hunter2",
}


@asynccontextmanager
async def allowing(*upstreams: Any, **settings: Any) -> AsyncIterator[Egress]:
    async with open_egress(EgressSettings(allow_origins=tuple(u.origin for u in upstreams), **settings)) as egress:
        yield egress


def moved(reply: Any, location: str, status: str = "302 Found") -> Any:
    return lambda seen: reply(b"", status, f"Location: {location}")


async def test_a_redirect_is_followed_and_the_last_url_told(serve: Any, reply: Any) -> None:
    upstream = await serve(lambda seen: reply(b"there") if seen.target == "/b?x=1" else moved(reply, "b?x=1")(seen))
    async with allowing(upstream) as egress:
        answer = await egress.send(EgressRequest(url=f"{upstream.origin}/a?key=hunter2"))
    assert (answer.status, answer.body, answer.url) == (200, b"there", f"{upstream.origin}/b?x=1")


@pytest.mark.parametrize(
    ("location", "rule"),
    [
        ("http://127.0.0.1:1/", "address"),
        ("http://169.254.169.254/latest/meta-data/", "address"),
        ("http://localhost/", "address"),
        ("http://2130706433/", "host"),
        ("http://[::ffff:127.0.0.1]/", "address"),
        ("//10.0.0.1/", "address"),
        ("file:///etc/passwd", "scheme"),
        ("https://user:secret@example.com/", "user-info"),
        ("https://example.com:22/", "port"),
        ("http://[::1", "url"),
    ],
)
async def test_a_redirect_inside_is_refused(serve: Any, reply: Any, location: str, rule: str) -> None:
    upstream = await serve(moved(reply, location))
    async with allowing(upstream) as egress:
        with pytest.raises(EgressBlocked) as refused:
            await egress.send(EgressRequest(url=upstream.origin))
        with pytest.raises((EgressBlocked, httpx.RemoteProtocolError, httpx.InvalidURL, httpx.UnsupportedProtocol)):
            await egress.client.get(upstream.origin, follow_redirects=True)
    assert refused.value.rule == rule


async def test_a_redirect_to_a_name_that_resolves_inside_is_refused(serve: Any, reply: Any, names: Any) -> None:
    upstream = await serve(moved(reply, "https://inside.test/"))
    settings = EgressSettings(allow_origins=(upstream.origin,))
    async with open_egress(settings, names(inside_test=[["10.0.0.1"]])) as egress:
        with pytest.raises(EgressBlocked):
            await egress.send(EgressRequest(url=upstream.origin))


async def test_five_redirects_are_followed_and_a_sixth_is_not(serve: Any, reply: Any) -> None:
    def count(seen: Any) -> bytes:
        left = int(seen.target.strip("/"))
        return reply(b"end") if left == 0 else reply(b"", "307 Temporary Redirect", f"Location: /{left - 1}")

    upstream = await serve(count)
    async with allowing(upstream) as egress:
        assert (await egress.send(EgressRequest(url=f"{upstream.origin}/5"))).body == b"end"
        with pytest.raises(TooManyRedirects) as refused:
            await egress.send(EgressRequest(url=f"{upstream.origin}/6"))
    assert (refused.value.status, refused.value.error_code) == (502, "TOO_MANY_REDIRECTS")


async def test_a_redirect_is_an_answer_where_it_is_not_to_be_followed(serve: Any, reply: Any) -> None:
    upstream = await serve(moved(reply, "http://127.0.0.1:1/"))
    async with allowing(upstream) as egress:
        answer = await egress.send(EgressRequest(url=upstream.origin, follow_redirects=False))
    assert (answer.status, answer.headers["location"]) == (302, "http://127.0.0.1:1/")


async def test_secrets_stay_with_their_origin(serve: Any, reply: Any) -> None:
    other = await serve()
    first = await serve(moved(reply, f"{other.origin}/"))
    async with allowing(first, other) as egress:
        request = EgressRequest(
            url=first.origin, headers={**SECRET, "X-Plain": "kept"}, secret_headers=frozenset({"x-tenant-secret"})
        )
        await egress.send(request)
    assert {name.lower() for name in SECRET} <= first.seen[0].headers.keys()
    assert "hunter2" not in str(other.seen[0])
    assert other.seen[0].headers["x-plain"] == "kept"


async def test_secrets_are_kept_within_their_origin(serve: Any, reply: Any) -> None:
    upstream = await serve(lambda seen: reply() if seen.target == "/b" else moved(reply, "/b")(seen))
    async with allowing(upstream) as egress:
        await egress.send(EgressRequest(url=upstream.origin, headers=SECRET))
    assert upstream.seen[1].headers["authorization"] == "Bearer hunter2"


async def test_secrets_do_not_come_back_with_a_second_redirect(serve: Any, reply: Any) -> None:
    other = await serve()
    first = await serve(lambda seen: reply() if seen.target == "/back" else moved(reply, f"{other.origin}/")(seen))
    other.answer = moved(reply, f"{first.origin}/back")
    async with allowing(first, other) as egress:
        await egress.send(
            EgressRequest(url=first.origin, headers=SECRET, secret_headers=frozenset({"X-Tenant-Secret"}))
        )
    assert "hunter2" not in str(first.seen[1])


async def test_whatever_an_auth_flow_adds_is_a_secret(serve: Any, reply: Any) -> None:
    class Odd(httpx.Auth):
        def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
            request.headers["X-Odd-One"] = "hunter2"
            yield request

    other = await serve()
    first = await serve(moved(reply, f"{other.origin}/"))
    async with allowing(first, other) as egress:
        await egress.send(EgressRequest(url=first.origin, auth=Odd()))
    assert first.seen[0].headers["x-odd-one"] == "hunter2"
    assert "hunter2" not in str(other.seen[0])


async def test_the_httpx_client_drops_secrets_too(serve: Any, reply: Any) -> None:
    other = await serve()
    first = await serve(moved(reply, f"{other.origin}/"))
    async with allowing(first, other) as egress:
        marked = {"egress.secret_headers": ["X-Tenant-Secret"]}
        await egress.client.get(first.origin, headers=SECRET, extensions=marked, follow_redirects=True)
    assert "hunter2" in str(first.seen[0])
    assert "hunter2" not in str(other.seen[0])


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [
        ("301 Moved Permanently", "POST", ("GET", b"")),
        ("302 Found", "POST", ("GET", b"")),
        ("303 See Other", "PUT", ("GET", b"")),
        ("303 See Other", "HEAD", ("HEAD", b"")),
        ("302 Found", "PUT", ("PUT", b"{}")),
        ("307 Temporary Redirect", "POST", ("POST", b"{}")),
        ("308 Permanent Redirect", "POST", ("POST", b"{}")),
    ],
)
async def test_method_and_body_after_a_redirect(
    serve: Any, reply: Any, status: str, method: str, then: tuple[str, bytes]
) -> None:
    upstream = await serve(lambda seen: reply(b"") if seen.target == "/b" else moved(reply, "/b", status)(seen))
    async with allowing(upstream) as egress:
        content = b"" if method == "HEAD" else b"{}"
        headers = {"Content-Type": "application/json"}
        await egress.send(EgressRequest(url=upstream.origin, method=method, content=content, headers=headers))
    last = upstream.seen[1]
    assert (last.method, last.body) == then
    assert ("content-type" in last.headers) == (then[0] != "GET")
