"""The decoder returns the content under every chunking of the wire, and refuses every deviation."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.kernel.errors import TollwayError
from tollway.wire.chunked import ChunkedDecoder, read_whole_chunk

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


@given(
    st.lists(st.binary(max_size=30), min_size=1, max_size=3),
    st.sampled_from([b"", b"00", b";a"]),
    st.binary(max_size=2),
)
def test_one_whole_chunk_is_what_the_decoder_reads(contents, oddity, following) -> None:
    data = b"".join(
        oddity[:2] * (not oddity.startswith(b";")) + b"%x" % len(c) + b"\r\n" + c + b"\r\n" for c in contents
    )
    data += following
    chunk = read_whole_chunk(data)
    if chunk is not None:
        decoder = ChunkedDecoder()
        assert decoder.feed(data) == (chunk, len(data))
        assert decoder.is_between_chunks
    assert (chunk is None) == (len(contents) != 1 or not contents[0] or following != b"")


@pytest.mark.parametrize(
    "data",
    [
        b"0\r\n\r\n",
        b"+1\r\na\r\n",
        b"0x1\r\na\r\n",
        b"1_0\r\n" + b"a" * 16 + b"\r\n",
        b" 1\r\na\r\n",
        b"1;a\r\na\r\n",
        b"1\r\na\n\n",
        b"1\na\r\n",
        b"\r\na\r\n",
        b"000000001\r\na\r\n",
        b"1\r\nab\r\n",
        b"1\r\na\r\n1",
        b"1\r\na",
        b"",
    ],
)
def test_anything_but_one_whole_chunk_is_left_to_the_decoder(data: bytes) -> None:
    for _ in range(2):
        assert read_whole_chunk(data) is None


def test_a_chunk_has_begun_until_its_end_has_come() -> None:
    decoder = ChunkedDecoder()
    for piece, is_between in ((b"2", False), (b"\r\n", False), (b"ab", False), (b"\r", False), (b"\n", True)):
        decoder.feed(piece)
        assert decoder.is_between_chunks is is_between


def test_forbidden_trailers_are_dropped_where_none_are_forbidden() -> None:
    with pytest.raises(TollwayError):
        ChunkedDecoder().feed(b"0\r\nconnection: x\r\n\r\n")
    decoder = ChunkedDecoder(forbidden_trailer=None)
    decoder.feed(b"0\r\nconnection: x\r\n\r\n")
    assert decoder.is_complete
    with pytest.raises(TollwayError):
        ChunkedDecoder(forbidden_trailer=None).feed(b"0\r\nbad name: x\r\n\r\n")


@given(
    st.lists(
        st.sampled_from(
            [
                *(
                    b"1\r\na\r\n",
                    b"A\r\n0123456789\r\n",
                    b"001\r\nb\r\n",
                    b"1;x=y\r\nc\r\n",
                    b"2\r\nd",
                    b"2\r\nefg\r\n",
                ),
                *(b"0\r\n\r\n", b"00\r\n\r\n", b"0\r\nx: y\r\n\r\n", b"0\r\n", b"\r\n", b"0\r\n\r", b"g\r\n"),
            ]
        ),
        max_size=6,
    )
)
def test_what_is_taken_in_runs_is_what_is_taken_byte_by_byte(pieces) -> None:
    def verdict(several: list[bytes]) -> object:
        try:
            return decode(several)
        except TollwayError as error:
            return error.code.name

    wire = b"".join(pieces)
    assert verdict([wire]) == verdict([wire[at : at + 1] for at in range(len(wire))])
