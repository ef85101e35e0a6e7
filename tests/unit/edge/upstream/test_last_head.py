"""What is remembered of a head never changes what a read means."""

from hypothesis import given
from hypothesis import strategies as st

from tollway.edge.upstream.last_head import KNOWN_BYTES_MAX, LastHead
from tollway.edge.upstream.read_buffer import ReadBuffer

OK = b"HTTP/1.1 200 OK\r\n"
LONG = b"x: %b\r\n" % (b"y" * KNOWN_BYTES_MAX)
READS = st.sampled_from(
    [
        OK + b"content-length: 3\r\n\r\nabc",
        OK + b"content-length: 3\r\n\r\n",
        OK + b"content-length: 3\r\n",
        OK.replace(b"200", b"201") + b"content-length: 3\r\n\r\nabc",
        OK + b"content-length: 3\r\nkeep-alive: timeout=5\r\n\r\nab",
        OK + b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
        OK + LONG + b"content-length: 3\r\n\r\nabc",
        b"HTTP/1.1 204 N\r\n\r\n",
        b"x",
    ]
)


def read(last: LastHead, buffer: ReadBuffer, data: bytes) -> object:
    buffer.view[: len(data)] = data
    found = last.read(len(data))
    return found and (found[0].status, found[0].headers, found[0].content_bytes, found[0].idle_seconds, found[1])


@given(st.lists(READS, max_size=8))
def test_a_head_is_read_as_by_one_who_knows_none(reads: list[bytes]) -> None:
    """Also a shorter read, after which the buffer still holds the rest of an earlier one."""
    buffer = ReadBuffer()
    last = LastHead(buffer)
    for data in reads:
        seen = read(last, buffer, data)
        assert seen == read(LastHead(buffer), buffer, data)
        assert len(last.text) <= KNOWN_BYTES_MAX
        assert (last.head is None) == (last.text == b"")


def test_a_head_that_repeats_is_the_same_object_until_another_comes() -> None:
    buffer = ReadBuffer()
    last = LastHead(buffer)
    one, other = OK + b"content-length: 3\r\n\r\nabc", OK + b"transfer-encoding: chunked\r\n\r\n"
    sizes = []
    heads = []
    for data in (one, one, other, other, one):
        read(last, buffer, data)
        heads.append(last.head)
        sizes.append(last.message_bytes)
    assert heads[0] is heads[1] and heads[2] is heads[3]
    assert heads[4] == heads[0] and heads[4] is not heads[0]
    assert sizes == [len(one), len(one), 0, 0, len(one)]


def test_a_long_head_is_read_and_nothing_is_known_after_it() -> None:
    buffer = ReadBuffer()
    last = LastHead(buffer)
    read(last, buffer, OK + b"content-length: 3\r\n\r\nabc")
    assert read(last, buffer, OK + LONG + b"content-length: 3\r\n\r\nabc") is not None
    assert (last.head, last.text, last.message_bytes) == (None, b"", 0)
