"""The one place that says where a request may go: its URL before anything happens, each address before it is used."""

import re
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import NamedTuple

import structlog
from yarl import URL

from .addresses import Address, Network, embedded, is_metadata, special
from .errors import EgressBlocked

log = structlog.get_logger(__name__)

DEFAULT_PORTS = frozenset({80, 443})
LONGEST_URL = 16 * 1024

SPLIT = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?://([^/?#]*))?")
CONTROL = re.compile(r"[\x00-\x1f\x7f]|^\s|\s$")
AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:\[\]\\%]+)(?::([0-9]{0,5}))?")
NAME = re.compile(r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*")
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
SCHEMES = frozenset({"http", "https"})
LOOPBACK = ("127.0.0.1", "::1")


class Origin(NamedTuple):
    """Scheme, host and port of a URL (RFC 6454), as they are connected to."""

    scheme: str
    host: str
    port: int | None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def origin_of(url: URL) -> Origin:
    return Origin(url.scheme, url.raw_host or "", url.port)


def parsed_origin(text: str) -> Origin:
    """Raises ValueError for anything but a scheme, a host and perhaps a port."""
    with suppress(ValueError):
        url = URL(text)
        if url.scheme in SCHEMES and url.raw_host and str(url).rstrip("/") == str(url.origin()):
            return origin_of(url)
    raise ValueError(f'{text!r} is no origin: write scheme, host and port, as in "http://host:8000"')


class Guard:
    """Rules for URLs and addresses; raises `EgressBlocked` with the rule.

    `networks` and `ports` are allowed beyond the table, `refused` networks are refused beyond it. A metadata address is
    only allowed by a network of that single address, so that opening 169.254.0.0/16 does not hand it out.
    """

    def __init__(
        self,
        networks: Iterable[str] = (),
        ports: Iterable[int] = (),
        origins: Iterable[str] = (),
        refused: Iterable[str] = (),
    ) -> None:
        self._networks = tuple(map(ip_network, networks))
        self._refused = tuple(map(ip_network, refused))
        self._ports = DEFAULT_PORTS | frozenset(ports)
        self._origins: set[Origin] = set()
        # An origin is what repeats on the hot path; a refusal is an exception and never cached.
        self._admit = lru_cache(maxsize=4096)(self._checked_origin)
        for origin in origins:
            self.allow_origin(origin)

    def allow_origin(self, origin: str) -> None:
        """Let requests to exactly this scheme, host and port through, whatever its addresses are.

        Raises ValueError for anything but an origin.
        """
        self._origins.add(parsed_origin(origin))

    def check_url(self, url: str) -> URL:
        """The URL as it will be connected to, checked as far as that is possible without DNS."""
        found = SPLIT.match(url)
        if found is None or CONTROL.search(url) or len(url) > LONGEST_URL:
            raise EgressBlocked("the URL is not absolute, too long, or has control characters in it", rule="url")
        origin = self._admit(found[1].lower(), found[2] or "")
        try:
            parsed = URL(url)
        except ValueError as error:
            raise EgressBlocked(f"the URL on {origin} cannot be parsed", rule="url") from error
        if origin_of(parsed) != origin:
            raise EgressBlocked(f"the URL on {origin} can be read in two ways", rule="url")
        return parsed

    def check_address(self, address: str, origin: Origin) -> None:
        """Refuse an address that `origin` resolved to, or is, or was connected to."""
        if origin in self._origins:
            return
        reason = self._refusal(ip_address(address))
        if not reason:
            return
        log.warning("egress.blocked", origin=str(origin), address=address, reason=reason)
        if origin.host != address:
            # What a name resolves to inside is not for users to learn.
            reason = "it has an address that is not public"
        raise EgressBlocked(
            f'host "{origin.host}" is refused: {reason}. Whoever runs this app can allow it with '
            "allow_networks or allow_origins in [plugins.egress]",
            rule="address",
        )

    def _checked_origin(self, scheme: str, authority: str) -> Origin:
        if scheme not in SCHEMES:
            raise EgressBlocked(f'scheme "{scheme}" is refused: use http or https', rule="scheme")
        if "@" in authority:
            raise EgressBlocked("a user name or password in a URL is refused: send a header instead", rule="user-info")
        found = AUTHORITY.fullmatch(authority)
        if found is None:
            raise EgressBlocked("the URL has no valid host and port", rule="host")
        origin = self._parsed_origin(scheme, authority)
        if origin in self._origins:
            return origin
        self._check_host(origin, found[1])
        if origin.port not in self._ports:
            allowed = ", ".join(map(str, sorted(self._ports)))
            raise EgressBlocked(f"port {origin.port} is refused: allowed are {allowed} (allow_ports)", rule="port")
        return origin

    def _parsed_origin(self, scheme: str, authority: str) -> Origin:
        # By the parser of the library that connects: two parsers that disagree are the classic way around a guard.
        try:
            origin = origin_of(URL(f"{scheme}://{authority}/"))
            # yarl lets some texts in brackets through that are no address.
            return origin._replace(host=str(IPv6Address(origin.host))) if ":" in origin.host else origin
        except ValueError as error:
            raise EgressBlocked("the URL has no valid host and port", rule="host") from error

    def _check_host(self, origin: Origin, written: str) -> None:
        host = origin.host
        if ":" in host:
            return self.check_address(host, origin)
        if NUMBER.fullmatch(host.removesuffix(".").rpartition(".")[2]):
            if not _is_quad(host) or host != written:
                raise EgressBlocked(f'host "{host}" is a number in disguise: write it as 1.2.3.4', rule="host")
            return self.check_address(host, origin)
        if not NAME.fullmatch(host.removesuffix(".")):
            raise EgressBlocked(f'"{host}" is no host name', rule="host")
        if f".{host.removesuffix('.')}".endswith(".localhost"):
            self._check_localhost(origin)

    def _check_localhost(self, origin: Origin) -> None:
        if all(self._refusal(ip_address(address)) for address in LOOPBACK):
            self.check_address(LOOPBACK[0], origin)

    def _refusal(self, address: Address) -> str:
        if _narrowest(address, self._refused) is not None:
            return "it is in refuse_networks"
        inside = embedded(address)
        network = _narrowest(address, self._networks)
        if network is not None and (network.num_addresses == 1 or not any(map(is_metadata, (address, *inside)))):
            return ""
        if not inside:
            return special(address)
        return next(filter(None, map(self._refusal, inside)), "")


def _narrowest(address: Address, networks: tuple[Network, ...]) -> Network | None:
    found = (network for network in networks if address in network)
    return max(found, key=lambda network: network.prefixlen, default=None)


def _is_quad(host: str) -> bool:
    try:
        return str(IPv4Address(host)) == host
    except ValueError:
        return False
