"""Where names become addresses and addresses become sockets: the guard looks at each before it is used.

Rewriting the URL to an address would lose the name for Host, SNI and the certificate; checking
before the request would let DNS answer differently the second time. In the connector there is one answer.
"""

import asyncio
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any

import aiohttp
import attrs
from aiohttp.abc import AbstractResolver, ResolveResult

from .errors import EgressBlocked
from .guard import Guard, Origin, origin_of

MOST_ADDRESSES = 8
"""Addresses tried per name: a zone with hundreds of silent ones must not hold a caller for hundreds of attempts."""

LOOKUPS = 32


@attrs.define
class Attempt:
    """One connection being made, in the context of which resolver and sockets are asked for."""

    origin: Origin
    refused: EgressBlocked | None = None


_attempt: ContextVar[Attempt] = ContextVar("pegboard_egress_attempt")


class SystemResolver(AbstractResolver):
    """`getaddrinfo` in threads of its own: slow name servers of strangers must not fill the loop's default executor."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(LOOKUPS, thread_name_prefix="egress-dns")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        infos = await loop.run_in_executor(self._threads, _lookup, host, port, family)
        return [
            ResolveResult(hostname=host, host=str(address[0]), port=port, family=family, proto=proto, flags=0)
            for family, _, proto, _, address in infos
        ]

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _lookup(host: str, port: int, family: int) -> list[Any]:
    return socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)


class CheckedResolver(AbstractResolver):
    """Hands on the answers of another resolver if all of them may be connected to, and none otherwise."""

    def __init__(self, resolver: AbstractResolver, guard: Guard) -> None:
        self._resolver = resolver
        self._guard = guard

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        origin = _attempt.get().origin
        answers = await self._resolver.resolve(host, port, family)
        if not answers:
            raise socket.gaierror(socket.EAI_NONAME, "no address")
        for answer in answers:
            self._guard.check_address(answer["host"], origin)
        return answers[:MOST_ADDRESSES]

    async def close(self) -> None:
        await self._resolver.close()


class GuardedConnector(aiohttp.TCPConnector):
    """Checks every resolved address, every address a socket is made for, and the peer that was reached."""

    def __init__(self, guard: Guard, resolver: AbstractResolver, tls: ssl.SSLContext, **options: Any) -> None:
        super().__init__(
            resolver=CheckedResolver(resolver, guard), socket_factory=self._checked_socket, ssl=tls, **options
        )
        self._guard = guard

    async def close(self, *, abort_ssl: bool = False) -> None:
        await super().close(abort_ssl=abort_ssl)
        await self._resolver.close()

    async def _create_connection(self, req: Any, traces: Any, timeout: Any) -> Any:  # noqa: ASYNC109
        attempt = Attempt(origin_of(req.url))
        token = _attempt.set(attempt)
        try:
            protocol = await super()._create_connection(req, traces, timeout)
        except Exception:
            # Happy Eyeballs swallows what a socket factory raises and ends in an error about something else.
            if attempt.refused is not None:
                raise attempt.refused from None
            raise
        finally:
            _attempt.reset(token)
        self._check_peer(protocol, attempt)
        return protocol

    def _checked_socket(self, info: Any) -> socket.socket:
        family, kind, proto, _, address = info
        attempt = _attempt.get()
        try:
            self._guard.check_address(address[0], attempt.origin)
        except EgressBlocked as blocked:
            attempt.refused = blocked
            raise
        return socket.socket(family, kind, proto)

    def _check_peer(self, protocol: Any, attempt: Attempt) -> None:
        # TLS has greeted the peer by then, with the name only: aiohttp offers no place between the two.
        try:
            peer = protocol.transport.get_extra_info("peername")
            if peer is None:
                raise ConnectionResetError("the connection was lost before its peer could be checked")
            self._guard.check_address(peer[0], attempt.origin)
        except BaseException:
            protocol.abort()
            raise
