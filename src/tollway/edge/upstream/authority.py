"""Reads `host[:port]` in exactly one way, for upstreams and proxies.

An address has one spelling; a name that some resolver could take for an address in another spelling is refused.
"""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address

_AUTHORITY = re.compile(r"(?P<host>\[[^\[\]]*\]|[^\[\]:]*)(?::(?P<port>.*))?")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
_PORT = re.compile(r"[1-9][0-9]{0,4}")

# Ports of other protocols that may mistake a request for their own: https://fetch.spec.whatwg.org/#port-blocking
REFUSED_PORTS = frozenset(
    (
        *(1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104),
        *(109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515),
        *(526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049),
        *(3659, 4045, 4190, 5060, 5061, 6000, 6379, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080),
    )
)


def parse_authority(text: str, *, default_port: int, what: str) -> tuple[str, int]:
    """Return (host, port): a name in ASCII, or an address in its one spelling without brackets. Raises ValueError."""
    if "@" in text:
        raise ValueError(f"{what} must not have a user or password in front of the host")
    match = _AUTHORITY.fullmatch(text)
    if match is None or not match["host"]:
        raise ValueError(f"{what} has no host that can be read")
    port = default_port
    if match["port"] is not None:
        if _PORT.fullmatch(match["port"]) is None or int(match["port"]) > 65_535:
            raise ValueError(f"{what} has a port that is not a number from 1 to 65535")
        port = int(match["port"])
        if port in REFUSED_PORTS:
            raise ValueError(f"{what} has port {port}, which belongs to another protocol")
    return _parse_host(match["host"], what), port


def _parse_host(text: str, what: str) -> str:
    if text.startswith("["):
        try:
            address = IPv6Address(text[1:-1])
        except AddressValueError:
            raise ValueError(f"{what} has an IPv6 address that cannot be read") from None
        if address.scope_id is not None:
            raise ValueError(f"{what} has an IPv6 address with a zone")
        return str(address)
    name = text.lower()
    if len(name) > 253:
        raise ValueError(f"{what} has a host name longer than 253 characters")
    if not name.isascii():
        name = _encode_idna(name, what)
    if _NUMBER.fullmatch(name.rstrip(".").rpartition(".")[2]):
        return _parse_ipv4(text, what)
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise ValueError(f"{what} has a host name that is not one (letters, digits, `-`, `_`; no dot at the end)")
    return name


def _encode_idna(name: str, what: str) -> str:
    """Return the ASCII form of a name that has exactly one; whatever IDNA would map to something else is refused."""
    try:
        encoded = name.encode("idna")
        is_same = encoded.decode("idna") == name and not any(
            label.isnumeric() and not label.isascii()
            for label in name.split(".")  # digits of another script
        )
    except UnicodeError:
        is_same = False
    if not is_same:
        raise ValueError(f"{what} has a host name that IDNA does not allow as it stands; write its xn-- form")
    return encoded.decode("ascii")


def _parse_ipv4(text: str, what: str) -> str:
    """A host whose last label is a number is an address (https://url.spec.whatwg.org/#ends-in-a-number-checker)."""
    try:
        return str(IPv4Address(text))
    except AddressValueError:
        raise ValueError(f"{what} has an IPv4 address in another form than four decimal numbers") from None
