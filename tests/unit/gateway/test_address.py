"""The caller's address is believed from trusted proxies only (R11, R11b)."""

from ipaddress import ip_network

import pytest

from tollway.gateway.address import client_address, is_secure
from tollway.gateway.ports import RequestHead

TRUSTED = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


def seen(peer, *values):
    return client_address(peer, [(b"x-forwarded-for", value.encode()) for value in values], TRUSTED)


@pytest.mark.parametrize(
    ("peer", "values", "expected"),
    [
        ("192.0.2.1", ["6.6.6.6"], "192.0.2.1"),
        ("10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["6.6.6.6, 198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["198.51.100.7, 10.0.0.9"], "198.51.100.7"),
        ("10.0.0.1", ["6.6.6.6", "198.51.100.7"], "198.51.100.7"),
        ("::ffff:10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["::ffff:10.0.0.5, ::ffff:198.51.100.7"], "198.51.100.7"),
        ("fd00::1", ["2001:db8::5"], "2001:db8::5"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.7, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.7:443"], "10.0.0.1"),
        ("10.0.0.1", ["fe80::1%eth0"], "10.0.0.1"),
        ("10.0.0.1", ["0177.0.0.1"], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.2"], "10.0.0.2"),
        ("not-an-address", ["6.6.6.6"], "not-an-address"),
    ],
)
def test_r11b_the_walk_ends_at_the_last_trusted_hop_whatever_the_spelling(peer, values, expected):
    assert seen(peer, *values) == expected


FORGED = (
    b"x-forwarded-for", b"forwarded", b"x-real-ip", b"true-client-ip", b"cf-connecting-ip", b"x-client-ip",
    b"x-cluster-client-ip", b"fastly-client-ip", b"x-original-forwarded-for", b"x-forwarded", b"forwarded-for", b"via",
)  # fmt: skip


@pytest.mark.parametrize("trusted", [(), TRUSTED])
def test_r11_no_forged_header_moves_a_caller_that_no_proxy_of_ours_vouches_for(trusted):
    plain = client_address("192.0.2.1", [], trusted)
    values = (b"10.0.0.1", b"127.0.0.1", b"::1", b"for=10.0.0.1;proto=https;by=10.0.0.2")
    forged = [(name, value) for name in FORGED for value in values]
    assert client_address("192.0.2.1", forged, trusted) == plain == "192.0.2.1"
    assert client_address("10.0.0.1", [item for item in forged if item[0] != b"x-forwarded-for"], trusted) == "10.0.0.1"


def test_without_trusted_proxies_nothing_is_believed():
    assert client_address("10.0.0.1", [(b"x-forwarded-for", b"6.6.6.6")], ()) == "10.0.0.1"


@pytest.mark.parametrize(
    ("peer", "is_tls", "told", "expected"),
    [
        ("10.0.0.1", False, b"https", True),
        ("10.0.0.1", False, b"http", False),
        ("192.0.2.1", False, b"https", False),
        ("192.0.2.1", True, b"http", True),
    ],
)
def test_the_scheme_is_believed_from_trusted_proxies_only(peer, is_tls, told, expected):
    head = RequestHead("GET", "/", "", [(b"x-forwarded-proto", told)], False, 0, peer, is_tls, "h", None)
    assert is_secure(head, TRUSTED) is expected
    assert is_secure(head, ()) is is_tls
