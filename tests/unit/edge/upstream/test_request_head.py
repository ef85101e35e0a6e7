"""The head of a request: one Host, one framing, nothing smuggled."""

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.edge.upstream.request_head import EXPECTS_BODY, WITHHELD, encode_request_head, encode_start

LINES = b" HTTP/1.1\r\nhost: h\r\n"


def write(method: str, target: bytes, headers: list[tuple[bytes, bytes]], body_bytes: int | None) -> tuple[bytes, bool]:
    start = encode_start(method, target, LINES)
    return encode_request_head(start, headers, body_bytes=body_bytes, expects_body=method in EXPECTS_BODY)


def encode(method: str = "POST", target: bytes = b"/", body_bytes: int | None = 0, **headers: str) -> bytes:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return write(method, target, pairs, body_bytes)[0]


def test_framing_follows_the_body() -> None:
    assert encode("GET") == b"GET / HTTP/1.1\r\nhost: h\r\n\r\n"
    assert encode("POST") == b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 0\r\n\r\n"
    assert encode("POST", body_bytes=7).endswith(b"content-length: 7\r\n\r\n")
    assert encode("POST", body_bytes=None).endswith(b"transfer-encoding: chunked\r\n\r\n")
    assert encode("DELETE", body_bytes=7).endswith(b"content-length: 7\r\n\r\n")


@pytest.mark.parametrize("name", sorted(WITHHELD - {b"upgrade"}))
def test_framing_and_hop_by_hop_headers_are_not_taken_from_the_caller(name: bytes) -> None:
    head, _ = write("GET", b"/", [(name, b"x"), (b"a", b"b")], 0)
    assert head == b"GET / HTTP/1.1\r\nhost: h\r\na: b\r\n\r\n"


def test_an_upgrade_is_asked_for_once_and_reported() -> None:
    headers = [(b"connection", b"keep-alive, Upgrade"), (b"upgrade", b"websocket")]
    head, wants_upgrade = write("GET", b"/", headers, 0)
    assert head == b"GET / HTTP/1.1\r\nhost: h\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n"
    assert wants_upgrade


@pytest.mark.parametrize("bad", [b"a\r\nx: y", b"a\nb", b"a\rb", b"a\0b", b"\r\n\r\nGET / HTTP/1.1\r\n"])
def test_no_line_break_or_nul_leaves_in_any_part(bad: bytes) -> None:
    for target, header in ((bad, (b"a", b"b")), (b"/", (b"a", bad)), (b"/", (bad, b"b")), (b"/", (b"upgrade", bad))):
        with pytest.raises(ValueError):
            write("GET", target, [header], 0)


@pytest.mark.parametrize("target", [b"", b"/ x", b"/\x7f", "/ü".encode(), b"/\t"])
def test_a_target_that_is_not_plain_is_refused(target: bytes) -> None:
    with pytest.raises(ValueError):
        encode("GET", target)


@pytest.mark.parametrize("method", ["", "G T", "GET\r\n", "CONNECT", "GÉT", "A" * 33, "GET /"])
def test_a_method_that_is_not_a_token_is_refused(method: str) -> None:
    with pytest.raises(ValueError):
        encode(method)


def test_an_unusual_method_is_sent_as_it_is() -> None:
    assert encode("PROPFIND").startswith(b"PROPFIND / ")


TOKEN = st.text("abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~", min_size=1, max_size=12).map(str.encode)
VALUE = st.binary(max_size=20)


@given(
    st.lists(st.tuples(TOKEN, VALUE), max_size=8),
    st.one_of(st.none(), st.integers(0, 99)),
    st.binary(max_size=12).map(lambda tail: b"/" + tail),
)
def test_what_leaves_is_one_request_to_an_independent_parser(
    headers: list[tuple[bytes, bytes]], body_bytes: int | None, target: bytes
) -> None:
    try:
        head, _ = write("POST", target, headers, body_bytes)
    except ValueError:
        return
    server = h11.Connection(h11.SERVER)
    server.receive_data(head)
    try:
        event = server.next_event()
    except h11.RemoteProtocolError:
        return  # a control character in a value, which the pipeline refuses before it comes here
    assert isinstance(event, h11.Request)
    assert event.target == target
    seen = [name for name, _ in event.headers]
    assert seen.count(b"host") == 1
    assert seen.count(b"content-length") + seen.count(b"transfer-encoding") == 1
    assert [name for name in seen if name not in WITHHELD] == [name for name, _ in headers if name not in WITHHELD]
