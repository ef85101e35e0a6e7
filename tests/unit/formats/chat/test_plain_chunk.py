"""A plain chunk is read in one step, and nothing that states more passes for one."""

import json

import pytest
from hypothesis import given

from kit.chat import REPLIES, call_delta, delta, events_of, read_stream, stream_of, write_stream
from kit.json_values import VALUES
from tollway.formats.chat import stream_reader
from tollway.formats.chat.plain_chunk import find_plain


def found(**fields):
    return find_plain(json.dumps(delta(**fields)).encode())


def test_text_and_thinking_are_plain():
    assert found(content="a").delta.content == "a"
    assert found(role="assistant", reasoning="a", channel="analysis", content=None).delta.reasoning == "a"
    arguments = found(tool_calls=[{"index": 1, "function": {"arguments": "{"}}]).delta.tool_calls
    assert arguments[0].index == 1 and arguments[0].function.arguments == "{"
    assert find_plain(json.dumps(delta(index=3, content="a") | {"usage": None}).encode()).index == 3


@pytest.mark.parametrize(
    "chunk",
    [
        delta("stop", content="a"),
        delta(tool_calls=[call_delta(0, "a", "f", "")]),
        delta(tool_calls=[call_delta(0, None, None, "a"), call_delta(1, None, None, "b")]),
        delta(tool_calls=[{"index": 0, "function": {"arguments": "a"}, "extra_content": {}}]),
        delta(content=[{"type": "text", "text": "a"}]),
        delta(refusal="a"),
        delta(reasoning_details=[]),
        delta(content="a", odd=1),
        delta(content="a") | {"usage": {"prompt_tokens": 1}},
        delta(content="a") | {"error": {"message": "x"}},
        delta(content="a") | {"x_groq": {"usage": {}}},
        delta(content="a") | {"choices": []},
        {"choices": [{"delta": {"content": "a"}, "logprobs": {"content": []}}]},
        {"choices": [{"delta": {"content": "a"}}, {"delta": {"content": "b"}}]},
    ],
)
def test_what_states_more_is_not_plain(chunk):
    assert find_plain(json.dumps(chunk).encode()) is None


@given(REPLIES)
def test_the_quick_way_and_the_lenient_way_agree(reply):
    raw = write_stream(events_of(reply), states_usage=False)
    quick = read_stream(raw)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream_reader, "find_plain", lambda data: None)
        assert read_stream(raw) == quick


@given(VALUES)
def test_nothing_breaks_it(value):
    raw = json.dumps({"choices": [{"delta": value, "index": value}]}).encode()
    find_plain(raw)
    read_stream(stream_of(delta(content="a"), raw.decode(), delta("stop")))
