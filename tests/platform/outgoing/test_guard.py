"""Which addresses are on the open network; every disguise of a private one is seen through."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from suuupra.kernel.problems import Refused
from suuupra.platform.outgoing.guard import check_url, is_public
from tests.covers import covers

PRIVATE = [
    "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1",
    "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.51.100.1",
    "203.0.113.1", "224.0.0.1", "224.0.1.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1",
    "2001:10::1", "2001:20::1", "2002:7f00:1::", "2002:808:808::", "3fff::1", "5f00::1", "fc00::1",
    "fd12:3456::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "1.1.1.1", "172.15.0.1", "172.32.0.1", "2001:4860:4860::8888", "2606:4700:4700::1111"]


@covers("PLT-9")
@pytest.mark.parametrize("address", PRIVATE)
def test_private(address: str) -> None:
    assert not is_public(address)


@covers("PLT-9")
@pytest.mark.parametrize("address", PUBLIC)
def test_public(address: str) -> None:
    assert is_public(address)


@covers("PLT-9")
@given(st.ip_addresses(v=4))
def test_no_ipv4_address_becomes_public_inside_an_ipv6_one(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    for disguise in (0, 0xFFFF << 32, 0x64FF9B << 96, 0xFFFF << 48):
        assert not is_public(str(ipaddress.IPv6Address(disguise | number)))
    assert not is_public(str(ipaddress.IPv6Address(0x2002 << 112 | number << 80)))


@covers("PLT-9")
@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.0.0.1./",
        "http://[::1]:8000/",
        "http://[::ffff:127.0.0.1]/",
        "http://[fe80::1%25eth0]/",
        "http://169.254.169.254/latest/meta-data",
        "ftp://example.org/",
        "file:///etc/passwd",
        "gopher://example.org/",
        "http://user@example.org/",
        "http://user:password@example.org/",
        "http:///path",
        "/path",
    ],
)
def test_addresses_that_are_not_asked(url: str) -> None:
    with pytest.raises(Refused):
        check_url(URL(url), frozenset())


@covers("PLT-9")
def test_what_our_settings_name_passes_and_nothing_beside_it() -> None:
    check_url(URL("http://127.0.0.1:9000/"), frozenset({"127.0.0.1:9000"}))
    check_url(URL("http://127.0.0.1:9001/"), frozenset({"127.0.0.1"}))
    with pytest.raises(Refused):
        check_url(URL("http://127.0.0.1:9001/"), frozenset({"127.0.0.1:9000"}))
