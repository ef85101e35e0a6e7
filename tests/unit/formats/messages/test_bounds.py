"""A request that is passed on is bounded, renamed and capped; all else keeps its bytes."""

import json
from typing import Any

import pytest
from hypothesis import given

from kit.json_values import objects
from tollway.formats.dialect import Bounds, Target
from tollway.formats.json_object import JSONObject
from tollway.formats.messages.bounds import (
    IMAGE_TOKENS_MAX,
    INPUT_TOKENS_MAX,
    TOOL_USE_TOKENS_MAX,
    adapt,
    is_stream,
    read_bounds,
    read_model,
)
from tollway.kernel.errors import TollwayError

LEAST: dict[str, Any] = {"model": "m", "max_tokens": 64, "messages": [{"role": "user", "content": "hi"}]}


def body_of(**fields: Any) -> JSONObject:
    return JSONObject.parse(json.dumps(LEAST | fields).encode())


def bounds_of(**fields: Any) -> Bounds:
    return read_bounds(body_of(**fields), 100)


def adapted(cap: int | None, **fields: Any) -> dict[str, Any]:
    body = body_of(**fields)
    assert adapt(body, Target(vendor="anthropic", model="m", output_cap=cap)) is False
    found: dict[str, Any] = json.loads(body.encode())
    return found


def test_text_is_bounded_by_its_length():
    assert bounds_of() == Bounds(input_tokens_max=100, input_tokens_estimate=25, output_tokens_max=64, choices=1)


def test_zero_tokens_fill_the_cache():
    assert bounds_of(max_tokens=0).output_tokens_max == 0


@pytest.mark.parametrize("bound", [None, -1, 2**40, "many", 1.5])
def test_an_impossible_bound_is_refused(bound):
    with pytest.raises(TollwayError) as refusal:
        bounds_of(max_tokens=bound)
    assert (refusal.value.code.name, refusal.value.param) == ("request.field_invalid", "max_tokens")


def test_media_and_tools_raise_the_bound():
    image = {"type": "image", "source": {"type": "url", "url": "https://e.com/a.png"}}
    assert bounds_of(messages=[{"role": "user", "content": [image, image]}]).input_tokens_max == (
        100 + 2 * IMAGE_TOKENS_MAX
    )
    paper = {"type": "document", "source": {"type": "file", "file_id": "f"}}
    assert bounds_of(messages=[{"role": "user", "content": [paper, image]}]).input_tokens_max == 100 + INPUT_TOKENS_MAX
    words = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "a"}}
    assert bounds_of(messages=[{"role": "user", "content": [words]}]).input_tokens_max == 100
    search = {"type": "web_search_20250305", "name": "web_search"}
    assert bounds_of(tools=[search]).input_tokens_max == 100 + 2 * TOOL_USE_TOKENS_MAX


def test_a_kind_written_with_escapes_counts_too():
    raw = b'{"model":"m","max_tokens":1,"messages":[{"content":[{"type":"\\u0069mage"}]}]}'
    assert read_bounds(JSONObject.parse(raw), 100).input_tokens_max == 100 + IMAGE_TOKENS_MAX


def test_the_model_is_required():
    assert read_model(body_of()) == "m"
    for model in (None, "", 7):
        with pytest.raises(TollwayError) as refusal:
            read_model(body_of(model=model))
        assert refusal.value.param == "model"


def test_a_stream_is_asked_for_by_true_alone():
    assert is_stream(body_of(stream=True))
    assert not is_stream(body_of(stream="true")) and not is_stream(body_of())


def test_what_needs_no_change_keeps_its_bytes():
    raw = b'{ "model": "m", "max_tokens": 5, "x": 1.0 }'
    body = JSONObject.parse(raw)
    adapt(body, Target(vendor="anthropic", model="m", output_cap=9))
    assert body.encode() == raw


def test_only_the_listed_fields_change():
    raw = b'{ "model": "alias", "max_tokens": 50, "x": [1.0 ] }'
    body = JSONObject.parse(raw)
    adapt(body, Target(vendor="anthropic", model="claude-opus-5", output_cap=9))
    assert body.encode() == b'{"model":"claude-opus-5","max_tokens":9,"x":[1.0 ]}'


@pytest.mark.parametrize(("bound", "cap", "expected"), [(50, 9, 9), (5, 9, 5), (50, None, 50)])
def test_the_lower_bound_counts(bound, cap, expected):
    assert adapted(cap, max_tokens=bound)["max_tokens"] == expected


@pytest.mark.parametrize(("cap", "budget"), [(4_000, 3_999), (1_024, 8_000), (9_000, 8_000)])
def test_a_budget_for_thinking_stays_below_the_cap(cap, budget):
    thinking = {"type": "enabled", "budget_tokens": 8_000}
    assert adapted(cap, max_tokens=10_000, thinking=thinking)["thinking"]["budget_tokens"] == budget


def test_thoughts_of_other_vendors_are_taken_out():
    thought = {"type": "thinking", "thinking": "hm", "signature": ""}
    text = {"type": "text", "text": "a"}
    said = adapted(None, messages=[{"role": "assistant", "content": [thought, text]}])["messages"]
    assert said == [{"role": "assistant", "content": [text]}]


def test_thinking_without_a_budget_is_left_alone():
    assert adapted(2_000, max_tokens=10_000, thinking={"type": "adaptive"})["thinking"] == {"type": "adaptive"}


@given(objects("model", "max_tokens", "messages", "tools", "thinking", "stream"))
def test_any_body_is_bounded_or_refused(fields):
    body = JSONObject.parse(json.dumps(fields).encode())
    for read in (read_model, lambda body: read_bounds(body, 10)):
        try:
            read(body)
        except TollwayError as error:
            assert error.code.name == "request.field_invalid"
