"""Proxy URLs and what they add to a request."""

import pytest

from tollway.contract.policy import Upstream
from tollway.edge.upstream.destination import build_destination
from tollway.edge.upstream.proxy import Proxy, host_lines, parse_proxy_url, target_prefix


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("http://proxy", Proxy("proxy", 80, None)),
        ("http://proxy:3128/", Proxy("proxy", 3128, None)),
        ("http://u:p@10.0.0.1:3128", Proxy("10.0.0.1", 3128, b"Basic dTpw")),
        ("http://u%3A:p%40@[::1]:3128", Proxy("::1", 3128, b"Basic dTo6cEA=")),
    ],
)
def test_a_proxy_url_is_read(url: str, proxy: Proxy) -> None:
    assert parse_proxy_url(url) == proxy


@pytest.mark.parametrize("url", ["http://u:p\r\n@proxy", "http://proxy:22", "http://127.1", "http://u:p@", "http://"])
def test_an_odd_proxy_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError):
        parse_proxy_url(url)


def test_only_plain_http_shows_itself_to_the_proxy() -> None:
    """The credential of the proxy must never travel inside the tunnel, to the upstream."""
    plain = build_destination(Upstream("http://h:81", proxy_url="http://u:p@proxy"), pool_key="k")
    assert target_prefix(plain) == b"http://h:81"
    assert host_lines(plain) == b" HTTP/1.1\r\nhost: h:81\r\nproxy-authorization: Basic dTpw\r\n"
    secure = build_destination(Upstream("https://h", proxy_url="http://u:p@proxy"), pool_key="k")
    assert target_prefix(secure) == b""
    assert host_lines(secure) == b" HTTP/1.1\r\nhost: h\r\n"
