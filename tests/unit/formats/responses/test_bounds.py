"""What a request can consume is never below the truth, and passing it on changes only what must change."""

import json
from typing import Any

import pytest

from tollway.formats.dialect import Target
from tollway.formats.hub import Signature
from tollway.formats.json_object import JSONObject
from tollway.formats.responses.bounds import (
    FILE_TOKENS_MAX,
    IMAGE_TOKENS_MAX,
    adapt,
    is_stream,
    read_bounds,
    read_model,
)
from tollway.formats.responses.seal import write_call_seal, write_seal
from tollway.kernel.errors import TollwayError


def body(**fields: Any) -> JSONObject:
    return JSONObject.parse(json.dumps(fields, separators=(",", ":")).encode())


def test_the_model_is_required() -> None:
    assert read_model(body(model="m")) == "m"
    for wrong in (body(), body(model=""), body(model=None)):
        with pytest.raises(TollwayError) as caught:
            read_model(wrong)
        assert caught.value.param == "model"


def test_streams_are_asked_for() -> None:
    assert is_stream(body(stream=True)) and not is_stream(body(stream=False)) and not is_stream(body())


@pytest.mark.parametrize("bound", [0, -1, 2**31 + 1, 1.5, "x"])
def test_impossible_bounds_are_refused(bound: object) -> None:
    with pytest.raises(TollwayError) as caught:
        read_bounds(body(max_output_tokens=bound), 9)
    assert caught.value.param == "max_output_tokens"


def test_text_is_bounded_by_its_bytes() -> None:
    asked = body(model="m", input="12345678", instructions="1234", max_output_tokens=5)
    bounds = read_bounds(asked, 50)
    assert (bounds.input_tokens_max, bounds.output_tokens_max, bounds.choices) == (50, 5, 1)
    assert bounds.input_tokens_estimate == 4
    assert read_bounds(body(input="x"), 9).output_tokens_max is None


def test_media_are_added_at_their_dearest() -> None:
    image, file = {"type": "input_image", "image_url": "u"}, {"type": "input_file", "file_url": "u"}
    assert read_bounds(body(input=[{"content": [image, image]}]), 100).input_tokens_max == 100 + 2 * IMAGE_TOKENS_MAX
    assert read_bounds(body(input=[{"content": [image, file]}]), 100).input_tokens_max == 100 + FILE_TOKENS_MAX


def test_names_with_escapes_hide_nothing() -> None:
    raw = b'{"input":[{"content":[{"type":"input\\u005fimage","image_url":"u"}]}]}'
    assert read_bounds(JSONObject.parse(raw), 100).input_tokens_max == 100 + IMAGE_TOKENS_MAX
    broken = b'{"input":"\\u0041","x":"\xff"}'
    assert read_bounds(JSONObject.parse(broken), 100).input_tokens_max == 100 + FILE_TOKENS_MAX


def test_what_fits_keeps_its_bytes() -> None:
    raw = b'{ "model": "m", "max_output_tokens": 5, "input": "hi" }'
    asked = JSONObject.parse(raw)
    assert adapt(asked, Target(vendor="openai", model="m", output_cap=9)) is False
    assert asked.encode() == raw


def test_model_and_cap_are_set() -> None:
    asked = body(model="alias", input="hi")
    adapt(asked, Target(vendor="openai", model="gpt", output_cap=9))
    assert json.loads(asked.encode()) == {"model": "gpt", "input": "hi", "max_output_tokens": 9}
    adapt(asked, Target(vendor="openai", model="gpt", output_cap=4))
    assert json.loads(asked.encode())["max_output_tokens"] == 4


def test_thoughts_that_another_vendor_sealed_are_left_out() -> None:
    foreign = Signature(origin="anthropic", value="x")
    items = [
        {"role": "user", "content": write_seal(foreign)},
        {"type": "reasoning", "summary": [], "encrypted_content": write_seal(foreign)},
        {"type": "reasoning", "summary": [], "encrypted_content": write_call_seal(foreign)},
        {"type": "reasoning", "summary": [], "encrypted_content": "gAAAA"},
    ]
    asked = body(model="m", input=items)
    adapt(asked, Target(vendor="openai", model="m"))
    assert json.loads(asked.encode())["input"] == [items[0], items[3]]


def test_an_input_that_is_no_list_of_items_is_left_to_the_vendor() -> None:
    raw = b'{"model":"m","input":[\xff,"dHcxO"]}'
    asked = JSONObject(raw, JSONObject.parse(b'{"model":"m"}').fields)
    asked.set("input", "dHcxO")
    adapt(asked, Target(vendor="openai", model="m"))
    assert json.loads(asked.encode())["input"] == "dHcxO"
