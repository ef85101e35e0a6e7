"""Blocks of addresses, against Python's own networks; IPv4 in IPv6 is IPv4."""

from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.contract.rights import NetworkRights
from tollway.policy.network_rules import NetworkRules, compile_blocks, compile_rules, parse_address, parse_block

V4 = st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 32)).map(
    lambda pair: str(ip_network((pair[0], pair[1]), strict=False))
)
V6 = st.tuples(st.integers(2**125, 2**126), st.integers(0, 128)).map(
    lambda pair: str(ip_network((IPv6Address(pair[0]), pair[1]), strict=False))
)


def rules(rights: NetworkRights) -> NetworkRules:
    """Return compiled rules."""
    compiled = compile_rules(rights)
    assert compiled is not None
    return compiled


@given(st.lists(V4 | V6, max_size=5), st.integers(0, 2**32 - 1))
def test_an_address_is_in_a_block_exactly_when_python_says_so(blocks: list[str], number: int) -> None:
    for address in (IPv4Address(number), IPv6Address(2**125 + number), IPv6Address(0xFFFF_0000_0000 | number)):
        real = IPv4Address(number) if getattr(address, "ipv4_mapped", None) else address
        expected = any(real.version == ip_network(block).version and real in ip_network(block) for block in blocks)
        parsed = parse_address(str(address))
        assert parsed is not None
        assert (compile_blocks(blocks).find(parsed) is not None) == expected


@pytest.mark.parametrize("address", ["1.2.3.4", "::ffff:1.2.3.4", "::ffff:102:304"])
@pytest.mark.parametrize("block", ["1.2.3.0/24", "::ffff:1.2.3.0/120", "1.2.3.4"])
def test_r11b_mapped_addresses_and_blocks_are_the_ipv4_in_them(address: str, block: str) -> None:
    assert rules(NetworkRights(allow=(block,))).find_refusal(address) is None
    assert rules(NetworkRights(deny=(block,))).find_refusal(address) == f"deny {block}"


@pytest.mark.parametrize("address", ["", "fe80::1%eth0", "1.2.3.4:80", "010.1.1.1", "1.2.3", "unknown"])
def test_r11b_an_address_that_cannot_be_read_passes_no_rule(address: str) -> None:
    """Also where there is only a deny list: who it is cannot be told."""
    assert rules(NetworkRights(deny=("10.0.0.0/8",))).find_refusal(address) == "an address that cannot be read"


def test_deny_wins_over_allow() -> None:
    both = rules(NetworkRights(allow=("10.0.0.0/8",), deny=("10.9.0.0/16",)))
    assert both.find_refusal("10.1.1.1") is None
    assert both.find_refusal("10.9.1.1") == "deny 10.9.0.0/16"
    assert both.find_refusal("11.1.1.1") == "allow"


@pytest.mark.parametrize("text", ["", "10.0.0.1/8", "10.0.0.0/33", "fe80::%eth0/64", "localhost", "1.2.3.0-1.2.3.9"])
def test_a_block_that_cannot_be_read_is_said_to_be_wrong(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_block(text)


def test_a_whole_internet_of_ipv6_is_not_ipv4() -> None:
    assert rules(NetworkRights(allow=("::/0",))).find_refusal("1.2.3.4") == "allow"
