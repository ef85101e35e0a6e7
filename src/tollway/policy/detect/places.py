"""Where a call came from and what made it, as coarse as a detector needs it. Pure.

Without a database of networks, a provider is taken for what its first bits say: 16 of IPv4, 32 of IPv6 are commonly
one operator's. A source is what one party controls: an IPv4 address, the /64 around an IPv6 address.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final, NamedTuple

REMEMBERED_MAX = 8_192
CLIENT_CHARACTERS_MAX = 60
UNKNOWN = "unknown"
HASHED: Final = "~"
"""The first character of what stands for an address that may not be kept."""
_HASH_CHARACTERS = 12
"""48 bits a grain: of a million networks two in a thousand million share one."""
_PRODUCT = re.compile(r"[!#$%&'*+.^_`|~A-Za-z0-9-]+")


class Place(NamedTuple):
    """One address at three grains."""

    source: str
    network: str
    provider: str


@lru_cache(maxsize=REMEMBERED_MAX)
def place_of(address: str) -> Place:
    """Return the place of an address; what is no address is a place of its own, `unknown`."""
    if address.startswith(HASHED):
        return _hashed_place(address)
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


def hash_address(address: str, mac: Callable[[bytes], bytes]) -> str:
    """Return what stands for the address: a keyed hash of each grain, so that `place_of` tells the same apart.

    "" for what is no address.
    """
    place = place_of(address)
    if place.source == UNKNOWN:
        return ""
    return HASHED + ".".join(mac(grain.encode()).hex()[:_HASH_CHARACTERS] for grain in place)


def _hashed_place(address: str) -> Place:
    grains = address.removeprefix(HASHED).split(".")
    if len(grains) != len(Place._fields):
        return Place(UNKNOWN, UNKNOWN, UNKNOWN)
    return Place(*(HASHED + grain for grain in grains))


@lru_cache(maxsize=REMEMBERED_MAX)
def client_of(agent: str) -> str:
    """Return the product that a `User-Agent` names first, without its version and in lower case.

    A deployment that raises a version stays the same client. RFC 9110 section 10.1.5: product [ "/" version ].
    """
    match = _PRODUCT.match(agent)
    return match[0].lower()[:CLIENT_CHARACTERS_MAX] if match else UNKNOWN
