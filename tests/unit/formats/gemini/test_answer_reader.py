"""Whole answers and streams mean the same, however they are cut; a cut answer gets no end."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.json_values import VALUES, objects
from kit.translation import fold
from tollway.contract.usage import Usage
from tollway.formats import hub
from tollway.formats.gemini.answer_reader import EventReader, read_reply

PIECES = [
    {"candidates": [{"content": {"parts": [{"text": "Hel"}]}, "index": 0}], "usageMetadata": {"promptTokenCount": 3}},
    {
        "candidates": [
            {"content": {"parts": [{"text": "lo"}, {"functionCall": {"name": "f", "args": {"ü": "\n"}}}]}},
            {"content": {"parts": [{"text": "second"}]}, "index": 1},
        ]
    },
    {
        "candidates": [{"finishReason": "STOP"}, {"index": 1, "finishReason": "MAX_TOKENS"}],
        "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 4, "serviceTier": "flex"},
    },
]
NAMED = {"responseId": "r-1/x", "modelVersion": "gemini-x", "createTime": "2026-05-27T16:53:45.443719Z"}


def stream(pieces, end="\r\n\r\n"):
    return "".join(f"data: {json.dumps(piece | NAMED)}{end}" for piece in pieces).encode()


def events(*chunks):
    reader = EventReader()
    found = [event for chunk in chunks for event in reader.feed(chunk)]
    return found + reader.finish(), reader.notes


def test_a_stream_is_folded_into_the_answer_it_amounts_to():
    found, notes = events(stream(PIECES))
    assert notes == []
    assert fold(found) == hub.Reply(
        id="r-1/x",
        model="gemini-x",
        created_seconds=1779900825,
        usage=Usage(3, 4, tier="flex"),
        choices=(
            hub.Choice(
                parts=(
                    hub.Text(text="Hello"),
                    hub.ToolCall(id="call_r-1x_1", name="f", arguments='{"\\u00fc": "\\n"}'),
                ),
                stop="tool_calls",
            ),
            hub.Choice(parts=(hub.Text(text="second"),), stop="length"),
        ),
    )
    assert found[-1] == hub.Done()


@pytest.mark.parametrize("end", ["\r\n\r\n", "\n\n", "\r\r"])
def test_a_stream_cut_at_every_byte_gives_the_same_events(end):
    raw = stream(PIECES, end)
    whole = events(raw)
    for at in range(len(raw) + 1):
        assert events(raw[:at], raw[at:]) == whole
    assert events(*(raw[at : at + 1] for at in range(len(raw)))) == whole


def test_a_stream_that_was_cut_is_not_done():
    for count in range(len(PIECES)):
        found, _ = events(stream(PIECES[:count]))
        assert not any(isinstance(event, hub.Done | hub.ChoiceEnd) for event in found)
    half = PIECES[2] | {"candidates": [{"finishReason": "STOP"}]}
    found, _ = events(stream([*PIECES[:2], half]))
    assert [event.choice for event in found if isinstance(event, hub.ChoiceEnd)] == [0]
    assert hub.Done() not in found


def test_a_last_event_without_its_end_is_read():
    found, _ = events(stream(PIECES).removesuffix(b"\r\n\r\n"))
    assert found[-1] == hub.Done()


def test_a_vendor_that_breaks_off_has_failed():
    error = {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}
    found, _ = events(stream([PIECES[0], error, PIECES[2]]))
    assert found[-1] == hub.Failed(kind="UNAVAILABLE", message="The model is overloaded.")
    with pytest.raises(ValueError, match="none of generateContent"):
        read_reply(json.dumps(error).encode())
    with pytest.raises(ValueError, match="is an error"):
        read_reply(json.dumps(error | {"candidates": []}).encode())


def test_a_prompt_that_was_refused_is_an_empty_answer():
    blocked = {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 3}} | NAMED
    reply = read_reply(json.dumps(blocked).encode())
    assert reply.choices == (hub.Choice(parts=(), stop="content_filter"),)
    assert (reply.usage, reply.notes) == (Usage(3), ("prompt-blocked",))
    found, notes = events(stream([blocked]))
    assert found[-2:] == [hub.ChoiceEnd(choice=0, stop="content_filter"), hub.Done()]
    assert notes == ["prompt-blocked"]


def test_a_whole_answer_says_its_tier():
    answer = PIECES[1] | PIECES[2] | NAMED
    assert read_reply(json.dumps(answer).encode()).service_tier == "flex"


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"models":[]}', b"data: {}"])
def test_what_is_no_answer_is_refused(raw):
    with pytest.raises(ValueError, match="generateContent"):
        read_reply(raw)


@pytest.mark.parametrize("created", ["2026-05-27T16:53:45", "0001-01-01T00:00:00Z", "soon", ""])
def test_any_time_is_read_or_left_out(created):
    found = read_reply(json.dumps({"candidates": [], "createTime": created}).encode()).created_seconds
    assert found is None or found >= 0


def test_an_event_beyond_all_bounds_ends_the_reading():
    reader = EventReader()
    assert reader.feed(b"data: " + b"x" * 17_000_000) == []
    assert reader.feed(stream(PIECES)) == [] and reader.finish() == []


PART = objects("text", "thought", "thoughtSignature", "functionCall", "inlineData", "executableCode")
CANDIDATE = objects("content", "finishReason", "index", "groundingMetadata", "citationMetadata", "logprobsResult") | (
    st.builds(
        lambda parts, rest: {"content": {"parts": parts}} | rest,
        st.lists(PART | st.fixed_dictionaries({"text": st.text(max_size=3)}), max_size=3),
        st.fixed_dictionaries(
            {}, optional={"finishReason": st.sampled_from(["STOP", "OTHER"]), "index": st.integers(0, 2)}
        ),
    )
)
ANSWER = st.fixed_dictionaries(
    {"candidates": st.lists(CANDIDATE, max_size=3) | VALUES},
    optional={"usageMetadata": VALUES, "promptFeedback": VALUES, "responseId": VALUES, "createTime": VALUES},
)


@given(st.lists(ANSWER, max_size=3))
def test_no_json_makes_the_reader_raise_and_the_order_always_holds(pieces):
    found, _ = events(*(b"data: %b\n\n" % json.dumps(piece).encode() for piece in pieces))
    fold(found)


@given(st.binary(max_size=80))
def test_no_bytes_make_a_reader_raise(raw):
    events(raw)
    events(b"data: " + raw + b"\n\n")
    with contextlib.suppress(ValueError):
        read_reply(raw)
