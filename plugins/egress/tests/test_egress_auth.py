"""`httpx.Auth` flows, over `send` and over the client: each request of a flow is under the guard."""

from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from pegboard_egress import Egress, EgressBlocked, EgressRequest, EgressSettings, open_egress

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def allowing(upstream: Any) -> AsyncIterator[Egress]:
    async with open_egress(EgressSettings(allow_origins=(upstream.origin,))) as egress:
        yield egress


class TokenAuth(httpx.Auth):
    """Fetches a token first, as OAuth does."""

    requires_response_body = True

    def __init__(self, token_url: str) -> None:
        self._token_url = token_url
        self.refreshed = False

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        answer = yield httpx.Request("POST", self._token_url, data={"grant_type": "client_credentials"})
        request.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        if (yield request).status_code == 401:
            self.refreshed = True
            yield request


async def test_basic_credentials_go_out(serve: Any) -> None:
    upstream = await serve()
    async with allowing(upstream) as egress:
        await egress.send(EgressRequest(url=upstream.origin, auth=httpx.BasicAuth("user", "secret")))
    assert upstream.seen[0].headers["authorization"] == "Basic dXNlcjpzZWNyZXQ="


async def test_a_challenge_is_answered(serve: Any, reply: Any) -> None:
    challenge = 'WWW-Authenticate: Digest realm="r", nonce="n", qop="auth", algorithm=MD5'
    upstream = await serve(
        lambda seen: reply(b"in") if "authorization" in seen.headers else reply(b"", "401 Unauthorized", challenge)
    )
    async with allowing(upstream) as egress:
        request = EgressRequest(url=f"{upstream.origin}/a?b=1", auth=httpx.DigestAuth("user", "secret"))
        answer = await egress.send(request)
    assert (answer.status, answer.body) == (200, b"in")
    assert 'uri="/a?b=1"' in upstream.seen[1].headers["authorization"]


@pytest.mark.parametrize("way", ["send", "client"])
async def test_a_token_is_fetched_and_used(serve: Any, reply: Any, way: str) -> None:
    upstream = await serve(lambda seen: reply(b'{"access_token": "t1"}' if seen.target == "/token" else b"in"))
    async with allowing(upstream) as egress:
        auth = TokenAuth(f"{upstream.origin}/token")
        url = f"{upstream.origin}/data"
        if way == "send":
            body = (await egress.send(EgressRequest(url=url, auth=auth))).body
        else:
            body = (await egress.client.get(url, auth=auth)).content
    assert body == b"in"
    assert [(seen.method, seen.target) for seen in upstream.seen] == [("POST", "/token"), ("GET", "/data")]
    assert upstream.seen[0].body == b"grant_type=client_credentials"
    assert upstream.seen[1].headers["authorization"] == "Bearer t1"


@pytest.mark.parametrize("way", ["send", "client"])
async def test_a_token_url_inside_is_refused(serve: Any, way: str) -> None:
    upstream = await serve()
    async with allowing(upstream) as egress:
        auth = TokenAuth("http://169.254.169.254/token")
        request = EgressRequest(url=upstream.origin, auth=auth)
        with pytest.raises(EgressBlocked):
            await (egress.send(request) if way == "send" else egress.client.get(upstream.origin, auth=auth))
    assert upstream.connections == 0


async def test_the_client_is_an_httpx_client_like_any_other(serve: Any, reply: Any) -> None:
    upstream = await serve(lambda seen: reply(seen.body or b"{}", "201 Created", "X-Two: a", "X-Two: b"))
    async with allowing(upstream) as egress:
        response = await egress.client.post(f"{upstream.origin}/a", params={"b": "ü"}, json={"c": 1})
        async with egress.client.stream("GET", upstream.origin) as streamed:
            pieces = [piece async for piece in streamed.aiter_bytes()]
    assert (response.status_code, response.json(), response.reason_phrase) == (201, {"c": 1}, "Created")
    assert response.headers.get_list("x-two") == ["a", "b"]
    assert b"".join(pieces) == b"{}"
    assert upstream.seen[0].target == "/a?b=%C3%BC"
    assert upstream.seen[0].headers["content-type"] == "application/json"


async def test_the_client_refuses_what_send_refuses() -> None:
    async with open_egress() as egress:
        for url in ("http://127.0.0.1/", "http://2130706433/", "https://example.com:22/", "https://u:p@example.com/"):
            with pytest.raises(EgressBlocked):
                await egress.client.get(url)
            with pytest.raises(EgressBlocked):
                await egress.send(EgressRequest(url=url))
