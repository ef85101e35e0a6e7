"""Requests in protobuf's JSON are read strictly, in either spelling, and every refusal names the place."""

import json

import pytest

from tollway.formats.gemini.asked import INTEGER_MAX, Asked
from tollway.kernel.errors import TollwayError


def asked(value, at=""):
    return Asked.parse(json.dumps(value).encode(), at)


def refused(read):
    with pytest.raises(TollwayError) as caught:
        read()
    assert caught.value.code.name == "request.field_invalid"
    return caught.value.param


def test_either_spelling_is_known_and_the_callers_is_shown():
    body = asked({"generation_config": {"top_k": "x"}})
    assert "generationConfig" in body
    config = body.child("generationConfig")
    assert refused(lambda: config.integer("topK")) == "generation_config.top_k"


def test_both_spellings_at_once_are_refused():
    """Two readers would see two values."""
    assert refused(lambda: asked({"topK": 1, "top_k": 2}, "generationConfig")) == "generationConfig.top_k"
    assert asked({"topK": 1, "top_k": None}).integer("topK") == 1


@pytest.mark.parametrize(
    ("value", "expected"), [(3, 3), ("3", 3), (3.0, 3), ("-7", -7), (str(INTEGER_MAX), INTEGER_MAX), (None, None)]
)
def test_whole_numbers_may_be_strings(value, expected):
    assert asked({"n": value}).integer("n") == expected


@pytest.mark.parametrize("value", [3.5, "3.5", "1e3", "x", "", True, [], {}, str(INTEGER_MAX + 1), 1e300])
def test_anything_else_is_no_whole_number(value):
    assert refused(lambda: asked({"n": value}).integer("n")) == "n"


@pytest.mark.parametrize(("value", "expected"), [(0.5, 0.5), ("0.5", 0.5), (2, 2.0), ("-1e-3", -0.001), (None, None)])
def test_numbers_may_be_strings(value, expected):
    assert asked({"n": value}).number("n") == expected


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1_0", "x", True, []])
def test_anything_else_is_no_number(value):
    assert refused(lambda: asked({"n": value}).number("n")) == "n"


def test_one_object_may_stand_for_a_list_of_it():
    assert [item.at for item in asked({"tools": {"a": 1}}).children("tools")] == ["tools"]
    assert [item.at for item in asked({"tools": [{}, {}]}).children("tools")] == ["tools[0]", "tools[1]"]
    assert asked({}).children("tools") == []
    assert refused(lambda: asked({"tools": [{}, 1]}).children("tools")) == "tools[1]"
    assert refused(lambda: asked({"tools": "x"}).children("tools")) == "tools"


def test_what_was_not_taken_is_refused_by_the_callers_name():
    body = asked({"tools": {"a": 1}, "top_k": 1, "labels": {}})
    body.children("tools")
    with pytest.raises(TollwayError) as caught:
        body.nothing_else()
    assert (caught.value.code.name, caught.value.param) == ("request.untranslatable", "top_k")
    body.integer("topK")
    body.nothing_else()
