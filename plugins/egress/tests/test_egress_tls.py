"""TLS: the certificate is for the name, although the connection goes to an address."""

import asyncio
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme

from pegboard_egress import EgressRequest, EgressSettings, UpstreamError, open_egress

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> str:
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return str(file)


def server_side(authority: trustme.CA, name: str, asked: list[str | None] | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    if asked is not None:
        context.sni_callback = lambda connection, server_name, whole: asked.append(server_name)
    return context


async def test_name_host_and_certificate_stay_with_the_name(
    serve: Any, names: Any, authority: trustme.CA, ca_file: str
) -> None:
    asked: list[str | None] = []
    upstream = await serve(tls=server_side(authority, "good.example", asked))
    settings = EgressSettings(ca_file=ca_file, allow_networks=("127.0.0.1/32",), allow_ports=(upstream.port,))
    async with open_egress(settings, names(good_example=[["127.0.0.1"]])) as egress:
        answer = await egress.send(EgressRequest(url=f"https://good.example:{upstream.port}/"))
    assert (answer.status, asked) == (200, ["good.example"])
    assert upstream.seen[0].headers["host"] == f"good.example:{upstream.port}"


async def test_a_certificate_of_another_name_is_refused(
    serve: Any, names: Any, authority: trustme.CA, ca_file: str
) -> None:
    upstream = await serve(tls=server_side(authority, "other.example"))
    settings = EgressSettings(ca_file=ca_file, allow_networks=("127.0.0.1/32",), allow_ports=(upstream.port,))
    async with open_egress(settings, names(good_example=[["127.0.0.1"]])) as egress:
        for url in (f"https://good.example:{upstream.port}/", f"https://127.0.0.1:{upstream.port}/"):
            with pytest.raises(UpstreamError) as failed:
                await egress.send(EgressRequest(url=url))
            assert failed.value.rule == "tls"
    assert upstream.seen == []
    assert "other.example" not in str(failed.value.body())


async def test_an_authority_that_nobody_trusts_is_refused(serve: Any, names: Any, authority: trustme.CA) -> None:
    upstream = await serve(tls=server_side(authority, "good.example"))
    settings = EgressSettings(allow_networks=("127.0.0.1/32",), allow_ports=(upstream.port,))
    async with open_egress(settings, names(good_example=[["127.0.0.1"]])) as egress:
        with pytest.raises(UpstreamError) as failed:
            await egress.send(EgressRequest(url=f"https://good.example:{upstream.port}/"))
    assert (failed.value.status, failed.value.rule) == (502, "tls")


async def test_a_port_that_speaks_no_tls_is_an_error_of_tls() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    origin = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, open_egress(EgressSettings(allow_origins=(origin,))) as egress:
        with pytest.raises(UpstreamError) as failed:
            await egress.send(EgressRequest(url=origin))
    assert failed.value.rule == "tls"
