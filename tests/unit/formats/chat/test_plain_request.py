"""A usual request is read in one step, and means exactly what the readers of one field after the other make of it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.json_values import VALUES
from tollway.formats.chat.plain_request import read_plain_request
from tollway.formats.chat.request_reader import read_any_request, read_request
from tollway.kernel.errors import TollwayError

USER = {"role": "user", "content": "a"}
MESSAGE = st.fixed_dictionaries(
    {
        "role": st.sampled_from(["system", "developer", "user", "assistant", "tool", "function", None]),
        "content": st.one_of(st.text(max_size=20), st.just([{"type": "text", "text": "a"}]), st.none()),
    },
    optional={"name": st.sampled_from([None, "", "ann"]), "refusal": st.none(), "tool_call_id": st.just("c")},
)
NUMBER = st.one_of(st.none(), st.integers(-2, 2**70), st.floats(), st.just("1"))
BODY = st.fixed_dictionaries(
    {"model": st.one_of(st.just("m"), VALUES), "messages": st.lists(MESSAGE, max_size=4)},
    optional={
        "stream": st.sampled_from([True, False, None, 1]),
        "stream_options": st.sampled_from([None, {}, {"include_usage": True}, {"include_usage": None}, {"a": 1}, []]),
        "max_tokens": NUMBER,
        "max_completion_tokens": NUMBER,
        "temperature": NUMBER,
        "top_p": NUMBER,
        "n": st.sampled_from([None, 1, 2]),
        "tools": st.sampled_from([None, []]),
        "stop": st.sampled_from([None, "a", ["a"]]),
        "unknown": VALUES,
    },
)


def plain(body, *, is_stream=False):
    return read_plain_request(json.dumps(body).encode(), model="m", is_stream=is_stream)


@given(BODY)
def test_what_is_read_in_one_step_is_what_the_readers_of_fields_read(body):
    raw = json.dumps(body).encode()
    found = read_plain_request(raw, model="m", is_stream=True)
    if found is not None:
        assert found == read_any_request(raw, model="m", is_stream=True)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"max_tokens": 5},
        {"max_completion_tokens": 5, "max_tokens": 6, "temperature": 0.5, "top_p": 1},
        {"stream": True, "stream_options": {"include_usage": True}},
        {"messages": [{"role": "system", "content": "b"}, USER, {"role": "developer", "content": "c"}, USER]},
    ],
)
def test_usual_bodies_are_plain(fields):
    body = {"model": "m", "messages": [USER]} | fields
    assert plain(body) == read_any_request(json.dumps(body).encode(), model="m", is_stream=False)


@pytest.mark.parametrize(
    "fields",
    [
        {"n": 2},
        {"max_tokens": 0},
        {"messages": []},
        {"messages": [USER | {"name": "ann"}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}]}]},
    ],
)
def test_anything_else_is_left_to_the_readers_of_fields(fields):
    assert plain({"model": "m", "messages": [USER]} | fields) is None


def test_a_fault_is_told_as_ever():
    with pytest.raises(TollwayError, match="max_tokens"):
        read_request(json.dumps({"messages": [USER], "max_tokens": 0}).encode(), model="m", is_stream=False)


def test_the_names_of_the_dialect_are_not_shared_with_what_a_request_changes():
    first = plain({"messages": [USER], "max_tokens": 1})
    second = plain({"messages": [USER]})
    assert (first.names["output_tokens_max"], second.names["output_tokens_max"]) == (
        "max_tokens",
        "max_completion_tokens",
    )
