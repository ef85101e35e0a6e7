"""Where a call came from and what made it, as coarse as a detector needs it. Pure.

Without a database of networks, a provider is taken for what its first bits say: 16 of IPv4, 32 of IPv6 are commonly
one operator's. A source is what one party controls: an IPv4 address, the /64 around an IPv6 address.
"""

import re
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import NamedTuple

REMEMBERED_MAX = 8_192
CLIENT_CHARACTERS_MAX = 60
UNKNOWN = "unknown"
_PRODUCT = re.compile(r"[!#$%&'*+.^_`|~A-Za-z0-9-]+")


class Place(NamedTuple):
    """One address at three grains."""

    source: str
    network: str
    provider: str


@lru_cache(maxsize=REMEMBERED_MAX)
def place_of(address: str) -> Place:
    """Return the place of an address; what is no address is a place of its own, `unknown`."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return Place(UNKNOWN, UNKNOWN, UNKNOWN)
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is None:
            return Place(*(str(ip_network((parsed.packed, bits), strict=False)) for bits in (64, 48, 32)))
        parsed = parsed.ipv4_mapped
    first, second, third, _ = str(parsed).split(".")
    return Place(str(parsed), f"{first}.{second}.{third}.0/24", f"{first}.{second}.0.0/16")


@lru_cache(maxsize=REMEMBERED_MAX)
def client_of(agent: str) -> str:
    """Return the product that a `User-Agent` names first, without its version and in lower case.

    A deployment that raises a version stays the same client. RFC 9110 section 10.1.5: product [ "/" version ].
    """
    match = _PRODUCT.match(agent)
    return match[0].lower()[:CLIENT_CHARACTERS_MAX] if match else UNKNOWN
