"""A usual answer is read in one step, and says exactly what the readers of one block after the other make of it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.json_values import VALUES
from tollway.formats.messages.answer_reader import read_any_answer
from tollway.formats.messages.output import OUTPUT_TOOL
from tollway.formats.messages.plain_answer import STOPS, read_plain_answer

COUNT = st.one_of(st.none(), st.integers(-1, 2**41))
TEXT = {"type": "text", "text": "a"}
CALL = {"type": "tool_use", "id": "t1", "name": "f", "input": {"a": [1]}}
BLOCK = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("text"), "text": st.text(max_size=9)}, optional={"citations": st.sampled_from([None, []])}
    ),
    st.fixed_dictionaries(
        {"type": st.just("tool_use"), "id": st.text(max_size=4), "name": st.sampled_from(["f", OUTPUT_TOOL])},
        optional={"input": VALUES},
    ),
    st.just({"type": "thinking", "thinking": "a", "signature": "s"}),
    VALUES,
)
ANSWER = st.fixed_dictionaries(
    {
        "id": st.one_of(st.just("msg_1"), VALUES),
        "type": st.sampled_from(["message", None, "error"]),
        "model": st.just("claude"),
        "content": st.lists(BLOCK, max_size=4),
        "stop_reason": st.sampled_from([*STOPS, "", "new", None]),
        "stop_sequence": st.sampled_from([None, "", "x"]),
    },
    optional={
        "stop_details": st.sampled_from([None, {"explanation": "no"}]),
        "container": VALUES,
        "usage": st.fixed_dictionaries(
            {},
            optional={
                "input_tokens": COUNT,
                "output_tokens": COUNT,
                "cache_read_input_tokens": COUNT,
                "cache_creation": st.sampled_from([None, {"ephemeral_1h_input_tokens": 3}]),
                "service_tier": st.sampled_from([None, "standard", "batch", "priority"]),
                "iterations": st.sampled_from([None, [], [{"type": "compaction", "input_tokens": 4}]]),
            },
        ),
    },
)


def answer(*blocks, **fields):
    return json.dumps(
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "claude",
            "content": blocks,
            "stop_reason": "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": 1, "output_tokens": 2, "service_tier": "standard"},
        }
        | fields
    ).encode()


@given(ANSWER)
def test_what_is_read_in_one_step_is_what_the_readers_of_blocks_read(fields):
    raw = json.dumps(fields).encode()
    found = read_plain_answer(raw)
    if found is not None:
        assert found == read_any_answer(raw)


@pytest.mark.parametrize("blocks", [[], [TEXT], [TEXT, CALL], [CALL, CALL | {"id": "t2", "input": {}}]])
@pytest.mark.parametrize("stop", ["end_turn", "tool_use", "max_tokens"])
def test_texts_and_calls_are_plain(blocks, stop):
    raw = answer(*blocks, stop_reason=stop)
    assert read_plain_answer(raw) == read_any_answer(raw)


@pytest.mark.parametrize(
    "raw",
    [
        answer({"type": "thinking", "thinking": "a", "signature": "s"}),
        answer(TEXT | {"citations": []}),
        answer(CALL | {"name": OUTPUT_TOOL}),
        answer(TEXT, stop_reason="new"),
        answer(TEXT, stop_reason="refusal", stop_details={"explanation": "no"}),
        answer(TEXT, usage={"input_tokens": 1, "iterations": []}),
        answer(TEXT, usage={"input_tokens": -1}),
        answer(TEXT, type="error"),
    ],
)
def test_anything_else_is_left_to_the_readers_of_blocks(raw):
    assert read_plain_answer(raw) is None
