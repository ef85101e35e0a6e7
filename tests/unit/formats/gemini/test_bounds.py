"""What a request can consume is never below the truth, and only the output cap is changed in it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.formats.dialect import Target
from tollway.formats.gemini.bounds import IMAGE_TOKENS_MAX, INPUT_TOKENS_MAX, MEDIA_TOKENS_MAX, adapt, read_bounds
from tollway.formats.json_object import JSONObject
from tollway.kernel.errors import TollwayError


def parsed(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return JSONObject.parse(raw), len(raw)


@pytest.mark.parametrize(
    ("config", "bound", "choices"),
    [
        ({}, None, 1),
        ({"maxOutputTokens": 100}, 100, 1),
        ({"max_output_tokens": "100", "candidate_count": 3}, 300, 3),
        ({"maxOutputTokens": 100.0, "candidateCount": None}, 100, 1),
        ({"candidateCount": 0}, None, 1),
    ],
)
def test_the_output_is_bounded_by_the_callers_words(config, bound, choices):
    for name in ("generationConfig", "generation_config"):
        bounds = read_bounds(*parsed({"contents": [], name: config}))
        assert (bounds.output_tokens_max, bounds.choices) == (bound, choices)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"generationConfig": {"maxOutputTokens": 0}}, "generationConfig.maxOutputTokens"),
        ({"generationConfig": {"maxOutputTokens": "many"}}, "generationConfig.maxOutputTokens"),
        ({"generationConfig": {"candidateCount": -1}}, "generationConfig.candidateCount"),
        ({"generationConfig": {"candidateCount": 1000}}, "generationConfig.candidateCount"),
        ({"generationConfig": {"maxOutputTokens": 1, "max_output_tokens": 2}}, "generationConfig.maxOutputTokens"),
        ({"generationConfig": {}, "generation_config": {}}, "generationConfig"),
        ({"generationConfig": 3}, "generationConfig"),
    ],
)
def test_impossible_bounds_are_refused(body, place):
    with pytest.raises(TollwayError) as caught:
        read_bounds(*parsed(body))
    assert (caught.value.code.name, caught.value.param) == ("request.field_invalid", place)


@pytest.mark.parametrize(
    ("part", "added"),
    [
        ({"text": "inlineData"}, 0),
        ({"text": '{"inlineData": {'}, 0),
        ({"inlineData": {"mimeType": "image/png", "data": "AAAA"}}, IMAGE_TOKENS_MAX),
        ({"inline_data": {"data": "AAAA", "mime_type": "image/png"}}, IMAGE_TOKENS_MAX),
        ({"inlineData": {"mimeType": "application/pdf", "data": "AAAA"}}, MEDIA_TOKENS_MAX),
        ({"fileData": {"fileUri": "gs://a/image.png"}}, MEDIA_TOKENS_MAX),
        ({"inlineData": {"mimeType": "text/csv", "data": "AAAA"}}, 0),
        ({"fileData": {"mimeType": "text/csv", "fileUri": "gs://a"}}, MEDIA_TOKENS_MAX),
    ],
)
def test_media_add_their_published_maxima(part, added):
    body, size = parsed({"contents": [{"parts": [part]}]})
    assert read_bounds(body, size).input_tokens_max == size + added


def test_media_together_add_no_more_than_a_model_takes():
    part = {"fileData": {"fileUri": "gs://a"}}
    body, size = parsed({"contents": [{"parts": [part] * 9}], "cachedContent": "cachedContents/a"})
    assert read_bounds(body, size).input_tokens_max == size + INPUT_TOKENS_MAX


def test_a_name_written_with_escapes_hides_no_media():
    body, size = parsed(b'{"contents":[{"parts":[{"inline\\u0044ata":{"mimeType":"audio/wav","data":"AA"}}]}]}')
    assert read_bounds(body, size).input_tokens_max == size + MEDIA_TOKENS_MAX
    body, size = parsed(b'{"contents":[{"\\u0061":"\xff"}]}')
    assert read_bounds(body, size).input_tokens_max == size + INPUT_TOKENS_MAX


@pytest.mark.parametrize(
    ("body", "cap", "expected"),
    [
        ({"contents": []}, None, {"contents": []}),
        ({"contents": []}, 50, {"contents": [], "generationConfig": {"maxOutputTokens": 50}}),
        ({"generationConfig": {"topK": 1}}, 50, {"generationConfig": {"topK": 1, "maxOutputTokens": 50}}),
        ({"generation_config": {"max_output_tokens": 90}}, 50, {"generation_config": {"max_output_tokens": 50}}),
        ({"generationConfig": {"maxOutputTokens": "40"}}, 50, {"generationConfig": {"maxOutputTokens": "40"}}),
        ({"model": "models/alias"}, None, {"model": "models/m"}),
        ({"model": None}, None, {"model": None}),
        ({"generationConfig": None}, 50, {"generationConfig": {"maxOutputTokens": 50}}),
    ],
)
def test_only_a_higher_bound_is_lowered(body, cap, expected):
    request, _ = parsed(body)
    assert adapt(request, Target(vendor="gemini", model="m", output_cap=cap)) is False
    assert json.loads(request.encode()) == expected


def test_what_need_not_change_keeps_its_bytes():
    raw = b'{ "contents" : [ ],\n "generation_config":{"max_output_tokens": 5 } }'
    request = JSONObject.parse(raw)
    adapt(request, Target(vendor="gemini", model="m", output_cap=5))
    assert request.encode() == raw


@given(st.dictionaries(st.sampled_from(["maxOutputTokens", "candidateCount"]), st.none() | st.integers() | st.text()))
def test_any_configuration_is_bounded_or_refused(config):
    try:
        bounds = read_bounds(*parsed({"generationConfig": config}))
    except TollwayError as error:
        assert error.code.name == "request.field_invalid"
    else:
        assert bounds.choices >= 1 and (bounds.output_tokens_max is None or bounds.output_tokens_max >= bounds.choices)
