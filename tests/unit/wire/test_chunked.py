"""The decoder returns the content under every chunking of the wire, and refuses every deviation."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.kernel.errors import TollwayError
from tollway.wire.chunked import ChunkedDecoder

extensions = st.sampled_from([b"", b";a", b";a=b", b';a="x;\\"y"', b";a;b=c"])
chunks = st.lists(st.tuples(st.binary(min_size=1, max_size=40), extensions), max_size=6)
trailers = st.sampled_from([b"", b"x: y\r\n", b"x:\r\ny: z\r\n"])


def encode(parts: list[tuple[bytes, bytes]], trailer: bytes) -> bytes:
    wire = b"".join(b"%x%b\r\n%b\r\n" % (len(content), extension, content) for content, extension in parts)
    return wire + b"0\r\n" + trailer + b"\r\n"


def decode(pieces: list[bytes]) -> tuple[bytes, int, bool]:
    decoder = ChunkedDecoder()
    content, used = b"", 0
    for piece in pieces:
        if decoder.is_complete:
            break
        out, count = decoder.feed(piece)
        content += out
        used += count
    return content, used, decoder.is_complete


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[a:b] for a, b in pairwise(edges)]


@given(chunks, trailers, st.binary(max_size=20), st.lists(st.integers(0, 10_000), max_size=12))
def test_content_and_end_are_the_same_for_every_chunking(parts, trailer, following, places) -> None:
    wire = encode(parts, trailer)
    content, used, is_complete = decode(cut(wire + following, places))
    assert content == b"".join(part for part, _ in parts)
    assert is_complete
    assert used == len(wire)


@given(chunks, trailers)
def test_one_byte_at_a_time(parts, trailer) -> None:
    wire = encode(parts, trailer)
    assert decode([wire[i : i + 1] for i in range(len(wire))]) == (b"".join(p for p, _ in parts), len(wire), True)


@given(chunks, st.integers(0, 1_000), st.integers(0, 255), st.lists(st.integers(0, 10_000), max_size=6))
def test_verdict_does_not_depend_on_the_chunking(parts, place, byte, places) -> None:
    wire = bytearray(encode(parts, b"x: y\r\n"))
    wire[place % len(wire)] = byte

    def verdict(pieces: list[bytes]) -> object:
        try:
            return decode(pieces)
        except TollwayError:
            return "refused"

    whole, cut_up = verdict([bytes(wire)]), verdict(cut(bytes(wire), places))
    assert whole == cut_up


@pytest.mark.parametrize(
    "wire",
    [
        b"x",
        b"1",
        b"1\r",
        b"1\r\na",
        b"1\r\na\r",
        b"1\r\na\r\n",
        b"0\r\n",
        b"0\r\nx: y\r\n",
        b"0\r\n\r",
        b"1;a",
        b"12345678",
    ],
)
def test_unfinished_body_is_never_complete(wire: bytes) -> None:
    if wire == b"x":
        with pytest.raises(TollwayError):
            decode([wire])
    else:
        assert decode([wire])[2] is False


def test_extensions_are_bounded_while_their_line_is_unfinished() -> None:
    decoder = ChunkedDecoder()
    with pytest.raises(TollwayError, match="size line"):
        for _ in range(2_000):
            decoder.feed(b"1;a" if decoder._rest == b"" else b"a")


def test_trailers_are_bounded() -> None:
    decoder = ChunkedDecoder()
    with pytest.raises(TollwayError) as caught:
        decoder.feed(b"0\r\n" + b"x: " + b"a" * 9_000)
    assert caught.value.code.name == "request.header_too_large"
