"""One buffer, seen in two ways."""

from tollway.edge.upstream.read_buffer import READ_BYTES_MAX, ReadBuffer


def test_the_view_shows_what_is_written_into_the_buffer() -> None:
    buffer = ReadBuffer()
    buffer.view[:3] = b"abc"
    assert bytes(buffer.raw[:3]) == b"abc"
    assert len(buffer.view) == len(buffer.raw) == READ_BYTES_MAX


def test_a_head_begins_as_http_1_in_whatever_pieces() -> None:
    buffer = ReadBuffer()
    start = b"HTTP/1.1 200 OK"
    for have in range(len(start)):
        for count in range(1, len(start) - have):
            buffer.view[:count] = start[have : have + count]
            assert buffer.goes_on_well(have, count)
            buffer.view[0] ^= 1
            assert buffer.goes_on_well(have, count) == (have >= len(b"HTTP/1."))


def test_a_body_in_chunks_ends_with_one_empty_line() -> None:
    buffer = ReadBuffer()
    for read, ends in (
        (b"0\r\n\r\n", True),
        (b"\r\n", True),
        (b"\n", True),
        (b"0\r\n\r\n\r\n", False),
        (b"0\r\n\r\n\n", False),
    ):
        buffer.view[: len(read)] = read
        assert buffer.ends_well(len(read)) is ends
