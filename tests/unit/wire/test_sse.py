"""Event streams: the specification's own examples, and the same events whatever the chunking."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.wire import sse
from tollway.wire.sse import SSEDecoder, SSEEvent, event_bytes


def decode(*chunks: bytes) -> list[SSEEvent]:
    decoder = SSEDecoder()
    return [event for chunk in chunks for event in decoder.feed(chunk)]


def test_the_examples_of_the_specification() -> None:
    assert decode(b"data: YHOO\ndata: +2\ndata: 10\n\n") == [SSEEvent("", b"YHOO\n+2\n10")]
    assert decode(b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n") == [
        SSEEvent("", b"first event"),
        SSEEvent("", b"second event"),
        SSEEvent("", b" third event"),
    ]
    assert decode(b"data\n\ndata\ndata\n\ndata:") == [SSEEvent("", b""), SSEEvent("", b"\n")]


def test_a_name_holds_for_its_own_event_only() -> None:
    assert decode(b"event: ping\ndata: {}\n\ndata: 1\n\nevent: lost\n\n") == [
        SSEEvent("ping", b"{}"),
        SSEEvent("", b"1"),
    ]


def test_what_is_unfinished_is_no_event_until_it_is_asked_for() -> None:
    decoder = SSEDecoder()
    assert decoder.feed(b"data: 1\n\ndata: [DONE]") == [SSEEvent("", b"1")]
    assert decoder.finish() == SSEEvent("", b"[DONE]")
    assert decoder.finish() is None


@pytest.mark.parametrize("line_end", [b"\n", b"\r", b"\r\n"])
def test_cut_at_every_byte_the_events_are_the_same(line_end: bytes) -> None:
    stream = b"\xef\xbb\xbfevent: a\ndata: x\ndata: y\n\n: note\ndata: z\n\n".replace(b"\n", line_end)
    expected = [SSEEvent("a", b"x\ny"), SSEEvent("", b"z")]
    for at in range(len(stream) + 1):
        assert decode(stream[:at], stream[at:]) == expected
    assert decode(*[stream[at : at + 1] for at in range(len(stream))]) == expected


@given(st.lists(st.binary(max_size=12), max_size=12))
def test_any_chunking_of_any_bytes_gives_the_same_events(chunks: list[bytes]) -> None:
    assert decode(*chunks) == decode(b"".join(chunks))


@given(st.lists(st.text(alphabet=st.characters(blacklist_characters="\r\n")), min_size=1, max_size=5))
def test_what_is_written_is_read_again(texts: list[str]) -> None:
    stream = b"".join(event_bytes(text.encode(), "e") for text in texts)
    assert decode(stream) == [SSEEvent("e", text.encode()) for text in texts]


def test_an_endless_event_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "EVENT_BYTES_MAX", 10)
    with pytest.raises(ValueError, match="too long"):
        decode(b"data: " + b"x" * 20)
