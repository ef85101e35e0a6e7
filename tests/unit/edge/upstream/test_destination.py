"""Base URLs: one reading, or none."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.contract.policy import Timeouts, Upstream
from tollway.edge.upstream.destination import build_destination

GOOD = {
    "https://api.openai.com": ("https", "api.openai.com", 443, "", b"api.openai.com"),
    "https://api.openai.com/": ("https", "api.openai.com", 443, "", b"api.openai.com"),
    "https://api.openai.com/v1": ("https", "api.openai.com", 443, "/v1", b"api.openai.com"),
    "https://api.openai.com/v1/": ("https", "api.openai.com", 443, "/v1", b"api.openai.com"),
    "HTTPS://API.OpenAI.com:443/V1": ("https", "api.openai.com", 443, "/V1", b"api.openai.com"),
    "http://localhost:11434": ("http", "localhost", 11434, "", b"localhost:11434"),
    "http://127.0.0.1:8000/a/b": ("http", "127.0.0.1", 8000, "/a/b", b"127.0.0.1:8000"),
    "http://[::1]:8000": ("http", "::1", 8000, "", b"[::1]:8000"),
    "http://[2001:DB8:0:0::1]": ("http", "2001:db8::1", 80, "", b"[2001:db8::1]"),
    "https://x.example:8443": ("https", "x.example", 8443, "", b"x.example:8443"),
    "https://bücher.example": ("https", "xn--bcher-kva.example", 443, "", b"xn--bcher-kva.example"),
    "https://xn--bcher-kva.example": ("https", "xn--bcher-kva.example", 443, "", b"xn--bcher-kva.example"),
    "http://my_service:80": ("http", "my_service", 80, "", b"my_service"),
    "http://host/openai/deployments/gpt-4o": ("http", "host", 80, "/openai/deployments/gpt-4o", b"host"),
    "http://host/a%20b;c=d@e:f": ("http", "host", 80, "/a%20b;c=d@e:f", b"host"),
    "http://1.2.3.4.example": ("http", "1.2.3.4.example", 80, "", b"1.2.3.4.example"),
    "http://3com.example": ("http", "3com.example", 80, "", b"3com.example"),
}

# Other spellings of addresses; for each, some resolver connects to loopback or the metadata service.
ADDRESS_SPELLINGS = [
    "2130706433",
    "017700000001",
    "0x7f000001",
    "0x7F000001",
    "127.1",
    "127.0.1",
    "127.0.0.01",
    "0127.0.0.1",
    "0177.0.0.1",
    "0177.0.0.01",
    "0x7f.0.0.1",
    "0x7f.1",
    "0x7f.0x0.0x0.0x1",
    "127.0x1",
    "127.0.0.1.",
    "127.0.0.1..",
    "1.2.3",
    "1.2.3.4.5",
    "256.1.1.1",
    "1.1.1.256",
    "0",
    "0x",
    "0x0",
    "00",
    "1",
    "169.254.43518",
    "2852039166",
    "0xa9fea9fe",
    "0xa9.0xfe.0xa9.0xfe",
    "0251.0376.0251.0376",
    "169.16689662",
    "10.1",
    "0xa.1",
    "012.1",
    "192.168.1",
    "0xc0a80001",
    "3232235521",
    "0.0",
    "0.0.0",
    "١٢٧.٠.٠.١",
    "１２７.０.０.１",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "127．0．0．1",
    "127｡0｡0｡1",
    "２１３０７０６４３３",
    "0ｘ7f.1",
    "127.0.0.1%00",
    "127.0.0.1%20",
    "%31%32%37.0.0.1",
    "127.0.0.1%2f",
    "4294967296",
    "99999999999",
    "a.0x7f",
    "a.127",
    "example.1",
    "foo.0x1",
    "foo.0x",
    "[::ffff:127.1]",
    "[::ffff:0x7f.0.0.1]",
    "[127.0.0.1]",
    "[::1%25lo]",
    "[fe80::1%eth0]",
    "[fe80::1%25eth0]",
    "[::1",
    "[1::2::3]",
    "[]",
    "[:]",
    "[::g]",
    "[v1.x]",
    "[::1]]",
    "[[::1]]",
    "::1",
    "::ffff:127.0.0.1",
    "[::ffff:1277.0.0.1]",
    "[0000:0000:0000:0000:0000:0000:0000:00001]",
]

HOSTS = [
    "user@host",
    "user:pw@host",
    "host@evil",
    "@host",
    "user%40host:x@h",
    "a@b@c",
    "-host",
    "host-",
    "ho..st",
    ".host",
    "host.",
    ".",
    "..",
    "ho,st",
    "ho!st",
    "ho$st",
    "host~",
    "ho+st",
    "ho*st",
    "*.host",
    "ho=st",
    "ho&st",
    "ho;st",
    "ho'st",
    "ho(st)",
    "ho%st",
    "ho%2est",
    "ⒽⓄⓈⓉ",
    "ｈｏｓｔ",
    "℀.example",
    "exam\xadple.com",
    "faß\u200b.de",
    "a\u202eb.example",
    "xn--ü.example",
    "é\ufeff.example",
    "ho。st..x",
]

URLS = [
    "", "host", "//host", "host:80", "http:host", "http:/host", "http:///host", "http://", "http:///", "https://:443",
    "ftp://host", "file:///etc/passwd", "unix:///run/x.sock", "gopher://host:70/x", "dict://host:11211/", "ws://host",
    "wss://host", "javascript://host", "data:text/plain,x", "ldap://host", "jar:http://host!/", "http+unix://host",
    "http://host?x=1", "http://host/?x", "http://host/a?", "http://host#f", "http://host/#", "http://host/a#b?c",
    "http://host:", "http://host:0", "http://host:00080", "http://host:080", "http://host:65536", "http://host:99999999999",
    "http://host:-1", "http://host:+80", "http://host:8 0", "http://host:80a", "http://host:0x50", "http://host:８０",
    "http://host:٨٠", "http://host:80:80", "http://host:22", "http://host:25", "http://host:6379", "http://host:53",
    "http://host:6667", "http://[::1]x", "http://[::1]:", "http://[::1]80", "http://[::1]:x", "http://[::1]@host",
    "http://evil\\@host", "http://host\\.evil", "http:\\\\host", "http://host/\\..", "http:/\\host", "http://ho st",
    " http://host", "http://host ", "http://host\n", "http://host\r\nx: y", "http://host/\r\n", "http://host\t",
    "http://host\0", "http://host/\0", "http://host/a b", "http://host/\x7f", "http://host/ü", "http://host/<x>",
    'http://host/"', "http://host/{x}", "http://host/a|b", "http://host/^", "http://host/`", "http://host/%", "http://host/%2",
    "http://host/%zz", "http://host/a//b", "http://host//", "http://host//a", "http://host/./a", "http://host/a/..",
    "http://host/../a", "http://host/%2e%2e/a", "http://host/.%2E/a", "http://host/%2e/a", "http://host/a%2fb",
    "http://host/a%2Fb", "http://host/a%5cb", "http://host/a%00b", "http://[::1]#@host", "http://host#@evil",
    "http://host?@evil", "http://" + "a" * 64 + ".example", "http://" + "a." * 127 + "example", "h\u200bttp://host",
]  # fmt: skip


@pytest.mark.parametrize("url", GOOD)
def test_a_good_url_has_one_reading(url: str) -> None:
    built = build_destination(Upstream(base_url=url), pool_key="k")
    assert (built.scheme, built.host, built.port, built.base_path, built.host_header) == GOOD[url]


BAD = [
    *URLS,
    *(f"http://{host}" for host in HOSTS),
    *(f"http://{host}/v1" for host in ADDRESS_SPELLINGS),
    *(f"https://{host}:8443" for host in ADDRESS_SPELLINGS),
]


@pytest.mark.parametrize("url", BAD)
def test_anything_else_is_refused_with_a_text(url: str) -> None:
    with pytest.raises(ValueError, match=r"^base_url "):
        build_destination(Upstream(base_url=url), pool_key="k")


def test_the_corpus_is_as_large_as_promised() -> None:
    assert len(set(BAD)) >= 200


def test_what_is_not_parsed_is_passed_on() -> None:
    timeouts = Timeouts(connect_seconds=1)
    pem = "-----BEGIN CERTIFICATE-----\nx"
    upstream = Upstream("https://h", ("10.0.0.0/8",), pem, "http://u:p@proxy:3128", timeouts)
    built = build_destination(upstream, pool_key="k")
    assert (built.pool_key, built.allow_private, built.ca_pem) == ("k", ("10.0.0.0/8",), pem)
    assert (built.proxy_url, built.timeouts) == ("http://u:p@proxy:3128", timeouts)


@pytest.mark.parametrize("block", ["10.0.0.1/8", "x", ""])
def test_a_bad_exception_to_the_policy_is_refused(block: str) -> None:
    with pytest.raises(ValueError):
        build_destination(Upstream("http://h", allow_private=(block,)), pool_key="k")


@pytest.mark.parametrize("pem", ["", "   ", "garbage", "-----BEGIN PRIVATE KEY-----", "-----BEGIN CERTIFICATE-----ü"])
def test_a_ca_bundle_without_a_certificate_is_refused(pem: str) -> None:
    """An empty bundle would make OpenSSL fall back to the system's."""
    with pytest.raises(ValueError, match="ca_pem"):
        build_destination(Upstream("https://h", ca_pem=pem), pool_key="k")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "proxy:3128",
        "https://proxy",
        "socks5://proxy",
        "http://proxy/x",
        "http://a@b@c",
        "http://proxy?x",
        "http://0x7f.1",
    ],
)
def test_a_bad_proxy_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="proxy_url"):
        build_destination(Upstream("https://h", proxy_url=url), pool_key="k")


def test_the_refusal_of_a_proxy_never_shows_its_password() -> None:
    with pytest.raises(ValueError) as caught:
        build_destination(Upstream("https://h", proxy_url="http://user:hunter2@pro xy"), pool_key="k")
    assert "hunter2" not in str(caught.value)


@given(st.text(max_size=40))
def test_whatever_is_accepted_is_harmless(text: str) -> None:
    """A host is an address in its one spelling or a plain name, and the path has no second reading."""
    try:
        built = build_destination(Upstream(base_url="http://" + text), pool_key="k")
    except ValueError:
        return
    assert re.fullmatch(r"[a-z0-9._-]+|[0-9a-f:.]+", built.host)
    assert re.fullmatch(rb"[a-z0-9._:\[\]-]+", built.host_header)
    assert re.fullmatch(r"(?:/[!-~]+)*", built.base_path)
    assert "//" not in built.base_path
    assert ".." not in built.base_path.split("/")


@given(
    st.lists(
        st.sampled_from(["0x7f", "127", "0", "1", "0177", "a", ".", ":", "@", "[", "]", "::", "%", "/", "\\", "80"])
    ).map("".join)
)
def test_addresses_in_the_host_are_always_canonical(text: str) -> None:
    try:
        built = build_destination(Upstream(base_url="http://" + text), pool_key="k")
    except ValueError:
        return
    last = built.host.rpartition(".")[2]
    if ":" not in built.host and re.fullmatch(r"[0-9]+|0x[0-9a-f]*", last):
        assert re.fullmatch(r"(?:(?:0|[1-9][0-9]{0,2})\.){3}(?:0|[1-9][0-9]{0,2})", built.host)
