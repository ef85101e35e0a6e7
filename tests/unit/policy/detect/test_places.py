"""Addresses are grouped by who controls them, clients by product and not by version."""

from hashlib import sha256
from re import fullmatch

import pytest

from tollway.policy.detect.places import client_of, hash_address, place_of


@pytest.mark.parametrize(
    ("address", "source", "network", "provider"),
    [
        ("192.0.2.7", "192.0.2.7", "192.0.2.0/24", "192.0.0.0/16"),
        ("::ffff:192.0.2.7", "192.0.2.7", "192.0.2.0/24", "192.0.0.0/16"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48", "2001:db8::/32"),
        ("2001:db8::1", "2001:db8::/64", "2001:db8::/48", "2001:db8::/32"),
        ("fe80::1%eth0", "fe80::/64", "fe80::/48", "fe80::/32"),
        ("", "unknown", "unknown", "unknown"),
        ("not an address", "unknown", "unknown", "unknown"),
    ],
)
def test_an_address_is_one_source_one_network_and_one_provider(
    address: str, source: str, network: str, provider: str
) -> None:
    assert place_of(address) == (source, network, provider)


@pytest.mark.parametrize(
    ("agent", "client"),
    [
        ("OpenAI/Python 1.99.1", "openai"),
        ("openai-python/1.99.1", "openai-python"),
        ("curl/8.5.0", "curl"),
        ("", "unknown"),
        ("(comment)", "unknown"),
        ("x" * 500, "x" * 60),
    ],
)
def test_a_client_is_its_product_without_the_version(agent: str, client: str) -> None:
    assert client_of(agent) == client


def test_what_stands_for_an_address_tells_the_same_grains_apart_and_says_nothing_else() -> None:
    def mac(grain: bytes) -> bytes:
        return sha256(b"key" + grain).digest()

    one, neighbour, same_provider, other = (
        place_of(hash_address(address, mac)) for address in ("192.0.2.1", "192.0.2.9", "192.0.77.1", "198.51.100.1")
    )
    assert one.network == neighbour.network and one.source != neighbour.source
    assert one.provider == same_provider.provider and one.network != same_provider.network
    assert one.provider != other.provider
    assert place_of(hash_address("::ffff:192.0.2.1", mac)) == one
    assert fullmatch("~([0-9a-f]{12}[.]){2}[0-9a-f]{12}", hash_address("192.0.2.1", mac))
    assert hash_address("", mac) == hash_address("nonsense", mac) == ""
    assert place_of("~cut") == place_of("nonsense")
