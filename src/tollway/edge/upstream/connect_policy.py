"""Which addresses an upstream may have. Pure, and applied to the address that is about to be connected to.

Everything that is not plainly a public unicast address is denied, also where it hides inside an IPv6 form that
some translator on the way would unwrap. `allow_private` names the exceptions, block by block.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

# https://www.iana.org/assignments/iana-ipv4-special-registry and -ipv6-special-registry
_DENIED_V4 = tuple(
    (IPv4Network(block), reason)
    for block, reason in (
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "carrier-grade NAT"),
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "cloud metadata"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "documentation"),
        ("192.31.196.0/24", "reserved"),
        ("192.52.193.0/24", "reserved"),
        ("192.88.99.0/24", "6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("192.175.48.0/24", "reserved"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)
_GLOBAL_V6 = IPv6Network("2000::/3")
_DENIED_V6 = tuple(
    (IPv6Network(block), reason)
    for block, reason in (
        ("2001::/23", "reserved"),
        ("2001:db8::/32", "documentation"),
        ("2620:4f:8000::/48", "reserved"),
        ("3fff::/20", "documentation"),
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = IPv6Network("64:ff9b:1::/48")
_SIX_TO_FOUR = IPv6Network("2002::/16")
_TEREDO = IPv6Network("2001::/32")
_COMPATIBLE = IPv6Network("::/96")
_ISATAP = (0x00005EFE, 0x02005EFE)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class ConnectPolicy:
    """The policy of one upstream: the denied blocks, minus those it was allowed."""

    def __init__(self, allow_private: tuple[str, ...]) -> None:
        """Raises ValueError when an entry is neither `*` nor a CIDR block."""
        self._allows_all = "*" in allow_private
        self._allowed: tuple[Network, ...] = tuple(ip_network(block) for block in allow_private if block != "*")

    def find_objection(self, text: str) -> str | None:
        """Return why `text` may not be connected to, or None. What is not an address is objected to."""
        try:
            address = ip_address(text)
        except ValueError:
            return "not an address"
        if isinstance(address, IPv6Address) and address.scope_id is not None and not self._allows_all:
            return "scoped"
        if self._allows_all or any(address in block for block in self._allowed):
            return None
        inner = _unwrap(address)
        if inner is not address and any(inner in block for block in self._allowed):
            return None
        return find_denial(address)


def find_denial(address: Address) -> str | None:
    """Return why the address is denied by default, or None for a public one."""
    if isinstance(address, IPv4Address):
        return next((reason for block, reason in _DENIED_V4 if address in block), None)
    inner = _unwrap(address)
    if isinstance(inner, IPv4Address):
        reason = find_denial(inner)
        if reason is not None:
            return f"{reason}, inside IPv6"
        # A public address in a well-known translation prefix is where it says; other embeddings have no use.
        return None if address in _NAT64 else "embedded IPv4"
    if address not in _GLOBAL_V6:
        return _name_special(address)
    return next((reason for block, reason in _DENIED_V6 if address in block), None)


def _unwrap(address: Address) -> Address:
    """Return the IPv4 address inside an IPv6 one, or the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    value = int(address)
    low = IPv4Address(value & 0xFFFFFFFF)
    if address in _NAT64 or address in _NAT64_LOCAL:
        return low
    if address in _SIX_TO_FOUR:
        return IPv4Address(value >> 80 & 0xFFFFFFFF)
    if address in _TEREDO:
        return IPv4Address(~value & 0xFFFFFFFF)
    if address in _COMPATIBLE and value > 0xFFFF:
        return low
    if value >> 32 & 0xFFFFFFFF in _ISATAP:
        return low
    return address


def _name_special(address: IPv6Address) -> str:
    if address.is_loopback:
        return "loopback"
    if address.is_unspecified:
        return "unspecified"
    if address.is_link_local:
        return "link-local"
    if address.is_multicast:
        return "multicast"
    return "private" if address.is_private else "reserved"
