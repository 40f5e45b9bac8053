"""Whom a call is counted for."""

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import attrs
from starlette.requests import HTTPConnection

from pegboard import Principal

from .settings import RateLimitSettings

Address = IPv4Address | IPv6Address


@attrs.frozen
class Addresses:
    """Where calls come from: the peer or, if it is a trusted proxy, whom that one names in ``X-Forwarded-For``."""

    trusted: tuple[IPv4Network | IPv6Network, ...] = ()
    ipv6_prefix: int = 64

    @classmethod
    def of(cls, settings: RateLimitSettings) -> "Addresses":
        return cls(tuple(map(ip_network, settings.trusted_proxies)), settings.ipv6_prefix)

    def source(self, conn: HTTPConnection) -> str:
        """The address, of IPv6 its network; empty where it cannot be told, and all those are one."""
        found = _parsed(conn.client.host) if conn.client else None
        for text in self._named(conn):
            if found is None or not self._is_trusted(found):
                break
            found = _parsed(text) or found
        return self._grouped(found) if found is not None else ""

    def _named(self, conn: HTTPConnection) -> Iterable[str]:
        """Nearest first: each proxy appends whom it was asked by."""
        if not self.trusted:
            return ()
        return reversed([part for line in conn.headers.getlist("x-forwarded-for") for part in line.split(",")])

    def _is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self.trusted)

    def _grouped(self, address: Address) -> str:
        if isinstance(address, IPv4Address):
            return str(address)
        return str(IPv6Network((int(address), self.ipv6_prefix), strict=False))


@lru_cache(10_000)
def _parsed(text: str) -> Address | None:
    """An address, with or without a port or a zone; one of IPv4 within IPv6 is one of IPv4."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def subject(by: str, principal: Principal | None, address: str) -> str:
    """One name for all calls that are counted together. It is a hash: ids and addresses are nobody's business."""
    match by:
        case "route":
            return "all"
        case "principal" if principal:
            parts = by, principal.tenant, principal.id
        case "credential" if principal:
            parts = by, principal.tenant, principal.id, principal.credential
        case "tenant" if principal:
            parts = by, principal.tenant
        case _:
            parts = "address", address
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]
