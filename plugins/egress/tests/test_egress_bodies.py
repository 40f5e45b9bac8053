"""A credential that an auth flow puts into a body stays with the origin that it is for."""

from collections.abc import Generator
from typing import Any

import httpx
import pytest

from pegboard_egress import EgressBlocked, EgressRequest, EgressSettings, open_egress

pytestmark = pytest.mark.anyio


class KeyInBody(httpx.Auth):
    requires_request_body = True

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        headers = {name: value for name, value in request.headers.items() if name != "content-length"}
        extensions = {**request.extensions, "egress.secret_body": True}
        content = request.content + b"&key=hunter2"
        yield httpx.Request(request.method, request.url, headers=headers, content=content, extensions=extensions)


def moving(reply: Any, status: str, target: Any) -> Any:
    return lambda seen: reply(b"in") if seen.target == "/b" else reply(b"", status, f"Location: {target()}")


@pytest.mark.parametrize("way", ["send", "client"])
@pytest.mark.parametrize("status", ["307 Temporary Redirect", "308 Permanent Redirect"])
async def test_a_body_with_a_credential_does_not_leave_the_origin(
    serve: Any, reply: Any, way: str, status: str
) -> None:
    other = await serve()
    upstream = await serve(moving(reply, status, lambda: f"{other.origin}/b"))
    async with open_egress(EgressSettings(allow_origins=(upstream.origin, other.origin))) as egress:
        with pytest.raises(EgressBlocked, match="holds a credential") as refused:
            await ask(egress, way, upstream.origin, KeyInBody())
    assert refused.value.rule == "redirect"
    assert other.connections == 0
    assert upstream.seen[0].body == b"a=1&key=hunter2"


@pytest.mark.parametrize("way", ["send", "client"])
async def test_within_the_origin_it_is_sent_again(serve: Any, reply: Any, way: str) -> None:
    upstream = await serve(moving(reply, "307 Temporary Redirect", lambda: "/b"))
    async with open_egress(EgressSettings(allow_origins=(upstream.origin,))) as egress:
        assert await ask(egress, way, upstream.origin, KeyInBody()) == b"in"
    assert [seen.body for seen in upstream.seen] == [b"a=1&key=hunter2"] * 2


@pytest.mark.parametrize("way", ["send", "client"])
async def test_a_redirect_that_drops_the_body_may_leave(serve: Any, reply: Any, way: str) -> None:
    other = await serve(lambda seen: reply(b"in"))
    upstream = await serve(moving(reply, "303 See Other", lambda: f"{other.origin}/b"))
    async with open_egress(EgressSettings(allow_origins=(upstream.origin, other.origin))) as egress:
        assert await ask(egress, way, upstream.origin, KeyInBody()) == b"in"
    assert (other.seen[0].method, other.seen[0].body) == ("GET", b"")


async def test_a_body_without_a_credential_goes_on_as_ever(serve: Any, reply: Any) -> None:
    other = await serve(lambda seen: reply(b"in"))
    upstream = await serve(moving(reply, "307 Temporary Redirect", lambda: f"{other.origin}/b"))
    async with open_egress(EgressSettings(allow_origins=(upstream.origin, other.origin))) as egress:
        assert await ask(egress, "send", upstream.origin, httpx.BasicAuth("u", "hunter2")) == b"in"
    assert other.seen[0].body == b"a=1"
    assert "authorization" not in other.seen[0].headers


async def ask(egress: Any, way: str, origin: str, auth: httpx.Auth) -> bytes:
    url = f"{origin}/a"
    if way == "send":
        request = EgressRequest(url=url, method="POST", content=b"a=1", auth=auth)
        return bytes((await egress.send(request)).body)
    return bytes((await egress.client.post(url, content=b"a=1", auth=auth, follow_redirects=True)).content)
