"""What the gateway reads from a chat request and its answer."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.contract.usage import Usage
from tollway.formats import openai_chat
from tollway.formats.json_object import JSONObject
from tollway.kernel.errors import TollwayError


def body_of(**fields):
    return JSONObject.parse(json.dumps(fields).encode())


@pytest.mark.parametrize("fields", [{}, {"model": ""}, {"model": None}, {"model": 3}])
def test_a_request_without_a_model_is_refused_by_field(fields):
    with pytest.raises(TollwayError) as caught:
        openai_chat.read_model(body_of(**fields))
    assert caught.value.param == "model"


def test_the_newer_bound_wins_and_counts_for_each_choice():
    bounds = openai_chat.read_bounds(body_of(max_tokens=5, max_completion_tokens=7, n=3, messages=[]), 100)
    assert (bounds.output_tokens_max, bounds.choices, bounds.input_tokens_max) == (21, 3, 100)
    assert openai_chat.estimated_output(bounds) == 21


def test_images_given_by_address_raise_the_input_bound():
    messages = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x/y.png"}}]}]
    bounds = openai_chat.read_bounds(body_of(messages=messages), 100)
    assert bounds.input_tokens_max >= 100 + openai_chat.IMAGE_TOKENS_MAX
    assert bounds.output_tokens_max is None
    assert openai_chat.estimated_output(bounds) == 1024


@pytest.mark.parametrize("fields", [{"max_tokens": 0}, {"max_tokens": -1}, {"n": 0}, {"n": 1000}, {"max_tokens": "x"}])
def test_impossible_bounds_are_refused(fields):
    if fields == {"n": 0}:
        assert openai_chat.read_bounds(body_of(**fields), 1).choices == 1
        return
    with pytest.raises(TollwayError, match=r"request\.field_invalid"):
        openai_chat.read_bounds(body_of(**fields), 1)


def test_asking_for_usage_keeps_other_stream_options():
    body = body_of(stream=True, stream_options={"x": 1})
    assert openai_chat.is_stream(body)
    assert openai_chat.ask_for_stream_usage(body) is True
    assert json.loads(body.encode())["stream_options"] == {"x": 1, "include_usage": True}
    assert openai_chat.ask_for_stream_usage(body) is False


def test_usage_is_read_from_a_whole_answer_and_estimated_without_it():
    answer = {"choices": [{"message": {"content": "a" * 40}}], "usage": {"prompt_tokens": 3, "completion_tokens": 4}}
    assert openai_chat.read_usage(json.dumps(answer).encode()) == Usage(3, 4)
    answer["usage"] = None
    raw = json.dumps(answer).encode()
    assert openai_chat.read_usage(raw) is None
    assert openai_chat.estimate_usage(raw, 7) == Usage(7, 10, is_estimated=True)


@given(st.binary(max_size=80))
def test_no_answer_can_break_the_reader(raw):
    openai_chat.read_usage(raw)
    assert openai_chat.estimate_usage(raw, 1).is_estimated
