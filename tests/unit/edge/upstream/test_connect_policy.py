"""Which addresses may be connected to: a corpus of both kinds, and properties over all addresses."""

from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.edge.upstream.connect_policy import ConnectPolicy, find_denial

DENY = ConnectPolicy(())

INNER = [
    "0.0.0.0",
    "0.0.0.1",
    "0.255.255.255",
    "10.0.0.0",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.0",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.1",
    "127.0.0.2",
    "127.1.2.3",
    "127.255.255.255",
    "168.63.129.16",
    "169.254.0.0",
    "169.254.169.254",
    "169.254.170.2",
    "169.254.255.255",
    "172.16.0.0",
    "172.16.0.1",
    "172.20.10.1",
    "172.31.255.255",
    "192.0.0.0",
    "192.0.0.192",
    "192.0.2.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.168.0.0",
    "192.168.0.1",
    "192.168.255.255",
    "192.175.48.1",
    "198.18.0.0",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "224.0.0.251",
    "239.255.255.250",
    "240.0.0.1",
    "254.1.2.3",
    "255.255.255.254",
    "255.255.255.255",
]

FORBIDDEN_V6 = [
    "::",
    "::1",
    "::2",
    "::ffff",
    "fc00::",
    "fc00::1",
    "fd00::1",
    "fd00:ec2::254",
    "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "fe80::1",
    "fe80::a9fe:a9fe",
    "febf::1",
    "fec0::1",
    "feff::1",
    "ff00::1",
    "ff02::1",
    "ff02::fb",
    "ff0e::1",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "100::1",
    "100::",
    "64:ff9b:1::1",
    "64:ff9b:1:ffff::1",
    "2001::1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2001:db8:ffff::1",
    "2620:4f:8000::1",
    "3fff::1",
    "3fff:fff::1",
    "4000::1",
    "5f00::1",
    "8000::1",
    "1::1",
    "0:1::1",
    "::1:0:0",
    "2002:808:808::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
]

PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.1",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "104.18.6.192",
    "2606:4700:4700::1111",
    "2001:4860:4860::8888",
    "2a00:1450:4001:80b::200e",
    "2600::",
    "2400:cb00::1",
    "64:ff9b::808:808",
    "64:ff9b::1.1.1.1",
]


def embeddings(inner: str) -> list[str]:
    """Return the IPv6 forms that hide an IPv4 address."""
    v4 = int(IPv4Address(inner))
    forms = [
        0xFFFF << 32 | v4,  # mapped
        v4,  # compatible
        0x64FF9B << 96 | v4,  # NAT64
        (0x64FF9B << 96 | 1 << 80) | v4,  # NAT64, local use
        0x2002 << 112 | v4 << 80 | 1,  # 6to4
        0x2001 << 112 | 0x41360000 << 64 | (v4 ^ 0xFFFFFFFF),  # Teredo
        0x20010DB7 << 96 | 0x00005EFE << 32 | v4,  # ISATAP
        0xFFFF << 48 | v4,  # translated, RFC 2765
    ]
    return [str(IPv6Address(form)) for form in forms]


@pytest.mark.parametrize("address", INNER)
def test_r22_a_special_address_is_denied_and_so_is_every_form_that_hides_it(address: str) -> None:
    assert DENY.find_objection(address) is not None
    for form in embeddings(address):
        assert DENY.find_objection(form) is not None, form


@pytest.mark.parametrize("address", FORBIDDEN_V6)
def test_a_special_ipv6_address_is_denied(address: str) -> None:
    assert DENY.find_objection(address) is not None


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_allowed(address: str) -> None:
    assert DENY.find_objection(address) is None


def test_the_corpus_is_as_large_as_promised() -> None:
    assert len(INNER) * 9 + len(FORBIDDEN_V6) + len(PUBLIC) >= 400


@pytest.mark.parametrize(
    "text", ["", "localhost", "127.1", "0x7f.0.0.1", "2130706433", "fe80::1%eth0", "::1%lo", "1.1.1.1 "]
)
def test_what_is_not_one_plain_address_is_denied(text: str) -> None:
    assert DENY.find_objection(text) is not None


def test_allowed_blocks_are_exceptions_and_nothing_beside_them() -> None:
    policy = ConnectPolicy(("10.1.0.0/16", "fd00:1::/32", "127.0.0.1/32"))
    for address in ("10.1.2.3", "fd00:1::5", "127.0.0.1", "::ffff:10.1.2.3", "8.8.8.8"):
        assert policy.find_objection(address) is None, address
    for address in ("10.2.0.1", "fd00:2::5", "127.0.0.2", "::ffff:10.2.0.1", "169.254.169.254", "::1"):
        assert policy.find_objection(address) is not None, address


def test_a_star_lifts_the_policy() -> None:
    policy = ConnectPolicy(("*",))
    for address in ("127.0.0.1", "::1", "169.254.169.254", "10.0.0.1", "fe80::1"):
        assert policy.find_objection(address) is None


@pytest.mark.parametrize("block", ["10.0.0.1/8", "10.0.0.0/33", "localhost", "", "10/8", "**"])
def test_an_entry_that_is_no_block_is_refused(block: str) -> None:
    with pytest.raises(ValueError):
        ConnectPolicy((block,))


@given(st.ip_addresses(v=4))
def test_nothing_that_python_calls_not_global_is_allowed(address: IPv4Address) -> None:
    if find_denial(address) is None:
        assert address.is_global
        assert not address.is_multicast


@given(st.ip_addresses(v=6))
def test_only_global_unicast_and_public_nat64_are_allowed_in_ipv6(address: IPv6Address) -> None:
    if find_denial(address) is None:
        assert address in ip_network("2000::/3") or address in ip_network("64:ff9b::/96")
        assert address.is_global


@given(st.sampled_from(INNER), st.integers(0, 7))
def test_hiding_never_helps(inner: str, form: int) -> None:
    assert find_denial(IPv6Address(embeddings(inner)[form])) is not None
