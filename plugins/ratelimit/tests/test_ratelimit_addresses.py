"""Whose address counts, behind proxies and in IPv6."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import HTTPConnection

from pegboard_ratelimit.settings import RateLimitSettings
from pegboard_ratelimit.subjects import Addresses, subject

PROXIES = ("10.0.0.0/8", "2001:db8:ffff::/48")


def source(peer: str | None, *forwarded: str, **settings: Any) -> str:
    headers = [(b"x-forwarded-for", line.encode("latin-1")) for line in forwarded]
    scope = {"type": "http", "headers": headers, "client": (peer, 1) if peer else None}
    return Addresses.of(RateLimitSettings(**settings)).source(HTTPConnection(scope))


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("192.0.2.1", ["192.0.2.9"], "192.0.2.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["192.0.2.9"], "192.0.2.9"),
        ("10.0.0.1", ["1.1.1.1, 192.0.2.9, 10.0.0.2"], "192.0.2.9"),
        ("10.0.0.1", ["1.1.1.1", "192.0.2.9"], "192.0.2.9"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["192.0.2.9:4711"], "192.0.2.9"),
        ("10.0.0.1", ["[2001:db8::7]:4711"], "2001:db8::/64"),
        ("10.0.0.1", ["nobody, "], "10.0.0.1"),
        ("2001:db8:ffff::1", ["192.0.2.9"], "192.0.2.9"),
        ("::ffff:10.0.0.1", ["192.0.2.9"], "192.0.2.9"),
        ("::ffff:192.0.2.1", [], "192.0.2.1"),
        ("fe80::1%eth0", [], "fe80::/64"),
        (None, ["192.0.2.9"], ""),
        ("testclient", ["192.0.2.9"], ""),
    ],
)
def test_the_nearest_address_that_is_no_trusted_proxy_counts(peer: Any, forwarded: list[str], found: str) -> None:
    assert source(peer, *forwarded, trusted_proxies=PROXIES) == found


def test_without_trusted_proxies_nobody_is_believed() -> None:
    assert source("127.0.0.1", "192.0.2.9") == "127.0.0.1"


@given(peer=st.ip_addresses(v=6), bits=st.integers(16, 128))
def test_addresses_of_one_network_are_one_caller(peer: Any, bits: int) -> None:
    network = source(str(peer), ipv6_prefix=bits)
    if peer.ipv4_mapped is None:
        assert network.endswith(f"/{bits}")
        neighbour = type(peer)(int(peer) ^ ((1 << (128 - bits)) - 1))
        if neighbour.ipv4_mapped is None:
            assert source(str(neighbour), ipv6_prefix=bits) == network


@given(st.text(), st.text(max_size=300))
def test_no_header_breaks_it(peer: str, forwarded: str) -> None:
    line = forwarded.encode("latin-1", "replace").decode("latin-1")
    found = source("10.0.0.1", line, trusted_proxies=PROXIES)
    assert found
    assert isinstance(source(peer or None, line, trusted_proxies=PROXIES), str)


def test_a_subject_shows_nothing_of_whom_it_names() -> None:
    assert subject("address", None, "192.0.2.9") != subject("address", None, "192.0.2.8")
    assert "192" not in subject("address", None, "192.0.2.9")
