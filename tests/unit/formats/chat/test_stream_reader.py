"""A stream is complete, cut or failed, and says what it consumed."""

import json

import pytest

from kit.chat import call_delta, delta, read_stream, stream_of
from kit.translation import fold
from tollway.formats import hub
from tollway.formats.chat.stream_reader import EventReader
from tollway.wire.sse import EVENT_BYTES_MAX

USAGE = {"id": "chatcmpl-1", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4}}


def kinds(raw):
    return [type(event) for event in read_stream(raw)[0]]


def test_a_complete_stream():
    events, notes = read_stream(
        stream_of(delta(role="assistant", content=""), delta(content="a"), delta("stop"), USAGE)
    )
    assert notes == []
    assert events[0] == hub.Begin(id="chatcmpl-1", model="m", created_seconds=5)
    assert [type(event) for event in events[1:]] == [
        hub.PartBegin,
        hub.TextDelta,
        hub.UsageStated,
        hub.PartEnd,
        hub.ChoiceEnd,
        hub.Done,
    ]
    folded = fold(events)
    assert folded is not None and folded.usage is not None and folded.usage.input_tokens == 3


def test_a_cut_stream_has_no_end():
    for raw in (
        stream_of(delta(content="a"), done=False),
        stream_of(delta(tool_calls=[call_delta(0, "a", "f", '{"x')]), done=False),
        stream_of(delta(content="a"), done=False)[:-5],
        stream_of(delta(content="a"), delta("stop", index=1), done=False),
    ):
        assert not {hub.ChoiceEnd, hub.Done} & set(kinds(raw))


def test_done_ends_a_stream_that_gave_no_reason():
    events, _ = read_stream(stream_of(delta(content="a")))
    assert events[-2:] == [hub.ChoiceEnd(choice=0, stop=None), hub.Done()]


def test_reasons_end_a_stream_without_done():
    assert kinds(stream_of(delta(content="a"), delta("stop"), done=False))[-2:] == [hub.ChoiceEnd, hub.Done]


def test_nothing_follows_the_end():
    reader = EventReader()
    reader.feed(stream_of(delta(content="a"), delta("stop")))
    assert reader.feed(stream_of(delta(content="b"))) == [] == reader.finish()


@pytest.mark.parametrize(
    ("chunk", "kind", "message"),
    [
        ({"error": {"message": "Busy.", "type": "server_error"}}, "server_error", "Busy."),
        ({"error": {"code": 502, "message": "Gone."}, "choices": [], "id": "x"}, "502", "Gone."),
        ({"error": "Out of memory", "error_type": "overloaded"}, "overloaded", "Out of memory"),
        ({"object": "error", "message": "Bad.", "type": "invalid"}, "invalid", "Bad."),
    ],
)
def test_an_error_in_the_stream_breaks_it_off(chunk, kind, message):
    events, _ = read_stream(stream_of(delta(content="a"), chunk, delta(content="b")))
    assert events[-1] == hub.Failed(kind=kind, message=message)
    assert fold(events) is None


def test_choices_are_told_apart():
    events, _ = read_stream(
        stream_of(delta(content="a"), delta(content="b", index=1), delta("length", index=1), delta("stop"))
    )
    folded = fold(events)
    assert folded is not None
    assert [choice.parts for choice in folded.choices] == [(hub.Text(text="a"),), (hub.Text(text="b"),)]
    assert [choice.stop for choice in folded.choices] == ["end", "length"]


def test_usage_in_every_chunk_is_stated_when_it_changes():
    stated = delta(content="a") | {"usage": {"prompt_tokens": 3, "completion_tokens": 1}}
    events, _ = read_stream(stream_of(stated, stated, delta("stop") | {"x_groq": USAGE}))
    assert [event.usage.output_tokens for event in events if isinstance(event, hub.UsageStated)] == [1, 4]


def test_comments_and_other_line_ends_are_read():
    raw = b": OPENROUTER PROCESSING\n\n" + stream_of(delta(content="a"), delta("stop")).replace(b"\n", b"\r\n")
    assert kinds(raw)[-1] is hub.Done


def test_what_is_no_chunk_is_skipped_with_a_note():
    events, notes = read_stream(stream_of("nonsense", delta(content="a"), delta("stop")))
    assert notes == ["answer-part-skipped"] and events[-1] == hub.Done()


def test_an_endless_event_counts_as_a_cut():
    reader = EventReader()
    reader.feed(b"data: " + json.dumps(delta(content="a")).encode() + b"\n\n")
    assert reader.feed(b"data: " + b"x" * (EVENT_BYTES_MAX + 1)) == []
    assert reader.feed(stream_of(delta("stop"))) == [] == reader.finish()


def test_sources_beside_the_choices_are_those_of_the_text():
    # Perplexity repeats them with every chunk.
    sources = {"search_results": [{"title": "T", "url": "https://e.com"}]}
    chunks = [chunk | sources for chunk in (delta(content="a"), delta(content="b"), delta("stop"))]
    events, _ = read_stream(stream_of(*chunks))
    folded = fold(events)
    assert folded is not None
    assert folded.choices[0].parts == (hub.Text(text="ab", citations=(hub.Citation(url="https://e.com", title="T"),)),)
