"""A path has one reading: everything else is refused, and the canonical form is a fixed point."""

from urllib.parse import quote, unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.kernel.errors import TollwayError
from tollway.wire.canonical_path import canonical_path

PIECES = [
    b"/",
    b"a",
    b"Z",
    b"0",
    b".",
    b"..",
    b"%2e",
    b"%2F",
    b"%5c",
    b"\\",
    b";",
    b"%00",
    b"%25",
    b"%41",
    b"%zz",
    b"%",
]
PIECES += [
    b"?",
    b"#",
    b"%c3%a9",
    b"%C0%AF",
    b"\xe9",
    b"\x00",
    b" ",
    b"~",
    b":",
    b"//",
    b"/./",
    b"/../",
    b"%7f",
    b"%0d%0a",
    b"%e9",
]


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (b"/", "/", ""),
        (b"/a/b/", "/a/b/", ""),
        (b"/v1/chat/completions?a=b&c=%2F", "/v1/chat/completions", "a=b&c=%2F"),
        (b"/v1beta/models/m:generateContent", "/v1beta/models/m:generateContent", ""),
        (b"/%61%7e%5f", "/a~_", ""),
        (b"/caf%c3%a9", "/caf%C3%A9", ""),
        (b"/a%3ab", "/a%3Ab", ""),
        (b"/...", "/...", ""),
        (b"/.well-known/x", "/.well-known/x", ""),
        (b"/v1/models/vendor%2fname%2Fsmall", "/v1/models/vendor/name/small", ""),
        (b"/100%25", "/100%25", ""),
        (b"/a?x=[1]&y={z}|", "/a", "x=[1]&y={z}|"),
        (b"/a?/../", "/a", "/../"),
        (b"/a??", "/a", "?"),
    ],
)
def test_canonical_form(target: bytes, path: str, query: str) -> None:
    assert canonical_path(target) == (path, query)


@pytest.mark.parametrize(
    "target",
    [
        b"",
        b"a",
        b"*",
        b"?a",
        b"//",
        b"/a//b",
        b"/a//",
        b"/.",
        b"/..",
        b"/./a",
        b"/a/.",
        b"/a/..",
        b"/a/../b",
        b"/a/./b",
        b"/%2e",
        b"/%2E%2e/a",
        b"/.%2e/a",
        b"/a%2fb",
        b"/a%2Fb",
        b"/a%5cb",
        b"/a%5Cb",
        b"/a\\b",
        b"/a;b",
        b"/a;/b",
        b"/a%00",
        b"/a%0a",
        b"/a%1f",
        b"/a%7F",
        b"/a%",
        b"/a%4",
        b"/a%4g",
        b"/a%u0041",
        b"/a%252f",
        b"/a%2541",
        b"/a%c0%af",
        b"/a%ff",
        b"/a%e2%82",
        b"/\xc3\xa9",
        b"/a b",
        b"/a\tb",
        b"/a\x00",
        b"/a#b",
        b"/a?b#c",
        b"/a?b c",
        b"/a?\xe9",
        b"/a?b\r",
        b'/a"b',
        b"/a<b>",
        b"/a[b]",
        b"/a{b}",
        b"/a|b",
        b"/a^b",
        b"/a`b",
        b"/a\n",
    ],
)
def test_ambiguous_path_is_refused(target: bytes) -> None:
    with pytest.raises(TollwayError) as caught:
        canonical_path(target)
    assert caught.value.code.name == "request.path"


@given(st.lists(st.sampled_from(PIECES), max_size=8).map(lambda pieces: b"/" + b"".join(pieces)))
def test_accepted_path_is_a_fixed_point_and_means_the_same(target: bytes) -> None:
    try:
        path, query = canonical_path(target)
    except TollwayError:
        return
    raw = target.partition(b"?")[0]
    assert canonical_path(path.encode() + (b"?" + query.encode() if query else b"")) == (path, query)
    assert unquote_to_bytes(path) == unquote_to_bytes(raw)
    decoded = unquote_to_bytes(path)
    segments = decoded.split(b"/")[1:]
    assert b"." not in segments and b".." not in segments
    assert b"" not in segments[:-1]
    assert decoded.count(b"/") == path.count("/")
    assert not set(b"\\;\x00\r\n") & set(decoded)


@given(st.binary(max_size=40))
def test_any_bytes_are_accepted_whole_or_refused_with_the_code(target: bytes) -> None:
    try:
        path, query = canonical_path(target)
    except TollwayError as error:
        assert error.code.name == "request.path"
    else:
        assert path.startswith("/") and path.isascii() and query.isascii() and path.isprintable()


@given(
    st.lists(
        st.text(
            st.characters(min_codepoint=33, exclude_characters="/\\.%;", exclude_categories=["Cs", "Cc"]), min_size=1
        ),
        min_size=1,
    )
)
def test_every_quoted_text_is_accepted(segments: list[str]) -> None:
    target = "/" + "/".join(quote(segment, safe="") for segment in segments)
    path, _ = canonical_path(target.encode())
    assert unquote_to_bytes(path).decode() == "/" + "/".join(segments)
