"""Parses an upstream's base URL, once, with the one parser whose result is also what is connected to.

Refused here is whatever two parsers could read differently: userinfo, backslashes, odd spellings of addresses.
"""

import re

from tollway.contract import policy
from tollway.edge.upstream.authority import parse_authority
from tollway.edge.upstream.connect_policy import ConnectPolicy
from tollway.edge.upstream.proxy import parse_proxy_url
from tollway.gateway.ports import Destination

_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<path>/[^?#]*)?(?P<rest>[?#].*)?")
_PATH = re.compile(r"(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*)*")
_CERTIFICATE = "-----BEGIN CERTIFICATE-----"
_DEFAULT_PORTS = {"http": 80, "https": 443}


def build_destination(upstream: policy.Upstream, *, pool_key: str) -> Destination:
    """Return the checked destination of an upstream. Raises ValueError with a text for the operator.

    `base_path` is "" or starts with `/` and does not end with one.
    """
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
    if upstream.ca_pem is not None and not (upstream.ca_pem.isascii() and _CERTIFICATE in upstream.ca_pem):
        raise ValueError("ca_pem has no PEM certificate in it")
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


def _parse_base_path(path: str) -> str:
    path = path.removesuffix("/")
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
