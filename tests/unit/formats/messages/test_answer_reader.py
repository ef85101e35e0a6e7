"""Answers are read whole or streamed with the same meaning; a cut stream is never done."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.json_values import VALUES, objects
from kit.translation import fold, meaning
from tollway.contract.usage import Usage
from tollway.formats import hub
from tollway.formats.messages.answer_reader import EventReader, read_reply
from tollway.formats.messages.output import OUTPUT_TOOL
from tollway.wire.sse import event_bytes

HEAD = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-opus-5"}
KINDS = ("message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta")


def whole(*content: object, **fields: Any) -> hub.Reply:
    return read_reply(json.dumps(HEAD | {"content": content} | fields).encode())


def stream_of(*events: dict[str, Any]) -> bytes:
    return b"".join(event_bytes(json.dumps(event).encode(), event["type"]) for event in events)


def read(raw: bytes, *cuts: int) -> tuple[list[hub.Event], list[str]]:
    reader = EventReader()
    events: list[hub.Event] = []
    start = 0
    for cut in (*sorted(cuts), len(raw)):
        events += reader.feed(raw[start:cut])
        start = cut
    return events + reader.finish(), reader.notes


START = {"type": "message_start", "message": HEAD | {"content": [], "usage": {"input_tokens": 9, "output_tokens": 1}}}
TEXT = (
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "ping"},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "héllo"}},
    {"type": "content_block_stop", "index": 0},
)
END = (
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 12}},
    {"type": "message_stop"},
)


def test_a_whole_answer_is_read():
    reply = whole(
        {"type": "thinking", "thinking": "hm", "signature": "EqQB"},
        {"type": "text", "text": "hi", "citations": None},
        {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"a": 1}},
        stop_reason="tool_use",
        stop_sequence=None,
        usage={"input_tokens": 3, "cache_read_input_tokens": 4, "output_tokens": 5, "service_tier": "standard"},
    )
    seal = hub.Signature(origin="anthropic", value="EqQB")
    assert reply == hub.Reply(
        id="msg_1",
        model="claude-opus-5",
        choices=(
            hub.Choice(
                parts=(
                    hub.Thinking(text="hm", signature=seal),
                    hub.Text(text="hi"),
                    hub.ToolCall(id="toolu_1", name="f", arguments='{"a": 1}'),
                ),
                stop="tool_calls",
            ),
        ),
        usage=Usage(input_tokens=7, output_tokens=5, cached_input_tokens=4, tier="standard"),
        service_tier="default",
    )


@pytest.mark.parametrize(
    ("stated", "stop"),
    [
        ("end_turn", "end"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("stop_sequence", "stop_sequence"),
        ("pause_turn", "pause"),
        ("refusal", "refusal"),
        (None, None),
    ],
)
def test_every_reason_has_its_meaning(stated, stop):
    sequence = "END" if stop == "stop_sequence" else None
    (choice,) = whole(stop_reason=stated, stop_sequence=sequence).choices
    assert (choice.stop, choice.stop_sequence) == (stop, sequence)


def test_an_unknown_reason_is_the_end_and_named():
    reply = whole(stop_reason="boredom")
    assert reply.choices[0].stop == "end" and reply.notes == ("finish-reason-unknown",)


def test_the_words_of_a_refusal_are_its_part():
    details = {"type": "refusal", "category": "bio", "explanation": "no"}
    reply = whole(stop_reason="refusal", stop_details=details)
    assert reply.choices[0].parts == (hub.Refusal(text="no"),)


def test_a_json_answer_by_tool_is_text_and_the_end():
    reply = whole({"type": "tool_use", "id": "1", "name": OUTPUT_TOOL, "input": {"a": 1}}, stop_reason="tool_use")
    assert reply.choices[0] == hub.Choice(parts=(hub.Text(text='{"a": 1}'),), stop="end")


def test_a_stream_means_what_its_whole_answer_means():
    events, notes = read(stream_of(START, *TEXT, *END))
    reply = fold(events)
    assert reply is not None and notes == [] and isinstance(events[-1], hub.Done)
    expected = whole(
        {"type": "text", "text": "héllo"},
        stop_reason="end_turn",
        usage={"input_tokens": 9, "output_tokens": 12},
    )
    assert meaning(reply) == meaning(expected)


def test_any_cut_gives_the_same_events():
    raw = stream_of(START, *TEXT, *END).replace(b"\n", b"\r\n")
    expected = read(raw)
    assert all(read(raw, cut) == expected for cut in range(len(raw)))
    assert read(raw, *range(len(raw))) == expected


def test_a_stream_that_ends_early_is_never_done():
    raw = stream_of(START, *TEXT, *END)
    last = raw.rindex(b"event: message_stop")
    for end in range(0, last, 7):
        events, _ = read(raw[:end])
        assert not any(isinstance(event, hub.Done) for event in events)


def test_the_last_event_may_lack_its_empty_line():
    assert isinstance(read(stream_of(START, *TEXT, *END).removesuffix(b"\n"))[0][-1], hub.Done)


def test_a_vendors_own_failure_ends_everything():
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    events, _ = read(stream_of(START, *TEXT[:3], error, *END))
    assert events[-1] == hub.Failed(kind="overloaded_error", message="Overloaded")


def test_usage_of_a_stream_is_the_latest_of_each_count():
    start = {"input_tokens": 9, "cache_creation_input_tokens": 5, "output_tokens": 1, "service_tier": "batch"}
    begun = {"type": "message_start", "message": HEAD | {"content": [], "usage": start}}
    events, _ = read(stream_of(begun, *TEXT, *END))
    stated = [event.usage for event in events if isinstance(event, hub.UsageStated)]
    assert stated[-1] == Usage(input_tokens=14, output_tokens=12, cache_write_tokens=5, tier="batch")


def test_skipped_blocks_are_named():
    block = {"type": "content_block_start", "index": 0, "content_block": {"type": "server_tool_use", "id": "s"}}
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": "{}"}}
    late = {"type": "content_block_delta", "index": 7, "delta": {"type": "text_delta", "text": "lost"}}
    events, notes = read(stream_of(START, block, delta, late, *END))
    reply = fold(events)
    assert reply is not None and reply.choices[0].parts == () and notes == ["server-tool-omitted"]


def test_an_endless_event_counts_as_cut():
    reader = EventReader()
    assert reader.feed(b"data: " + b"x" * 16_777_300) == [] == reader.finish()
    assert reader.feed(stream_of(START)) == []


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{}", b'{"content":"hi"}', b'{"type":"error","error":{},"content":[]}', b"\xff"]
)
def test_what_is_no_message_is_refused(raw):
    with pytest.raises(ValueError, match="no message"):
        read_reply(raw)


@given(objects("id", "model", "content", "stop_reason", "stop_details", "usage"))
def test_any_object_is_read_or_refused(body):
    try:
        read_reply(json.dumps(body).encode())
    except ValueError as error:
        assert "no message" in str(error)


_BLOCKS = objects("text", "thinking", "signature", "data", "id", "name", "input", "citations")
_EVENTS = st.builds(
    lambda event, kind, block, block_kind: (
        event | {"type": kind, "index": 0, "content_block": block | {"type": block_kind}}
    ),
    objects("message", "delta", "usage", "error"),
    st.sampled_from([*KINDS, "message_stop", "error", "ping"]),
    _BLOCKS,
    st.sampled_from(["text", "thinking", "redacted_thinking", "tool_use", "other"]),
)
_DELTAS = st.builds(
    lambda delta, kind: {"type": "content_block_delta", "index": 0, "delta": delta | {"type": kind}},
    objects("text", "thinking", "partial_json", "signature", "citation"),
    st.sampled_from(["text_delta", "thinking_delta", "input_json_delta", "signature_delta", "citations_delta"]),
)


@given(st.lists(_EVENTS | _DELTAS, max_size=12))
def test_any_order_of_any_events_gives_the_order_that_writers_rely_on(events):
    fold(read(stream_of(START, *events))[0])


@given(st.binary(), st.lists(VALUES))
def test_any_bytes_are_read(raw, values):
    data = b"".join(b"data: %b\n\n" % json.dumps(value).encode() for value in values)
    fold(read(data + raw)[0])
