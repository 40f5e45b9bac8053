"""Where a request may go, by table and by law."""

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pegboard_egress import EgressBlocked, EgressSettings, check_url
from pegboard_egress.addresses import embedded
from pegboard_egress.guard import Guard, Origin

NAME = Origin("https", "name.example", 443)

# fmt: off
REFUSED_ADDRESSES = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.254", "100.100.100.200",
    "127.0.0.1", "127.255.255.254", "168.63.129.16", "169.254.0.1", "169.254.169.254", "169.254.170.2",
    "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.8", "192.0.0.9", "192.0.0.170", "192.0.0.192",
    "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.0.1", "192.175.48.1", "198.18.0.1",
    "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1",
    "255.255.255.255", "::", "::1", "::127.0.0.1", "::10.0.0.1", "::ffff:127.0.0.1", "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "64:ff9b:1::8.8.8.8",
    "100::1", "100:0:0:1::1", "2001::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::",
    "2002:a9fe:a9fe::1", "2002:a00:1::1", "2620:4f:8000::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254",
    "fd12:3456::1", "fe80::1", "fe80::1%2", "fec0::1", "ff02::1", "ff0e::1", "4000::1", "1000::1",
    "2001:0:7f00:1:0:0:0:0", "2001:0:4136:e378:8000:63bf:80ff:fffe", "2001:0:808:808:0:0:f5ff:fffe",
]
# fmt: on

# fmt: off
PUBLIC_ADDRESSES = [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "126.255.255.255",
    "128.0.0.1", "168.63.129.15", "169.253.255.255", "169.255.0.1", "172.15.255.255", "172.32.0.1", "192.0.1.1",
    "192.167.255.255", "192.169.0.1", "198.17.255.255", "198.20.0.1", "223.255.255.255", "2606:4700:4700::1111",
    "2a00:1450:4001:81b::200e", "2001:200::1", "2001:4860:4860::8888", "2400:cb00::1", "2003::1",
    "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1", "2001:0:808:808:0:0:f7f7:f7f7",
]
# fmt: on

REFUSED_URLS = [
    ("", "url"),
    ("example.com/path", "url"),
    ("//example.com/", "url"),
    ("/path", "url"),
    ("https://example.com/\r\nHost: evil", "url"),
    ("https://exam\tple.com/", "url"),
    ("https://example.com/\x00", "url"),
    (" https://example.com/", "url"),
    ("https://example.com/\n", "url"),
    ("https://example.com/" + "a" * 17_000, "url"),
    ("ftp://example.com/", "scheme"),
    ("file:///etc/passwd", "scheme"),
    ("gopher://example.com/", "scheme"),
    ("ws://example.com/", "scheme"),
    ("javascript:alert(1)", "scheme"),
    ("data:text/plain,x", "scheme"),
    ("unix:///var/run/docker.sock", "scheme"),
    ("https://user:secret@example.com/", "user-info"),
    ("https://user@example.com/", "user-info"),
    ("https://@example.com/", "user-info"),
    ("https://example.com:80@10.0.0.1/", "user-info"),
    ("https://example.com%40@10.0.0.1/", "user-info"),
    ("https:///path", "host"),
    ("https:example.com", "host"),
    ("https://:443/", "host"),
    ("https://exa mple.com/", "host"),
    ("https://example.com\\.evil.example/", "host"),
    ("https://evil.example\\@example.com/", "user-info"),
    ("https://%31%32%37.0.0.1/", "host"),
    ("https://127%2e0.0.1/", "host"),
    ("https://[::1", "host"),
    ("https://[fe80::1%25eth0]/", "host"),
    ("https://[v1.x]/", "host"),
    ("https://[::ffff:999.0.0.1]/", "host"),
    ("https://example..com/", "host"),
    ("https://.example.com/", "host"),
    ("https://-example.com/", "host"),
    ("https://" + "a" * 64 + ".com/", "host"),
    ("https://" + "a." * 130 + "com/", "host"),
    ("https://example.com:٨٠/", "host"),
    ("https://example.com:8x/", "host"),
    ("https://example.com:-1/", "host"),
    ("https://example.com:99999/", "host"),
    ("https://2130706433/", "host"),
    ("https://0x7f000001/", "host"),
    ("https://0x7f.1/", "host"),
    ("https://0x/", "host"),
    ("https://127.1/", "host"),
    ("https://0/", "host"),
    ("https://017700000001/", "host"),
    ("https://0177.0.0.1/", "host"),
    ("https://127.0.0.01/", "host"),
    ("https://127.0.0.1./", "host"),
    ("https://8.8.8.8./", "host"),
    ("https://1.2.3.4.5/", "host"),
    ("https://256.256.256.256/", "host"),
    ("https://example.0x7f/", "host"),
    ("https://127。0。0。1/", "host"),
    ("https://8。8。8。8/", "host"),
    ("https://①②⑦.0.0.1/", "host"),
    ("https://٨.8.8.8/", "host"),
    ("https://example.com:0/", "port"),
    ("https://example.com:22/", "port"),
    ("https://example.com:8443/", "port"),
    ("http://example.com:6379/", "port"),
    ("http://127.0.0.1/", "address"),
    ("http://169.254.169.254/latest/meta-data/", "address"),
    ("http://[::1]/", "address"),
    ("http://[::ffff:127.0.0.1]/", "address"),
    ("http://[::ffff:7f00:1]/", "address"),
    ("http://[0:0:0:0:0:0:0:1]/", "address"),
    ("http://[64:ff9b::7f00:1]/", "address"),
    ("http://localhost/", "address"),
    ("http://LOCALHOST./", "address"),
    ("http://ｌｏｃａｌｈｏｓｔ/", "address"),  # noqa: RUF001
    ("http://admin.localhost/", "address"),
]

ACCEPTED_URLS = [
    "http://example.com",
    "https://example.com/",
    "HTTPS://EXAMPLE.com/Path?q=a b#fragment",
    "https://example.com:443/",
    "http://example.com:80/",
    "https://example.com:/",
    "https://example.com:080/",
    "https://münchen.example/",
    "https://xn--mnchen-3ya.example/",
    "https://a_b.example.com/",
    "https://example.com./",
    "https://0x7f.example.com/",
    "https://127.0.0.1.nip.example/",
    "https://8.8.8.8/",
    "https://[2606:4700:4700::1111]/",
    "https://[::ffff:8.8.8.8]/",
    "https://redis/",
    "https://example.com/a@b?user=a@b",
    "https://example.com?next=http://127.0.0.1/",
    "https://example.com/ünïcode",
]


@pytest.mark.parametrize("address", REFUSED_ADDRESSES)
def test_an_address_that_is_not_plain_global_unicast_is_refused(address: str) -> None:
    with pytest.raises(EgressBlocked) as refused:
        Guard().check_address(address, NAME)
    assert (refused.value.status, refused.value.rule) == (403, "address")


@pytest.mark.parametrize("address", PUBLIC_ADDRESSES)
def test_a_public_address_is_accepted(address: str) -> None:
    Guard().check_address(address, NAME)


@pytest.mark.parametrize(("url", "rule"), REFUSED_URLS)
def test_a_url_is_refused_by_its_rule(url: str, rule: str) -> None:
    with pytest.raises(EgressBlocked) as refused:
        check_url(url)
    assert refused.value.rule == rule
    assert refused.value.body()["error_code"] == "EGRESS_BLOCKED"


@pytest.mark.parametrize("url", ACCEPTED_URLS)
def test_a_url_of_the_public_internet_is_accepted(url: str) -> None:
    check_url(url)


def test_what_a_name_resolves_to_is_not_told() -> None:
    with pytest.raises(EgressBlocked) as refused:
        Guard().check_address("10.1.2.3", NAME)
    assert "10.1.2.3" not in refused.value.detail
    assert "1918" not in refused.value.detail


def test_a_literal_is_refused_with_the_name_of_its_block() -> None:
    with pytest.raises(EgressBlocked, match=r"private use \(RFC 1918\)"):
        check_url("http://10.1.2.3/")


def test_a_user_name_is_not_repeated() -> None:
    with pytest.raises(EgressBlocked) as refused:
        check_url("https://admin:hunter2@example.com/")
    assert "hunter2" not in str(refused.value.body())


def test_an_allowed_network_opens_its_addresses_however_they_are_written() -> None:
    settings = EgressSettings(allow_networks=("10.1.0.0/16",))
    check_url("http://10.1.2.3/", settings)
    check_url("http://[::ffff:10.1.2.3]/", settings)
    with pytest.raises(EgressBlocked):
        check_url("http://10.2.0.1/", settings)


def test_a_wide_network_does_not_open_metadata() -> None:
    wide = EgressSettings(allow_networks=("169.254.0.0/16", "100.64.0.0/10", "::/0"))
    check_url("http://169.254.1.1/", wide)
    for host in ("169.254.169.254", "100.100.100.200", "[::ffff:169.254.169.254]", "[fd00:ec2::254]"):
        with pytest.raises(EgressBlocked):
            check_url(f"http://{host}/", wide)
    check_url("http://169.254.169.254/", EgressSettings(allow_networks=("169.254.0.0/16", "169.254.169.254/32")))


def test_a_refused_network_wins() -> None:
    settings = EgressSettings(allow_networks=("10.0.0.0/8",), refuse_networks=("10.9.0.0/16", "93.184.0.0/16"))
    check_url("http://10.8.0.1/", settings)
    for host in ("10.9.0.1", "93.184.216.34", "[::ffff:93.184.216.34]"):
        with pytest.raises(EgressBlocked):
            check_url(f"http://{host}/", settings)


def test_an_allowed_port_is_one_more() -> None:
    settings = EgressSettings(allow_ports=(8443,))
    check_url("https://example.com:8443/", settings)
    check_url("https://example.com/", settings)
    with pytest.raises(EgressBlocked, match="80, 443, 8443"):
        check_url("https://example.com:8444/", settings)


def test_an_allowed_origin_is_exactly_that_one() -> None:
    guard = Guard(origins=["http://127.0.0.1:8000"])
    guard.check_url("http://127.0.0.1:8000/path")
    refused = ["https://127.0.0.1:8000/", "http://127.0.0.1:8001/", "http://127.0.0.1/", "http://localhost:8000/"]
    for url in (*refused, "http://127.0.0.2:8000/", "http://a@127.0.0.1:8000/"):
        with pytest.raises(EgressBlocked):
            guard.check_url(url)


def test_an_origin_may_be_allowed_after_it_was_refused() -> None:
    guard = Guard()
    with pytest.raises(EgressBlocked):
        guard.check_url("http://erp.lan:8080/")
    guard.allow_origin("http://erp.lan:8080")
    guard.check_url("http://erp.lan:8080/")
    guard.check_address("10.0.0.1", Origin("http", "erp.lan", 8080))


@pytest.mark.parametrize(
    "text", ["erp.lan", "erp.lan:80", "ftp://erp.lan", "http://erp.lan/x", "http://u@erp.lan", "http://[x"]
)
def test_what_is_no_origin_cannot_be_allowed(text: str) -> None:
    with pytest.raises(ValueError, match="is no origin"):
        Guard().allow_origin(text)


@pytest.mark.parametrize(
    "wrong", [{"allow_networks": ("10.0.0.1/8",)}, {"allow_ports": (0,)}, {"allow_origins": ("erp",)}, {"max_body": 0}]
)
def test_wrong_settings_are_refused_when_they_are_read(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\d|erp"):
        EgressSettings(**wrong)


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_an_address_inside_another_is_judged_as_itself(inside: IPv4Address) -> None:
    number = int(inside)
    wrapped = [
        IPv6Address(0xFFFF << 32 | number),
        IPv6Address(0x64FF9B << 96 | number),
        IPv6Address(0x2002 << 112 | number << 80 | 1),
        IPv6Address(0x20010000 << 96 | number << 64 | 0xF7F7F7F7),
        IPv6Address(0x20010000 << 96 | 0x08080808 << 64 | number ^ 0xFFFFFFFF),
    ]
    expected = _refused(inside)
    assert [_refused(address) for address in wrapped] == [expected] * 5


@given(st.integers(0, 2**128 - 1).map(IPv6Address) | st.integers(0, 2**32 - 1).map(IPv4Address))
def test_what_python_calls_private_is_never_accepted(address: IPv4Address | IPv6Address) -> None:
    assume(not address.is_global and not embedded(address))
    assert _refused(address)


@given(st.text(max_size=40) | st.text("htps:/@[]%0x127.。①\\?#a", max_size=40).map("http://".__add__))
def test_any_text_is_either_a_checked_url_or_refused(text: str) -> None:
    try:
        url = Guard().check_url(text)
    except EgressBlocked:
        return
    assert url.scheme in {"http", "https"}
    assert url.raw_user is None
    assert url.port in {80, 443}
    assert url.raw_host is not None
    assert url.raw_host.isascii()
    if set(url.raw_host) <= set("0123456789."):
        assert str(ip_address(url.raw_host)) == url.raw_host


def _refused(address: IPv4Address | IPv6Address) -> bool:
    try:
        Guard().check_address(str(address), NAME)
    except EgressBlocked:
        return True
    return False
