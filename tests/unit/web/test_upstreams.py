"""How connections are written in JSON."""

import pytest
from msgspec import UNSET

from tollway.web.upstreams import ConnectionPatch, read_connection_change, read_networks, show_networks


@pytest.mark.parametrize(("json", "networks"), [(False, ()), (True, ("*",)), (["10.0.0.0/8"], ("10.0.0.0/8",))])
def test_private_addresses_are_none_all_or_blocks(json: bool | list[str], networks: tuple[str, ...]) -> None:
    assert read_networks(json) == networks
    assert show_networks(networks) == json


def test_what_is_left_out_of_a_change_is_unset() -> None:
    change = read_connection_change(ConnectionPatch())
    assert {getattr(change, name) for name in change.__slots__} == {UNSET}
    assert read_connection_change(ConnectionPatch(headers={}, ca_file=None)).headers == ()
