"""What the gateway reads from a chat request that it passes on."""

import json

import pytest

from tollway.formats.chat import bounds as chat
from tollway.formats.dialect import Target
from tollway.formats.json_object import JSONObject
from tollway.kernel.errors import TollwayError


def body_of(**fields):
    return JSONObject.parse(json.dumps(fields).encode())


@pytest.mark.parametrize("fields", [{}, {"model": ""}, {"model": None}, {"model": 3}])
def test_a_request_without_a_model_is_refused_by_field(fields):
    with pytest.raises(TollwayError) as caught:
        chat.read_model(body_of(**fields))
    assert caught.value.param == "model"


def test_the_newer_bound_wins_and_counts_for_each_choice():
    bounds = chat.read_bounds(body_of(max_tokens=5, max_completion_tokens=7, n=3, messages=[]), 100)
    assert (bounds.output_tokens_max, bounds.choices, bounds.input_tokens_max) == (21, 3, 100)
    assert bounds.output_tokens_expected == 21


def test_images_given_by_address_raise_the_input_bound():
    messages = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x/y.png"}}]}]
    bounds = chat.read_bounds(body_of(messages=messages), 100)
    assert bounds.input_tokens_max >= 100 + chat.IMAGE_TOKENS_MAX
    assert bounds.output_tokens_max is None
    assert bounds.output_tokens_expected == 1024


@pytest.mark.parametrize("fields", [{"max_tokens": 0}, {"max_tokens": -1}, {"n": 0}, {"n": 1000}, {"max_tokens": "x"}])
def test_impossible_bounds_are_refused(fields):
    if fields == {"n": 0}:
        assert chat.read_bounds(body_of(**fields), 1).choices == 1
        return
    with pytest.raises(TollwayError, match=r"request\.field_invalid"):
        chat.read_bounds(body_of(**fields), 1)


def test_asking_for_usage_keeps_other_stream_options():
    body = body_of(stream=True, stream_options={"x": 1})
    assert chat.is_stream(body)
    assert chat.ask_for_stream_usage(body) is True
    assert json.loads(body.encode())["stream_options"] == {"x": 1, "include_usage": True}
    assert chat.ask_for_stream_usage(body) is False


@pytest.mark.parametrize(
    ("options", "wants"),
    [({"include_usage": True}, True), ({"include_usage": False}, False), (None, False), (7, False)],
)
def test_only_a_caller_that_asked_for_usage_wants_it(options, wants):
    assert chat.wants_stream_usage(body_of(stream_options=options)) is wants


def test_only_what_must_change_is_changed():
    raw = b'{ "model": "m", "messages": [ ] }'
    body = JSONObject.parse(raw)
    assert chat.adapt(body, Target(vendor="openai", model="m"), is_stream=False) is False
    assert body.encode() == raw
    assert chat.adapt(body, Target(vendor="openai", model="n", asks_stream_usage=False), is_stream=True) is False
    assert json.loads(body.encode()) == {"model": "n", "messages": []}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {"max_completion_tokens": 5}),
        ({"max_tokens": 9}, {"max_tokens": 5}),
        ({"max_completion_tokens": 9, "max_tokens": 7}, {"max_completion_tokens": 5, "max_tokens": 7}),
        ({"max_tokens": 3}, {"max_tokens": 3}),
        ({"max_tokens": None}, {"max_tokens": None, "max_completion_tokens": 5}),
    ],
)
def test_a_cap_is_set_where_the_caller_bounds_the_output(fields, expected):
    body = body_of(model="m", **fields)
    target = Target(vendor="openai", model="m", output_cap=5, cap_field="max_completion_tokens")
    chat.adapt(body, target, is_stream=False)
    assert json.loads(body.encode()) == {"model": "m"} | expected


def test_our_own_option_is_told_from_the_callers():
    target = Target(vendor="openai", model="m")
    assert chat.adapt(body_of(model="m", stream=True), target, is_stream=True) is True
    asking = body_of(model="m", stream=True, stream_options={"include_usage": True})
    assert chat.adapt(asking, target, is_stream=True) is False


@pytest.mark.parametrize(
    ("part", "least"),
    [
        ({"type": "file", "file": {"file_id": "file-1"}}, chat.MEDIA_TOKENS_MAX),
        ({"type": "file", "file": {"file_data": "JVBE"}}, chat.MEDIA_TOKENS_MAX),
        ({"type": "video_url", "video_url": {"url": "https://e.com/a"}}, chat.MEDIA_TOKENS_MAX),
        ({"type": "text", "text": "a"}, 0),
    ],
)
def test_files_and_films_raise_the_input_bound(part, least):
    bounds = chat.read_bounds(body_of(messages=[{"role": "user", "content": [part]}]), 100)
    assert bounds.input_tokens_max == 100 + least


def test_thinking_that_the_vendor_refuses_is_dropped_and_nothing_else():
    thought = {"role": "assistant", "content": "a", "reasoning_content": "h"}
    body = body_of(model="m", messages=[thought])
    chat.adapt(body, Target(vendor="deepseek", model="m"), is_stream=False)
    assert json.loads(body.encode())["messages"] == [thought]
    chat.adapt(body, Target(vendor="openai", model="m"), is_stream=False)
    assert json.loads(body.encode())["messages"] == [{"role": "assistant", "content": "a"}]
