"""Names, addresses, sockets and peers: the connection goes where the guard has looked."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Any

import aiohttp
import anyio
import certifi
import pytest

from pegboard_egress import EgressBlocked, EgressRequest, EgressSettings, UpstreamError, UpstreamTimeout, open_egress
from pegboard_egress.connector import GuardedConnector, SystemResolver
from pegboard_egress.guard import Guard
from pegboard_egress.messages import Timeouts

pytestmark = pytest.mark.anyio

LOOPBACK_ONE = ("127.0.0.1/32",)


async def test_a_name_is_resolved_once_and_its_checked_address_connected_to(serve: Any, names: Any, reply: Any) -> None:
    outside = await serve(lambda seen: reply(b"outside"))
    inside = await serve(lambda seen: reply(b"inside"), host="127.0.0.2", port=outside.port)
    resolver = names(rebind_test=[["127.0.0.1"], ["127.0.0.2"]])
    settings = EgressSettings(allow_networks=LOOPBACK_ONE, allow_ports=(outside.port,))
    async with open_egress(settings, resolver) as egress:
        answer = await egress.send(EgressRequest(url=f"http://rebind.test:{outside.port}/"))
    assert (answer.body, resolver.asked, inside.seen) == (b"outside", ["rebind.test"], [])
    assert outside.seen[0].headers["host"] == f"rebind.test:{outside.port}"


async def test_a_second_answer_is_checked_as_the_first_one_was(serve: Any, names: Any, reply: Any) -> None:
    outside = await serve(lambda seen: reply(b"outside", "200 OK", "Connection: close"))
    inside = await serve(host="127.0.0.2", port=outside.port)
    resolver = names(rebind_test=[["127.0.0.1"], ["127.0.0.2"]])
    settings = EgressSettings(allow_networks=LOOPBACK_ONE, allow_ports=(outside.port,), dns_ttl=0)
    async with open_egress(settings, resolver) as egress:
        request = EgressRequest(url=f"http://rebind.test:{outside.port}/")
        assert (await egress.send(request)).body == b"outside"
        with pytest.raises(EgressBlocked):
            await egress.send(request)
    assert inside.connections == 0


@pytest.mark.parametrize("order", [["127.0.0.1", "127.0.0.2"], ["127.0.0.2", "127.0.0.1"], ["127.0.0.1", "::1"]])
async def test_a_name_with_one_good_and_one_bad_answer_is_refused(serve: Any, names: Any, order: list[str]) -> None:
    upstream = await serve()
    settings = EgressSettings(allow_networks=LOOPBACK_ONE, allow_ports=(upstream.port,))
    async with open_egress(settings, names(mixed_test=[order])) as egress:
        with pytest.raises(EgressBlocked) as refused:
            await egress.send(EgressRequest(url=f"http://mixed.test:{upstream.port}/"))
    assert refused.value.rule == "address"
    assert upstream.connections == 0


@pytest.mark.parametrize("address", ["10.0.0.1", "169.254.169.254", "64:ff9b::a00:1", "fe80::1%2", "168.63.129.16"])
async def test_a_name_of_an_address_inside_is_refused_and_no_time_out(names: Any, address: str) -> None:
    async with open_egress(resolver=names(inside_test=[[address]])) as egress:
        with anyio.fail_after(5), pytest.raises(EgressBlocked) as refused:
            await egress.send(EgressRequest(url="https://inside.test/"))
    assert (refused.value.status, refused.value.extra["error_code"]) == (403, "EGRESS_BLOCKED")


async def test_the_systems_resolver_is_under_the_guard(serve: Any) -> None:
    upstream = await serve()
    port = upstream.port
    settings = EgressSettings(allow_ports=(port,), allow_networks=("::1/128",))
    async with open_egress(settings) as egress:
        with pytest.raises(EgressBlocked):
            await egress.send(EgressRequest(url=f"http://localhost:{port}/"))
    async with open_egress(EgressSettings(allow_origins=(f"http://localhost:{port}",))) as egress:
        assert (await egress.send(EgressRequest(url=f"http://localhost:{port}/"))).body == b"ok"
    assert upstream.connections == 1


async def test_an_unknown_name_is_an_error_of_dns(names: Any) -> None:
    async with open_egress(resolver=names()) as egress:
        with pytest.raises(UpstreamError) as failed:
            await egress.send(EgressRequest(url="https://unknown.test/"))
    assert (failed.value.status, failed.value.rule) == (502, "dns")


async def test_a_name_without_addresses_is_an_error_of_dns(names: Any) -> None:
    async with open_egress(resolver=names(empty_test=[[]])) as egress:
        with pytest.raises(UpstreamError) as failed:
            await egress.send(EgressRequest(url="https://empty.test/"))
    assert failed.value.rule == "dns"


async def test_a_name_server_that_never_answers_is_a_time_out_of_connecting(names: Any) -> None:
    class Silent(names):  # type: ignore[misc]
        async def resolve(self, *asked: Any) -> Any:
            await asyncio.Event().wait()

    async with open_egress(resolver=Silent()) as egress:
        with pytest.raises(UpstreamTimeout) as failed:
            await egress.send(EgressRequest(url="https://silent.test/", timeout=Timeouts(connect=0.05)))
    assert (failed.value.status, failed.value.rule) == (504, "connect")


async def test_the_peer_is_checked_and_not_only_the_address_that_was_asked_for(serve: Any) -> None:
    # Linux connects 0.0.0.0 to 127.0.0.1: the address is allowed here, and what it leads to is not.
    upstream = await serve()
    settings = EgressSettings(allow_networks=("0.0.0.0/32",), allow_ports=(upstream.port,))
    async with open_egress(settings) as egress:
        with pytest.raises(EgressBlocked):
            await egress.send(EgressRequest(url=f"http://0.0.0.0:{upstream.port}/"))
        await upstream.hung_up.wait()
    assert upstream.seen == []


@pytest.mark.parametrize("host", ["127.0.0.1", "[::ffff:127.0.0.1]", "[::1]", "127.1", "2130706433", "localhost"])
async def test_no_socket_is_made_for_an_address_inside_even_without_the_check_of_urls(serve: Any, host: str) -> None:
    upstream = await serve()
    async with guarded_session() as session:
        with pytest.raises((EgressBlocked, aiohttp.InvalidURL)):
            await session.get(f"http://{host}:{upstream.port}/")
    assert upstream.connections == 0


async def test_a_refusal_by_the_socket_survives_happy_eyeballs(serve: Any, names: Any) -> None:
    # The answers are cached by name and port for an allowed origin; the same ones are refused to another scheme.
    upstream = await serve()
    origin = f"http://twice.test:{upstream.port}"
    settings = EgressSettings(allow_origins=(origin,), allow_ports=(upstream.port,))
    async with open_egress(settings, names(twice_test=[["127.0.0.1", "127.0.0.2"]])) as egress:
        assert (await egress.send(EgressRequest(url=origin))).status == 200
        with pytest.raises(EgressBlocked):
            await egress.send(EgressRequest(url=origin.replace("http:", "https:")))


async def test_no_more_than_a_few_addresses_are_tried(serve: Any, names: Any) -> None:
    ninth = await serve(host="127.0.1.9")
    many = [f"127.0.1.{number}" for number in range(1, 10)]
    settings = EgressSettings(allow_networks=("127.0.1.0/24",), allow_ports=(ninth.port,))
    async with open_egress(settings, names(many_test=[many], few_test=[many[1:]])) as egress:
        assert (await egress.send(EgressRequest(url=f"http://few.test:{ninth.port}/"))).status == 200
        with pytest.raises(UpstreamError) as failed:
            await egress.send(EgressRequest(url=f"http://many.test:{ninth.port}/"))
    assert failed.value.rule == "connect"


async def test_a_closed_port_is_an_error_of_connecting_that_says_no_more() -> None:
    port = free_port()
    async with open_egress(EgressSettings(allow_origins=(f"http://127.0.0.1:{port}",))) as egress:
        with pytest.raises(UpstreamError) as failed:
            await egress.send(EgressRequest(url=f"http://127.0.0.1:{port}/?key=hunter2"))
    assert failed.value.rule == "connect"
    assert "refused" not in failed.value.detail
    assert "hunter2" not in str(failed.value.body())


async def test_proxies_of_the_environment_are_ignored(
    serve: Any, reply: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, upstream = await serve(), await serve(lambda seen: reply(b"direct"))
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.origin)
    async with open_egress(EgressSettings(allow_origins=(upstream.origin,))) as egress:
        assert (await egress.send(EgressRequest(url=upstream.origin))).body == b"direct"
        assert (await egress.client.get(upstream.origin)).content == b"direct"
    assert proxy.connections == 0


def guarded_session() -> aiohttp.ClientSession:
    context = ssl.create_default_context(cafile=certifi.where())
    return aiohttp.ClientSession(connector=GuardedConnector(Guard(), SystemResolver(), context))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
