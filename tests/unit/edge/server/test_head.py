"""The meaning of a head: framing, host, options and upgrade, independent of order and case."""

import pytest

from tollway.edge.server.head import build_head
from tollway.kernel.errors import TollwayError

KEY = (b"sec-websocket-key", b"dGhlIHNhbXBsZSBub25jZQ==")
UPGRADE = [(b"upgrade", b"WebSocket"), (b"connection", b"keep-alive, Upgrade"), (b"sec-websocket-version", b"13"), KEY]


def build(*headers, method=b"GET", target=b"/", is_http_1_0=False):
    return build_head((method, target, is_http_1_0), [(b"host", b"A.b:80"), *headers], peer="::1", is_tls=False)


@pytest.mark.parametrize(
    ("headers", "is_http_1_0", "keeps"),
    [
        ([], False, True),
        ([(b"connection", b"close")], False, False),
        ([(b"connection", b"Keep-Alive"), (b"connection", b"x,close")], False, False),
        ([(b"connection", b"closed")], False, True),
        ([], True, False),
        ([(b"connection", b"Keep-Alive")], True, True),
        ([(b"connection", b"keep-alive, close")], True, False),
    ],
)
def test_whether_the_caller_keeps_the_connection(headers, is_http_1_0, keeps) -> None:
    assert build(*headers, is_http_1_0=is_http_1_0).wants_keep_alive is keeps


@pytest.mark.parametrize(
    ("headers", "length"),
    [([], 0), ([(b"content-length", b"007")], 7), ([(b"transfer-encoding", b"Chunked")], None)],
)
def test_body_length(headers, length) -> None:
    assert build(*headers, method=b"POST").request.body_bytes == length


def test_host_is_lower_case_and_optional_in_http_1_0() -> None:
    assert build().request.host == "a.b:80"
    assert build_head((b"GET", b"/", True), [], peer="", is_tls=True).request.host == ""


def test_expectation_counts_only_with_a_body_in_http_1_1() -> None:
    expect = (b"expect", b"100-Continue")
    assert build(expect, (b"content-length", b"1")).expects_continue
    assert not build(expect).expects_continue
    assert not build(expect, (b"content-length", b"1"), is_http_1_0=True).expects_continue


def test_complete_handshake_gives_its_key() -> None:
    assert build(*UPGRADE).request.websocket_key == KEY[1].decode()
    assert build((b"upgrade", b"h2c"), (b"connection", b"upgrade")).request.websocket_key is None
    assert build(*UPGRADE[1:]).request.websocket_key is None


@pytest.mark.parametrize("left_out", [1, 2, 3])
def test_incomplete_handshake_is_refused(left_out: int) -> None:
    headers = [header for number, header in enumerate(UPGRADE) if number != left_out]
    with pytest.raises(TollwayError) as caught:
        build(*headers)
    assert caught.value.code.name == "request.upgrade"


def test_handshake_with_another_method_a_body_or_http_1_0_is_refused() -> None:
    for bad in (
        lambda: build(*UPGRADE, method=b"POST"),
        lambda: build(*UPGRADE, (b"content-length", b"1")),
        lambda: build(*UPGRADE, is_http_1_0=True),
    ):
        with pytest.raises(TollwayError):
            bad()


def test_ordinary_headers_may_repeat() -> None:
    headers = [(b"accept", b"a"), (b"accept", b"b"), (b"x-api-key", b"1"), (b"x-api-key", b"2")]
    assert build(*headers).request.headers[1:] == headers
