"""From which addresses calls may come: CIDR blocks, compiled once.

An IPv4-mapped IPv6 address or block is the IPv4 one in it: `::ffff:1.2.3.4 in 1.2.3.0/24` is false to Python's own
ipaddress module. An address that cannot be read is in no block, and no call from it passes a rule.
"""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv6Network, ip_address, ip_network

import msgspec

from tollway.contract.rights import NetworkMode, NetworkRights

_MAPPED = ip_network("::ffff:0:0/96")
_BITS = {4: 32, 6: 128}
Address = tuple[int, int]
"""Version and number."""


class Blocks(msgspec.Struct, frozen=True, gc=False):
    """A compiled list: for each length of prefix of each version, the prefixes with the text they came from."""

    prefixes: tuple[tuple[int, int, dict[int, str]], ...]

    def find(self, address: Address) -> str | None:
        """Return the block that holds the address, as it was written. Costs a look-up for each length of prefix."""
        version, number = address
        for its_version, shift, blocks in self.prefixes:
            if its_version == version and (text := blocks.get(number >> shift)) is not None:
                return text
        return None


class NetworkRules(msgspec.Struct, frozen=True, gc=False):
    """Allow and deny, compiled."""

    allow: Blocks | None
    deny: Blocks
    mode: NetworkMode

    def find_refusal(self, address: str) -> str | None:
        """Return the rule that refuses the address: the block that denies it, or `allow` when it is in none of its."""
        parsed = parse_address(address)
        if parsed is None:
            return "an address that cannot be read"
        denied = self.deny.find(parsed)
        if denied is not None:
            return f"deny {denied}"
        return "allow" if self.allow is not None and self.allow.find(parsed) is None else None


def compile_rules(rights: NetworkRights) -> NetworkRules | None:
    """Compile one level's list; None when it says nothing. Raises ValueError for a block that cannot be read."""
    if rights.allow is None and not rights.deny:
        return None
    allow = None if rights.allow is None else compile_blocks(rights.allow)
    return NetworkRules(allow, compile_blocks(rights.deny), rights.mode)


def compile_blocks(texts: Iterable[str]) -> Blocks:
    """Compile blocks in CIDR notation. Raises ValueError for one that cannot be read or has host bits set."""
    prefixes: dict[tuple[int, int], dict[int, str]] = {}
    for text in texts:
        version, number, length = parse_block(text)
        shift = _BITS[version] - length
        prefixes.setdefault((version, shift), {}).setdefault(number >> shift, text)
    return Blocks(tuple((version, shift, blocks) for (version, shift), blocks in prefixes.items()))


def parse_block(text: str) -> tuple[int, int, int]:
    """Return version, number and prefix length of a block; a plain address is a block of one. Raises ValueError."""
    network = ip_network(text)
    if isinstance(network, IPv6Network) and network.network_address.scope_id is not None:
        raise ValueError(f"{text!r} names a zone, which only means something on one machine")
    number, length = int(network.network_address), network.prefixlen
    if network.version == 6 and network.subnet_of(_MAPPED):  # type: ignore[arg-type]  # both are IPv6
        return 4, number & 0xFFFFFFFF, length - 96
    return network.version, number, length


@lru_cache(maxsize=4_096)
def parse_address(text: str) -> Address | None:
    """Read a plain address; None for anything else, also for one with a zone."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if address.version == 4:
        return 4, int(address)
    if address.scope_id is not None:
        return None
    mapped = address.ipv4_mapped
    return (6, int(address)) if mapped is None else (4, int(mapped))
