"""Streams are read whatever their chunking, and whatever their vendor leaves out."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.json_values import VALUES, objects
from kit.translation import fold
from tollway.formats import hub
from tollway.formats.responses.stream_reader import EventReader
from tollway.wire.sse import EVENT_BYTES_MAX, event_bytes


def stream(*events: dict[str, Any]) -> bytes:
    return b"".join(event_bytes(json.dumps(event).encode(), event.get("type", "")) for event in events)


def read(raw: bytes, size: int = 0) -> tuple[list[hub.Event], list[str]]:
    reader = EventReader("openai")
    events: list[hub.Event] = []
    for at in range(0, len(raw), size or len(raw) or 1):
        events += reader.feed(raw[at : at + (size or len(raw))])
    return events + reader.finish(), reader.notes


def said(*events: dict[str, Any]) -> hub.Choice:
    reply = fold(read(stream(*events))[0])
    assert reply is not None
    (choice,) = reply.choices
    return choice


def response(kind: str = "completed", **fields: Any) -> dict[str, Any]:
    status = "in_progress" if kind == "created" else kind
    whole = {"id": "resp_1", "model": "gpt", "created_at": 7, "status": status, "output": []} | fields
    return {"type": f"response.{kind}", "response": whole}


def added(index: int, **item: Any) -> dict[str, Any]:
    return {"type": "response.output_item.added", "output_index": index, "item": item}


def done(index: int, **item: Any) -> dict[str, Any]:
    return {"type": "response.output_item.done", "output_index": index, "item": item}


def delta(index: int, text: str, kind: str = "output_text", **more: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}.delta", "output_index": index, "content_index": 0, "delta": text} | more


TEXT = {"type": "output_text", "text": "hello", "annotations": [{"type": "url_citation", "url": "u"}]}
MESSAGE = {"type": "message", "content": [TEXT]}
CALL = {"type": "function_call", "call_id": "c", "name": "f", "arguments": '{"a":1}'}
WHOLE = stream(
    response("created"),
    added(0, type="reasoning", id="rs"),
    delta(0, "th", "reasoning_summary_text", summary_index=0, item_id="rs"),
    delta(0, "ink", "reasoning_summary_text", summary_index=0),
    delta(0, "more", "reasoning_summary_text", summary_index=1),
    done(0, type="reasoning", id="rs", summary=[{"text": "think"}, {"text": "more"}], encrypted_content="s"),
    added(1, type="message"),
    {"type": "response.content_part.added", "output_index": 1, "content_index": 0, "part": {"type": "output_text"}},
    delta(1, "hel", logprobs=[{"token": "hel", "logprob": -1}]),
    delta(1, "lo"),
    {
        "type": "response.output_text.annotation.added",
        "output_index": 1,
        "content_index": 0,
        "annotation": {"type": "url_citation", "url": "u"},
    },
    {"type": "response.output_text.done", "output_index": 1, "content_index": 0, "text": "hello"},
    {"type": "response.content_part.done", "output_index": 1, "content_index": 0, "part": TEXT},
    done(1, **MESSAGE),
    added(2, **CALL | {"arguments": ""}),
    delta(2, '{"a"', "function_call_arguments"),
    {"type": "response.function_call_arguments.done", "output_index": 2, "arguments": '{"a":1}'},
    done(2, **CALL),
    response(usage={"input_tokens": 3, "output_tokens": 2}, output=[{"type": "reasoning"}, MESSAGE, CALL]),
)
PARTS = (
    hub.Thinking(text="think\n\nmore", signature=hub.Signature(origin="openai", value="s"), id="rs"),
    hub.Text(text="hello", citations=(hub.Citation(url="u"),)),
    hub.ToolCall(id="c", name="f", arguments='{"a":1}'),
)


def test_the_whole_grammar() -> None:
    events, notes = read(WHOLE)
    reply = fold(events)
    assert reply is not None and not notes
    assert reply.choices == (
        hub.Choice(parts=PARTS, stop="tool_calls", logprobs=(hub.TokenLogprob(token="hel", logprob=-1.0),)),
    )
    assert (reply.id, reply.model, reply.created_seconds) == ("resp_1", "gpt", 7)
    assert reply.usage is not None and reply.usage.input_tokens == 3


@given(st.integers(1, 40))
def test_any_chunking_gives_the_same_events(size: int) -> None:
    assert read(WHOLE, size) == read(WHOLE)


@given(st.integers(0, len(WHOLE) - 3))
def test_a_stream_that_was_cut_is_never_done(end: int) -> None:
    events, _ = read(WHOLE[:end])
    assert not any(isinstance(event, hub.Done | hub.ChoiceEnd) for event in events)
    fold(events)


def test_items_that_only_the_last_event_holds() -> None:
    thought = {"type": "reasoning", "summary": [], "encrypted_content": "s"}
    choice = said(response(output=[thought, MESSAGE, CALL, {"type": "web_search_call"}]))
    assert choice.parts == (
        hub.Thinking(signature=hub.Signature(origin="openai", value="s"), is_redacted=True),
        *PARTS[1:],
    )


def test_items_without_deltas() -> None:
    assert said(response("created"), done(0, **MESSAGE), done(1, **CALL), response()).parts == PARTS[1:]


def test_deltas_without_items() -> None:
    choice = said(
        delta(0, "hm", "reasoning_text"),
        delta(1, "no", "refusal"),
        {"type": "response.refusal.done", "output_index": 1, "content_index": 0, "refusal": "no!"},
        response(),
    )
    assert choice.parts == (hub.Thinking(text="hm"), hub.Refusal(text="no!")) and choice.stop == "refusal"


def test_a_thought_in_the_open_beats_its_summary() -> None:
    part = {"type": "reasoning_text", "text": ""}
    choice = said(
        {"type": "response.content_part.added", "output_index": 0, "content_index": 0, "part": part},
        delta(0, "raw", "reasoning_text"),
        delta(0, "sum", "reasoning_summary_text", summary_index=0),
        done(0, type="reasoning", content=[{"text": "raw"}], summary=[{"text": "sum"}]),
        response(),
    )
    assert choice.parts == (hub.Thinking(text="raw"),)


def test_interleaved_items_are_told_one_after_the_other() -> None:
    choice = said(
        response("created"),
        added(0, **CALL | {"arguments": ""}),
        added(1, **CALL | {"arguments": "", "call_id": "d"}),
        delta(1, "{", "function_call_arguments"),
        delta(0, "{", "function_call_arguments"),
        delta(1, "}", "function_call_arguments"),
        done(1, type="function_call", arguments="{}"),
        done(0, type="function_call", arguments="{}"),
        response(),
    )
    assert [(call.id, call.arguments) for call in choice.parts if isinstance(call, hub.ToolCall)] == [
        ("c", "{}"),
        ("d", "{}"),
    ]


def test_an_answer_that_was_cut_short_says_so() -> None:
    details = {"reason": "max_output_tokens"}
    assert said(delta(0, "a"), response("incomplete", incomplete_details=details)).stop == "length"


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (response("failed", error={"code": "server_error", "message": "m"}), "server_error"),
        ({"type": "error", "code": "rate_limit_exceeded", "message": "m"}, "rate_limit_exceeded"),
        ({"type": "error", "error": {"type": "overloaded", "message": "m"}}, "overloaded"),
        ({"error": {"message": "m"}}, "server_error"),
        ({"type": "error", "message": "m"}, "server_error"),
    ],
)
def test_failures_end_everything(event: dict[str, Any], kind: str) -> None:
    events, _ = read(stream(response("created"), event, response()))
    assert events[1:] == [hub.Failed(kind=kind, message="m")]


def test_other_items_and_events_are_noted_or_skipped() -> None:
    events, notes = read(
        stream(
            response("created"),
            {"type": "response.queued"},
            added(0, type="web_search_call"),
            {"type": "response.web_search_call.searching", "output_index": 0},
            delta(0, "x", "function_call_arguments"),
            delta(0, "x"),
            delta(0, "x", "reasoning_text"),
            done(0, type="web_search_call"),
            response(),
        )
    )
    assert notes == ["items-omitted"]
    assert not any(isinstance(event, hub.PartBegin) for event in events)


def test_an_endless_event_is_an_answer_that_was_cut() -> None:
    reader = EventReader("openai")
    assert reader.feed(b"data: " + b"x" * (EVENT_BYTES_MAX + 1)) == []
    assert reader.feed(WHOLE) == [] and reader.finish() == []


_ANY = st.lists(
    objects("type", "output_index", "item", "part", "delta", "response", "content_index", "annotation", "error")
)
_KINDS = st.sampled_from(["created", "output_item.added", "output_item.done", "output_text.delta", "completed"])


@given(
    _ANY
    | st.lists(
        st.tuples(_KINDS, objects("item", "output_index", "part", "response", "delta")).map(
            lambda pair: pair[1] | {"type": f"response.{pair[0]}"}
        )
    )
)
def test_no_stream_breaks_the_order_of_events(events: list[dict[str, Any]]) -> None:
    found, _ = read(b"".join(event_bytes(json.dumps(event).encode()) for event in events))
    fold(found)


@given(st.binary() | VALUES.map(lambda value: b"data: " + json.dumps(value).encode() + b"\n\n"))
def test_no_bytes_raise(raw: bytes) -> None:
    fold(read(raw)[0])
