"""The section ``[plugins.egress]``."""

from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

import attrs

from pegboard import setting

from .guard import parsed_origin

KIB, MIB = 1024, 1024 * 1024


def each(parse: Callable[[Any], object]) -> Any:
    """A validator: `parse` raises ValueError for what no item may be."""

    def validate(instance: object, attribute: Any, value: tuple[Any, ...]) -> None:
        for item in value:
            parse(item)

    return validate


def port(number: int) -> None:
    if not 0 < number < 65536:
        raise ValueError(f"{number} is no port: write a number from 1 to 65535")


positive = attrs.validators.gt(0)
natural = attrs.validators.ge(0)


@attrs.frozen
class EgressSettings:
    allow_networks: tuple[str, ...] = setting(
        (), help="networks allowed besides the public internet: 10.1.0.0/16", validator=each(ip_network)
    )
    allow_ports: tuple[int, ...] = setting((), help="ports allowed besides 80 and 443", validator=each(port))
    allow_origins: tuple[str, ...] = setting(
        (), help="origins allowed whatever their address: http://erp.lan:8080", validator=each(parsed_origin)
    )
    refuse_networks: tuple[str, ...] = setting(
        (), help="public networks to refuse: your own, a NAT64 prefix", validator=each(ip_network)
    )
    ca_file: str = setting("", help="PEM file with certificate authorities trusted besides the public ones")
    connect_timeout: float = setting(10.0, help="seconds for a free connection, DNS, TCP and TLS", validator=positive)
    read_timeout: float = setting(30.0, help="seconds between two pieces of an answer", validator=positive)
    total_timeout: float = setting(60.0, help="seconds for one attempt with all its redirects", validator=positive)
    redirects: int = setting(5, help="redirects followed", validator=natural)
    max_headers: int = setting(64 * KIB, help="bytes of response headers", validator=positive)
    max_body: int = setting(10 * MIB, help="bytes of a response body after decompression", validator=positive)
    connections: int = setting(256, help="open connections in all", validator=positive)
    connections_per_host: int = setting(64, help="open connections to one origin", validator=positive)
    dns_ttl: float = setting(
        10.0, help="seconds for which checked DNS answers are used again; 0 asks each time", validator=natural
    )
