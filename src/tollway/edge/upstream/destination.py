"""Parses an upstream's base URL, once, with the one parser whose result is also what is connected to.

Refused here is whatever two parsers could read differently: userinfo, backslashes, odd spellings of addresses.
"""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address

import idna

from tollway.contract import policy
from tollway.edge.upstream.connect_policy import ConnectPolicy
from tollway.gateway.ports import Destination

_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<path>/[^?#]*)?(?P<rest>[?#].*)?")
_AUTHORITY = re.compile(r"(?P<host>\[[^\[\]]*\]|[^\[\]:]*)(?::(?P<port>.*))?")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_PATH = re.compile(r"(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*)*")
_DEFAULT_PORTS = {"http": 80, "https": 443}

# Ports of other protocols that may mistake a request for their own: https://fetch.spec.whatwg.org/#port-blocking
REFUSED_PORTS = frozenset(
    (
        *(1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104),
        *(109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515),
        *(526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049),
        *(3659, 4045, 4190, 5060, 5061, 6000, 6379, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080),
    )
)


def build_destination(upstream: policy.Upstream, *, pool_key: str) -> Destination:
    """Return the checked destination of an upstream. Raises ValueError with a text for the operator.

    `base_path` is "" or starts with `/` and does not end with one.
    """
    from tollway.edge.upstream.proxy import parse_proxy_url

    url = upstream.base_url
    if any(character <= " " or character in '\\"<>^`{|}\x7f' for character in url):
        raise ValueError("base_url has a blank, a control character or another character no URL may have")
    match = _URL.fullmatch(url)
    if match is None:
        raise ValueError("base_url must be http://host… or https://host…")
    scheme = match["scheme"].lower()
    if scheme not in _DEFAULT_PORTS:
        raise ValueError(f"base_url has the scheme {scheme}; only http and https are possible")
    if match["rest"]:
        raise ValueError("base_url must not have a query or a fragment")
    host, port = parse_authority(match["authority"], default_port=_DEFAULT_PORTS[scheme], what="base_url")
    ConnectPolicy(upstream.allow_private)
    if upstream.proxy_url is not None:
        parse_proxy_url(upstream.proxy_url)
    return Destination(
        pool_key=pool_key,
        scheme=scheme,
        host=host,
        port=port,
        base_path=_parse_base_path(match["path"] or ""),
        host_header=_build_host_header(host, port, _DEFAULT_PORTS[scheme]),
        allow_private=upstream.allow_private,
        ca_pem=upstream.ca_pem,
        proxy_url=upstream.proxy_url,
        timeouts=upstream.timeouts,
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
    if not name.isascii():
        try:
            name = idna.encode(name).decode("ascii")
        except idna.IDNAError:
            raise ValueError(f"{what} has a host name that IDNA 2008 does not allow") from None
    if _NUMBER.fullmatch(name.rstrip(".").rpartition(".")[2]):
        return _parse_ipv4(text, what)
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise ValueError(f"{what} has a host name that is not one (letters, digits, `-`, `_`; no dot at the end)")
    return name


def _parse_ipv4(text: str, what: str) -> str:
    """A host whose last label is a number is an address (https://url.spec.whatwg.org/#ends-in-a-number-checker)."""
    try:
        return str(IPv4Address(text))
    except AddressValueError:
        raise ValueError(f"{what} has an IPv4 address in another form than four decimal numbers") from None


def _parse_base_path(path: str) -> str:
    path = path.rstrip("/") if path.strip("/") else ""
    if _PATH.fullmatch(path) is None:
        raise ValueError("base_url has a path with a character that must be percent-encoded")
    decoded = re.sub(r"%2[eE]", ".", path)
    segments = decoded.split("/")[1:]
    if "" in segments or "." in segments or ".." in segments or re.search(r"%(?:2[fF]|5[cC]|00)", path):
        raise ValueError("base_url has a path with empty or dot segments or an encoded slash")
    return path


def _build_host_header(host: str, port: int, default_port: int) -> bytes:
    name = f"[{host}]" if ":" in host else host
    return (name if port == default_port else f"{name}:{port}").encode()
