"""Listening addresses: every accepted text means one place, everything else is refused with advice."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.settings.address import Address, parse_address


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:8080", "127.0.0.1", 8080),
        (":8080", "", 8080),
        ("0.0.0.0:0", "0.0.0.0", 0),
        ("[::1]:8081", "::1", 8081),
        ("[0:0:0:0:0:0:0:1]:1", "::1", 1),
        ("LocalHost:65535", "localhost", 65535),
        ("gateway.example.com:443", "gateway.example.com", 443),
    ],
)
def test_accepted_forms(text: str, host: str, port: int) -> None:
    assert parse_address(text) == Address(host, port)


@pytest.mark.parametrize(
    "text",
    ["", "8080", "127.0.0.1", "127.0.0.1:", "::1:8080", "[::1]", "[zz]:1", "1.2.3:80", "256.0.0.1:80", "a b:80",
     "http://a:80", "a:65536", "a:-1", "a:+1", "a:1_0", "a:٣", "-a:80", "a..b:80", "[127.0.0.1]:80", " a:80"],
)  # fmt: skip
def test_refused_forms(text: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        parse_address(text)


@given(st.ip_addresses(), st.integers(0, 65_535))
def test_written_addresses_read_back(ip: ipaddress.IPv4Address | ipaddress.IPv6Address, port: int) -> None:
    if isinstance(ip, ipaddress.IPv6Address) and ip.scope_id:
        return
    address = Address(str(ip), port)
    assert parse_address(str(address)) == address


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        address = parse_address(text)
    except ValueError:
        return
    assert parse_address(str(address)) == address


def test_urls_lead_to_this_machine() -> None:
    assert parse_address(":8080").url(is_tls=False) == "http://127.0.0.1:8080"
    assert parse_address("[::]:8080").url(is_tls=True) == "https://[::1]:8080"
    assert parse_address("10.0.0.7:80").url(is_tls=False) == "http://10.0.0.7:80"


@pytest.mark.parametrize(
    ("host", "expected"), [("127.9.9.9", True), ("::1", True), ("localhost", True), ("", False), ("a.b", False)]
)
def test_loopback(host: str, expected: bool) -> None:
    assert Address(host, 1).is_loopback is expected
