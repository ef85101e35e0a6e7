"""One buffer, seen in two ways."""

from tollway.edge.upstream.read_buffer import READ_BYTES_MAX, ReadBuffer


def test_the_view_shows_what_is_written_into_the_buffer() -> None:
    buffer = ReadBuffer()
    buffer.view[:3] = b"abc"
    assert bytes(buffer.raw[:3]) == b"abc"
    assert len(buffer.view) == len(buffer.raw) == READ_BYTES_MAX
