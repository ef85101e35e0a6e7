"""What a tap leaves alone travels on in the frame it came in, and nothing else is taken for a whole chunk."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.scripted_upstream import StandInExchange
from tollway.edge.upstream.sinks import framed, framed_through, through
from tollway.wire.chunked import known_totals


class Changing:
    """Passes what begins with `=`, holds back what begins with `-`, and writes the rest in capitals."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []

    def feed(self, chunk: bytes) -> bytes:
        self.seen.append(chunk)
        if chunk.startswith(b"="):
            return chunk
        return b"" if chunk.startswith(b"-") else chunk.upper()

    def finish(self, error_code: str | None) -> bytes:
        return b""


class Flow(StandInExchange):
    """Notes what came in a frame."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[bytes] = []

    def write_framed(self, chunk: bytes, frame: bytes) -> None:
        self.frames.append(frame)
        super().write_framed(chunk, frame)


def test_a_chunk_that_the_tap_leaves_as_it_is_keeps_its_frame() -> None:
    tap, flow = Changing(), Flow()
    sink = framed_through(tap, flow)
    known_totals.clear()
    # Twice: the second time its size line is known.
    for _ in range(2):
        assert sink(b"4\r\n=abc\r\n")
    assert sink(b"4\r\n-abc\r\n") and sink(b"3\r\nabc\r\n")
    assert flow.frames == [b"4\r\n=abc\r\n"] * 2
    assert flow.writes == [b"=abc", b"=abc", b"ABC"]
    assert tap.seen == [b"=abc", b"=abc", b"-abc", b"abc"]


@pytest.mark.parametrize(
    "read",
    [
        b"",
        b"4\r\n",
        b"4\r\n=abc",
        b"4\r\n=abc\r",
        b"4\r\n=abcde",
        b"4\r\n=abc\r\n0\r\n\r\n",
        b"0\r\n\r\n",
        b"4;a=b\r\n=abc\r\n",
    ],
)
def test_a_read_that_is_not_one_whole_chunk_is_left_to_others(read: bytes) -> None:
    tap, flow = Changing(), Flow()
    assert framed_through(tap, flow)(b"4\r\n=abc\r\n"), "the size line is known from here on"
    assert not framed_through(tap, flow)(read)
    assert not framed(flow)(read)
    assert (tap.seen, flow.writes) == ([b"=abc"], [b"=abc"])


@given(st.binary(min_size=1, max_size=40))
def test_any_content_is_what_the_caller_gets(content: bytes) -> None:
    flow = Flow()
    frame = b"%x\r\n%b\r\n" % (len(content), content)
    assert framed(flow)(frame)
    assert framed_through(Changing(), flow)(b"%x\r\n=%b\r\n" % (len(content) + 1, content))
    assert flow.writes == [content, b"=" + content]


def test_chunks_without_frames_pass_the_tap() -> None:
    flow = Flow()
    sink = through(Changing(), flow)
    for chunk in (b"=a", b"-b", b"c"):
        sink(chunk)
    assert flow.writes == [b"=a", b"C"]
