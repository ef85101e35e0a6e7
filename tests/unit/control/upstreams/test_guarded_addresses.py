"""No block that holds an address of the machine itself or of its cloud goes unnoticed, however it is written."""

from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.control.upstreams.guarded_addresses import GUARDED, opens_guarded

INNER = ["127.0.0.1", "127.255.255.254", "169.254.169.254", "169.254.170.2", "0.0.0.0", "168.63.129.16"]


@pytest.mark.parametrize("address", INNER)
@pytest.mark.parametrize("bits", [32, 24, 8, 4, 1, 0])
def test_r22_every_block_around_a_guarded_address_is_noticed(address: str, bits: int) -> None:
    around = ip_network(f"{address}/{bits}", strict=False)
    mapped = ip_network(f"::ffff:{address}/{96 + bits}", strict=False)
    assert opens_guarded(str(around)) and opens_guarded(str(mapped))


@pytest.mark.parametrize("block", ["*", "::/0", "::1/128", "fe80::/64", "64:ff9b::7f00:1/128", "2002:7f00:1::/48",
                                   "::ffff:0:0/96", "fd00::/8", "100.64.0.0/10", "fd00:ec2::/32"])  # fmt: skip
def test_r22_forms_that_hide_a_guarded_address_are_noticed(block: str) -> None:
    assert opens_guarded(block)


@pytest.mark.parametrize(
    "block", ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/16", "fd12:3456::/32", "::ffff:10.0.0.0/104"]
)
def test_what_upstreams_of_a_team_are_at_is_not_guarded(block: str) -> None:
    assert not opens_guarded(block)


@given(st.sampled_from(GUARDED), st.data())
def test_r22_every_guarded_address_is_noticed_alone(guarded, data: st.DataObject) -> None:
    number = data.draw(st.integers(int(guarded.network_address), int(guarded.broadcast_address)))
    address = IPv4Address(number) if guarded.version == 4 else IPv6Address(number)
    assert opens_guarded(str(ip_network(address)))
