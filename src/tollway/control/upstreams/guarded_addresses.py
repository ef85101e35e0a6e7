"""Addresses that only who acts for every team may let upstreams be at: the machine's own, and those of its cloud.

Behind them are the console's own port, whatever else listens on the machine alone, and the credentials that a cloud
hands to its machines. The connect policy denies them to everybody who does not ask for them; see edge/upstream.
"""

import ipaddress

GUARDED = tuple(
    ipaddress.ip_network(block)
    for block in (
        "0.0.0.0/8",
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local; 169.254.169.254 answers with credentials at most clouds
        "168.63.129.16/32",  # https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
        "100.100.100.200/32",  # https://www.alibabacloud.com/help/ecs/user-guide/view-instance-metadata
        "::/96",  # unspecified, loopback, and IPv4 written as IPv6
        "64:ff9b::/96",  # RFC 6052: any IPv4 address behind a translator
        "64:ff9b:1::/48",  # RFC 8215
        "2002::/16",  # RFC 3056
        "fe80::/10",
        "fd00:ec2::254/128",  # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
        "fd20:ce::254/128",  # https://cloud.google.com/compute/docs/metadata/querying-metadata
    )
)
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")


def opens_guarded(block: str) -> bool:
    """Whether a block that passed its checks, or `*`, has one of these addresses in it."""
    if block == "*":
        return True
    network = ipaddress.ip_network(block)
    if isinstance(network, ipaddress.IPv6Network):
        if network.supernet_of(_MAPPED):
            return True  # all of IPv4, and more
        if network.subnet_of(_MAPPED):
            inner = ipaddress.IPv4Address(int(network.network_address) & 0xFFFFFFFF)
            network = ipaddress.IPv4Network((inner, network.prefixlen - 96))
    return any(network.version == guarded.version and network.overlaps(guarded) for guarded in GUARDED)
