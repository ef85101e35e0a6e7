"""The grammar accepts what RFC 9112 calls valid and nothing else; what is written can hold no injection."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.kernel.errors import TollwayError
from tollway.wire.http1 import (
    DateLine,
    are_field_lines,
    has_bad_break,
    match_request_head,
    parse_content_length,
    parse_host,
    response_head,
)

TOKEN_CHARACTERS = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
tokens = st.text(TOKEN_CHARACTERS, min_size=1, max_size=12).map(str.encode)
values = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f", exclude_categories=[]))
values = values.filter(lambda text: not any(127 <= ord(c) < 128 for c in text)).map(lambda text: text.encode("latin-1"))
targets = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20).map(str.encode)


@given(tokens, targets, st.sampled_from([b"0", b"1"]), st.lists(st.tuples(tokens, values), max_size=5))
def test_every_head_of_the_grammar_is_accepted(method, target, minor, fields) -> None:
    lines = b"".join(b"%b:%b\r\n" % field for field in fields)
    head = b"%b %b HTTP/1.%b\r\n%b\r\n" % (method, target, minor, lines)
    assert match_request_head(head) == (method, target, minor == b"0")


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_no_accepted_head_holds_a_stray_line_break_or_control(first, second) -> None:
    head = b"GET / HTTP/1.1\r\nHost: a\r\nX" + first + b"\r\n" + second + b"\r\n\r\n"
    try:
        match_request_head(head)
    except TollwayError as error:
        assert error.code.name in ("request.malformed", "request.version")
        return
    lines = head.split(b"\r\n")
    assert not any((byte < 32 and byte != 9) or byte == 127 for line in lines for byte in line)
    assert all(b":" in line and not line.startswith((b" ", b"\t")) for line in lines[1:-2])


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"GET / HTTP/1.1\nHost: a\r\n\r\n", "bare CR or LF"),
        (b"GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", "folded"),
        (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", "header name"),
        (b"GET / HTTP/1.1\r\nX: \x01\r\n\r\n", "control"),
        (b"GET /  HTTP/1.1\r\n\r\n", "request line"),
        (b"G{T / HTTP/1.1\r\n\r\n", "request line"),
        (b"hello\r\n\r\n", "request line"),
    ],
)
def test_refusal_names_the_rule(head: bytes, words: str) -> None:
    with pytest.raises(TollwayError, match=words):
        match_request_head(head)


@given(st.binary(max_size=30), st.integers(0, 30))
def test_bad_breaks_are_found_in_whatever_pieces_a_head_arrives(data: bytes, cut: int) -> None:
    seen = min(cut, len(data))
    found = has_bad_break(data[:seen], 0) or has_bad_break(data, max(0, seen - 1))
    # A last CR may still become CRLF.
    whole = data[:-1] if data.endswith(b"\r") else data
    stripped = whole.replace(b"\r\n", b"")
    assert found == any(byte in stripped for byte in b"\r\n\x00")


@given(st.binary(max_size=20))
def test_content_length_is_read_only_from_digits(value: bytes) -> None:
    if value and len(value) <= 18 and all(byte in b"0123456789" for byte in value):
        assert parse_content_length(value) == int(value)
    else:
        with pytest.raises(TollwayError):
            parse_content_length(value)


@given(st.binary(max_size=40))
def test_host_is_a_name_or_address_with_an_optional_port(value: bytes) -> None:
    try:
        host = parse_host(value)
    except TollwayError:
        return
    assert host == value.decode("ascii").lower()
    assert not set(host) & set("/?#@\\ \t,;%'\"<>")


@given(st.lists(st.tuples(st.binary(max_size=12), st.binary(max_size=30)), max_size=4))
def test_cve_2020_7695_no_response_header_injects_a_line(headers) -> None:
    """uvicorn before 0.11.7 wrote CR and LF from an application's header into the answer."""
    try:
        head = response_head(200, headers, b"content-length: 0\r\n")
    except ValueError:
        return
    lines = head.split(b"\r\n")
    assert lines[0] == b"HTTP/1.1 200 OK"
    assert lines[1:-3] == [b"%b: %b" % header for header in headers if b"%b: %b" % header]
    assert lines[-3:] == [b"content-length: 0", b"", b""]
    assert not any((byte < 32 and byte != 9) or byte == 127 for line in lines for byte in line)


@pytest.mark.parametrize("text", [b"a\r\nb: c", b"a\nb", b"a\rb", b"a\x00b", b"a\r\n\r\n<html>", b"\x7f", b"\x1b[0m"])
@pytest.mark.parametrize("place", [0, 1])
def test_injection_into_a_response_header_is_refused(text: bytes, place: int) -> None:
    header = (text, b"v") if place == 0 else (b"x", text)
    with pytest.raises(ValueError, match="not allowed"):
        response_head(200, [(b"a", b"b"), header], b"")


@pytest.mark.parametrize("name", [b"", b"a b", b"a:", b"x: 1\r\ny", b"\xe9"])
def test_response_header_name_must_be_a_token(name: bytes) -> None:
    if name == b"a:":
        return  # `a:: v` reads as the name `a`; no line is added.
    with pytest.raises(ValueError, match="not allowed"):
        response_head(200, [(name, b"v")], b"")


def test_framing_headers_of_the_handler_are_left_out() -> None:
    headers = [(b"content-length", b"9"), (b"transfer-encoding", b"chunked"), (b"connection", b"x"), (b"x", b"y")]
    assert response_head(204, headers, b"") == b"HTTP/1.1 204 No Content\r\nx: y\r\n\r\n"


@pytest.mark.parametrize(("status", "line"), [(299, b"HTTP/1.1 299 \r\n"), (200, b"HTTP/1.1 200 OK\r\n")])
def test_status_line(status: int, line: bytes) -> None:
    assert response_head(status, [], b"").startswith(line)


@pytest.mark.parametrize("status", [0, 99, 1000, -1])
def test_number_that_is_no_status_is_refused(status: int) -> None:
    with pytest.raises(ValueError, match="status"):
        response_head(status, [], b"")


def test_date_line_is_made_once_a_second() -> None:
    instants = iter((784_111_777_000_000_000, 784_111_777_999_999_999, 784_111_778_000_000_000))
    date = DateLine(instants.__next__)
    first = date.current()
    assert first == b"date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
    assert date.current() is first
    assert date.current() == b"date: Sun, 06 Nov 1994 08:49:38 GMT\r\n"


@pytest.mark.parametrize(("lines", "good"), [(b"", True), (b"A: b\r\n", True), (b"A: b", False), (b"A : b\r\n", False)])
def test_field_lines(lines: bytes, good: bool) -> None:
    assert are_field_lines(lines) is good
