"""Which addresses are plain global unicast.

`ipaddress.is_global` is another question: it is true for NAT64, 6to4, site-local, multicast and 192.0.0.8, and
it changes between patch releases of Python. The table is IANA's special-purpose registries
(RFC 6890), multicast, what has been deprecated since, and the metadata services of clouds.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def _table(*rows: tuple[str, str]) -> tuple[tuple[Network, str], ...]:
    return tuple((ip_network(network), name) for network, name in rows)


METADATA = _table(
    ("169.254.169.254/32", "cloud metadata (RFC 3927)"),
    ("169.254.170.2/32", "cloud metadata (RFC 3927)"),
    ("169.254.170.23/32", "cloud metadata (RFC 3927)"),
    ("169.254.42.42/32", "cloud metadata (RFC 3927)"),
    ("100.100.100.200/32", "cloud metadata (RFC 6598)"),
    ("168.63.129.16/32", "cloud metadata"),
    ("192.0.0.192/32", "cloud metadata (RFC 6890)"),
    ("fd00:ec2::254/128", "cloud metadata (RFC 4193)"),
    ("fd00:ec2::23/128", "cloud metadata (RFC 4193)"),
    ("fd00:42::42/128", "cloud metadata (RFC 4193)"),
    ("fd20:ce::254/128", "cloud metadata (RFC 4193)"),
)

SPECIAL = _table(
    ("0.0.0.0/8", "this network (RFC 791)"),
    ("10.0.0.0/8", "private use (RFC 1918)"),
    ("100.64.0.0/10", "shared address space (RFC 6598)"),
    ("127.0.0.0/8", "loopback (RFC 1122)"),
    ("169.254.0.0/16", "link-local (RFC 3927)"),
    ("172.16.0.0/12", "private use (RFC 1918)"),
    ("192.0.0.0/24", "IETF protocol assignments (RFC 6890)"),
    ("192.0.2.0/24", "documentation (RFC 5737)"),
    ("192.31.196.0/24", "AS112 (RFC 7535)"),
    ("192.52.193.0/24", "AMT (RFC 7450)"),
    ("192.88.99.0/24", "6to4 relay anycast (RFC 7526)"),
    ("192.168.0.0/16", "private use (RFC 1918)"),
    ("192.175.48.0/24", "AS112 (RFC 7534)"),
    ("198.18.0.0/15", "benchmarking (RFC 2544)"),
    ("198.51.100.0/24", "documentation (RFC 5737)"),
    ("203.0.113.0/24", "documentation (RFC 5737)"),
    ("224.0.0.0/4", "multicast (RFC 5771)"),
    ("240.0.0.0/4", "reserved (RFC 1112)"),
    ("::/128", "unspecified (RFC 4291)"),
    ("::1/128", "loopback (RFC 4291)"),
    ("64:ff9b:1::/48", "local NAT64 (RFC 8215)"),
    ("2001::/23", "IETF protocol assignments (RFC 2928)"),
    ("2001:db8::/32", "documentation (RFC 3849)"),
    ("2620:4f:8000::/48", "AS112 (RFC 7534)"),
    ("3fff::/20", "documentation (RFC 9637)"),
    ("fc00::/7", "unique local (RFC 4193)"),
    ("fe80::/10", "link-local (RFC 4291)"),
    ("fec0::/10", "site-local (RFC 3879)"),
    ("ff00::/8", "multicast (RFC 4291)"),
)

GLOBAL_UNICAST = IPv6Network("2000::/3")
"""All that IANA has given out of IPv6: what is elsewhere is refused without being listed."""

COMPATIBLE = IPv6Network("::/96")
NAT64 = IPv6Network("64:ff9b::/96")


def embedded(address: Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses that packets to an IPv6 address end up at; empty where it stands for itself.

    Mapped and compatible (RFC 4291), NAT64 (RFC 6052), 6to4 (RFC 3056); Teredo (RFC 4380) has a server and a client.
    """
    if isinstance(address, IPv4Address):
        return ()
    if address.sixtofour is not None:
        return (address.sixtofour,)
    if address.teredo is not None:
        return address.teredo
    inside = IPv4Address(int(address) & 0xFFFFFFFF)
    if address.ipv4_mapped is not None or address in NAT64:
        return (inside,)
    # `::` and `::1` lie in the compatible block and are addresses of their own.
    return (inside,) if address in COMPATIBLE and int(address) > 1 else ()


def special(address: Address) -> str:
    """The name of the block that keeps an address from being global unicast; empty where nothing does."""
    for network, name in (*METADATA, *SPECIAL):
        if address in network:
            return name
    return "" if isinstance(address, IPv4Address) or address in GLOBAL_UNICAST else "unassigned (RFC 4291)"


def is_metadata(address: Address) -> bool:
    return any(address in network for network, _ in METADATA)
