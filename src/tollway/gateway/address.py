"""The caller's address and scheme, believed from forwarded headers only behind trusted proxies."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from tollway.gateway.ports import Headers, RequestHead

Networks = Sequence[IPv4Network | IPv6Network]


def client_address(peer: str, headers: Headers, trusted: Networks) -> str:
    """Return the address of the caller.

    The peer's own, unless the peer is a trusted proxy: then `X-Forwarded-For` is walked from the right over trusted
    hops. A hop that is not a plain address ends the walk at the last one that was trusted.
    """
    if not trusted or not _is_trusted(peer, trusted):
        return peer
    hops = ",".join(value.decode("latin-1") for name, value in headers if name == b"x-forwarded-for").split(",")
    address = peer
    for hop in reversed(hops):
        parsed = _parse(hop.strip())
        if parsed is None:
            return address
        address = str(parsed)
        if not _contains(parsed, trusted):
            return address
    return address


def is_secure(head: RequestHead, trusted: Networks) -> bool:
    """Whether the caller spoke TLS: to us, or to a trusted proxy that says so in `X-Forwarded-Proto`."""
    if head.is_tls or not trusted or not _is_trusted(head.peer, trusted):
        return head.is_tls
    return any(name == b"x-forwarded-proto" and value.strip().lower() == b"https" for name, value in head.headers)


def _is_trusted(text: str, trusted: Networks) -> bool:
    address = _parse(text)
    return address is not None and _contains(address, trusted)


def _contains(address: IPv4Address | IPv6Address, networks: Networks) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    """Read a plain address; `::ffff:1.2.3.4` becomes 1.2.3.4. Ports, zones and anything else give None."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return None
        return address.ipv4_mapped or address
    return address
