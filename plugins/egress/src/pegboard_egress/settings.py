"""The section ``[plugins.egress]``."""

import attrs

from pegboard import setting

KIB, MIB = 1024, 1024 * 1024


@attrs.frozen
class EgressSettings:
    allow_networks: tuple[str, ...] = setting((), help="networks allowed besides the public internet: 10.1.0.0/16")
    allow_ports: tuple[int, ...] = setting((), help="ports allowed besides 80 and 443")
    allow_origins: tuple[str, ...] = setting((), help="origins allowed whatever their address: http://erp.lan:8080")
    refuse_networks: tuple[str, ...] = setting((), help="public networks to refuse: your own, a NAT64 prefix")
    ca_file: str = setting("", help="PEM file with certificate authorities trusted besides the public ones")
    connect_timeout: float = setting(10.0, help="seconds for a free connection, DNS, TCP and TLS")
    read_timeout: float = setting(30.0, help="seconds between two pieces of an answer")
    total_timeout: float = setting(60.0, help="seconds for one attempt with all its redirects")
    redirects: int = setting(5, help="redirects followed")
    max_headers: int = setting(64 * KIB, help="bytes of response headers")
    max_body: int = setting(10 * MIB, help="bytes of a response body after decompression")
    connections: int = setting(256, help="open connections in all")
    connections_per_host: int = setting(64, help="open connections to one origin")
    dns_ttl: float = setting(10.0, help="seconds for which checked DNS answers are used again; 0 asks each time")
