"""A plain head says the same to our reader and to llhttp; whatever is unusual is left to llhttp."""

import pytest
from httptools import HttpParserError, HttpResponseParser
from hypothesis import example, given
from hypothesis import strategies as st

from tollway.edge.upstream import plain_head
from tollway.edge.upstream.plain_head import CHUNKED, HEADERS_MAX, REMEMBERED_MAX, read_idle_seconds, read_plain_head

OK = b"HTTP/1.1 200 OK\r\n"


def test_a_plain_head_is_read() -> None:
    head = read_plain_head(
        OK + b"Server: x y \r\nContent-Length:  12\r\nConnection: Keep-Alive\r\nKeep-Alive: timeout=5"
    )
    assert head is not None
    assert (head.status, head.content_bytes, head.idle_seconds) == (200, 12, 5.0)
    assert head.headers == [(b"server", b"x y"), (b"content-length", b"12")]


@pytest.mark.parametrize(
    "lines",
    [
        b"a: b",
        b"content-length: 1\r\ncontent-length: 1",
        b"content-length: +1",
        b"content-length: 1, 1",
        b"content-length:",
        b"content-length: 1\r\ntransfer-encoding: chunked",
        b"content-length: 1\r\nconnection: close",
        b"content-length: 1\r\nconnection: keep-alive, x",
        b"content-length: 1\r\nupgrade: h2c",
        b"content-length: 1\r\ntrailer: x",
        b"content-length: 1\r\na : b",
        b"content-length: 1\r\n folded",
        b"content-length: 1\r\na: b\nc: d",
        b"content-length: 1\r\na: b\rc",
        b"content-length: 1\r\na: \0",
        b"content-length: 1\r\n: b",
        b"content-length: 1\r\n",
        b"\r\ncontent-length: 1",
        b"content-length: 1" + b"\r\na: b" * HEADERS_MAX,
    ],
)
def test_what_is_unusual_or_malformed_is_left_to_the_parser(lines: bytes) -> None:
    for _ in range(2):
        assert read_plain_head(OK + lines) is None


@pytest.mark.parametrize(
    "first", [b"HTTP/1.0 200 OK", b"HTTP/1.1 204 N", b"HTTP/1.1 304 N", b"HTTP/1.1 101 S", b"HTTP/1.1 200", b"", b"x"]
)
def test_another_version_or_an_answer_without_body_is_not_plain(first: bytes) -> None:
    assert read_plain_head(first + b"\r\ncontent-length: 1") is None


def test_a_body_in_chunks_is_plain() -> None:
    head = read_plain_head(OK + b"Transfer-Encoding: Chunked\r\na: b")
    assert head is not None
    assert (head.content_bytes, head.headers) == (CHUNKED, [(b"a", b"b")])


@pytest.mark.parametrize(
    "lines",
    [
        b"transfer-encoding: gzip, chunked",
        b"transfer-encoding: identity",
        b"transfer-encoding: chunked\r\ntransfer-encoding: chunked",
        b"transfer-encoding: chunked\r\ncontent-length: 1",
        b"transfer-encoding: chunked\r\nconnection: close",
        b"transfer-encoding: chunked\r\ntrailer: x",
    ],
)
def test_another_framing_is_left_to_the_parser(lines: bytes) -> None:
    for _ in range(2):
        assert read_plain_head(OK + lines) is None


def test_a_keep_alive_header_need_not_state_a_timeout() -> None:
    assert read_idle_seconds(b"max=100, Timeout=7") == 7.0
    assert read_idle_seconds(b"timeout=soon, x") is None


def test_what_is_remembered_is_bounded() -> None:
    for number in range(2 * REMEMBERED_MAX):
        assert read_plain_head(OK + b"content-length: 1\r\nx: %d\r\ny: %b" % (number, b"z" * 300)) is not None
    assert len(plain_head._ordinary) <= REMEMBERED_MAX
    assert all(len(line) <= plain_head.LINE_BYTES_MAX for line in plain_head._ordinary)


class Seen:
    """What llhttp makes of a head."""

    def __init__(self, head: bytes) -> None:
        self.headers: list[tuple[bytes, bytes]] = []
        self.is_complete = False
        self.parser = HttpResponseParser(self)
        self.parser.feed_data(head + b"\r\n\r\n")

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value.rstrip()))

    def on_headers_complete(self) -> None:
        self.is_complete = True


NAMES = st.sampled_from(
    [
        b"a",
        b"Content-Length",
        b"content-length",
        b"Connection",
        b"transfer-encoding",
        b"keep-alive",
        b"x y",
        b"",
        b"b\0",
    ]
)
VALUES = st.one_of(
    st.sampled_from([b"1", b"12", b"keep-alive", b"close", b"chunked", b" 7 ", b"timeout=3", b"+1"]),
    st.binary(max_size=6),
)
LINES = st.lists(st.one_of(st.builds(lambda n, v: n + b":" + v, NAMES, VALUES), st.binary(max_size=8)), max_size=5)


@given(st.sampled_from([b"HTTP/1.1 200 OK", b"HTTP/1.1 404 Not Found", b"HTTP/1.1 599 "]), LINES)
@example(b"HTTP/1.1 200 OK", [b"Content-Length: 3", b"a:\t b \t"])
@example(b"HTTP/1.1 200 OK", [b"Transfer-Encoding: chunked", b"a: b"])
def test_no_head_is_read_otherwise_than_by_llhttp(first: bytes, lines: list[bytes]) -> None:
    head = b"\r\n".join([first, *lines])
    read = read_plain_head(head)
    if read is None:
        return
    try:
        seen = Seen(head)
    except HttpParserError as error:  # pragma: no cover - it would be the fault this test is for
        raise AssertionError(f"llhttp refuses {head!r}") from error
    assert seen.is_complete
    assert seen.parser.get_status_code() == read.status
    ours = {b"connection", b"keep-alive", b"transfer-encoding"}
    assert [header for header in seen.headers if header[0] not in ours] == read.headers
    said = dict(seen.headers)
    if read.content_bytes == CHUNKED:
        assert said[b"transfer-encoding"].lower() == b"chunked"
        assert b"content-length" not in said
    else:
        assert int(said[b"content-length"]) == read.content_bytes
        assert b"transfer-encoding" not in said


def test_no_header_is_lost_when_what_was_remembered_is_forgotten():
    """Ordinary lines and lengths are remembered in several places, which forget together."""
    for number in range(3 * REMEMBERED_MAX):
        head = b"HTTP/1.1 200 OK\r\nx-a: 1\r\ncontent-length: %d\r\nx-b: 2\r\nx-c: %d" % (number, number % 7)
        found = read_plain_head(head)
        assert found is not None and found.content_bytes == number
        assert found.headers == [
            (b"x-a", b"1"), (b"content-length", b"%d" % number), (b"x-b", b"2"), (b"x-c", b"%d" % (number % 7)),
        ]  # fmt: skip


def test_a_length_that_is_given_twice_is_not_plain():
    for _ in range(2):
        head = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nx-a: 1\r\ncontent-length: 5"
        assert read_plain_head(head) is None
