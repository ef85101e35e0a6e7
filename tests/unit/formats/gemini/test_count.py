"""Tokens are counted of the request that is meant, in either of its forms."""

import json

import pytest

from tollway.formats import hub
from tollway.formats.dialect import Target
from tollway.formats.gemini.count import (
    Counted,
    adapt_count_request,
    read_count,
    read_count_request,
    write_count,
    write_count_request,
)
from tollway.formats.json_object import JSONObject
from tollway.kernel.errors import TollwayError

CONTENTS = [{"role": "user", "parts": [{"text": "Hi"}]}]
TARGET = Target(vendor="gemini", model="gemini-2.5-flash")


def parsed(value):
    return JSONObject.parse(json.dumps(value).encode())


@pytest.mark.parametrize(
    "body",
    [
        {"contents": CONTENTS},
        {"generateContentRequest": {"contents": CONTENTS, "model": "models/g"}},
        {"generate_content_request": {"contents": CONTENTS}},
        {"contents": CONTENTS, "generateContentRequest": None},
    ],
)
def test_each_form_is_read(body):
    request = read_count_request(parsed(body), model="g")
    assert (request.model, len(request.turns), request.is_stream) == ("g", 1, False)
    assert request.turns[0].parts[0] in (
        hub.Text(text="Hi", at="contents[0].parts[0]"),
        hub.Text(text="Hi", at="generateContentRequest.contents[0].parts[0]"),
        hub.Text(text="Hi", at="generate_content_request.contents[0].parts[0]"),
    )


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"generateContentRequest": {"contents": CONTENTS}, "contents": CONTENTS}, "contents"),
        ({"generateContentRequest": {"contents": []}}, "generateContentRequest.contents"),
        ({"generateContentRequest": {"contents": CONTENTS, "x": 1}}, "generateContentRequest.x"),
        ({"generateContentRequest": {"contents": CONTENTS, "model": "models/h"}}, "generateContentRequest.model"),
        ({"generateContentRequest": {"contents": CONTENTS}, "x": 1}, "x"),
        ({"generateContentRequest": 3}, "generateContentRequest"),
        ({}, "contents"),
    ],
)
def test_what_is_wrong_is_named_by_its_place(body, place):
    with pytest.raises(TollwayError) as caught:
        read_count_request(parsed(body), model="g")
    assert caught.value.param == place


def test_names_of_a_wrapped_request_say_where_they_are():
    request = read_count_request(parsed({"generateContentRequest": {"contents": CONTENTS}}), model="g")
    assert request.names["top_k"] == "generateContentRequest.generationConfig.topK"


def test_a_count_for_a_vendor_holds_the_whole_request():
    request = hub.Request(
        model="m", system=(hub.Text(text="S"),), turns=(hub.Turn(role="user", parts=(hub.Text(text="Hi"),)),), user="u"
    )
    written = write_count_request(request, TARGET)
    assert written.notes == ("user-ignored",)
    assert json.loads(written.body) == {
        "generateContentRequest": {
            "systemInstruction": {"parts": [{"text": "S"}]},
            "contents": CONTENTS,
            "model": "models/gemini-2.5-flash",
        }
    }
    assert read_count_request(parsed(json.loads(written.body)), model="gemini-2.5-flash").system


def test_vertex_counts_the_parts_of_a_request():
    request = hub.Request(
        model="m",
        turns=(hub.Turn(role="user", parts=(hub.Text(text="Hi"),)),),
        tools=(hub.Tool(name="f"),),
        tool_choice=hub.ToolChoice(mode="auto"),
    )
    written = write_count_request(request, Target(vendor="vertex", model="gemini-2.5-flash"))
    assert json.loads(written.body) == {"contents": CONTENTS, "tools": [{"functionDeclarations": [{"name": "f"}]}]}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"contents": CONTENTS}, {"contents": CONTENTS}),
        ({"generateContentRequest": {"contents": []}}, {"generateContentRequest": {"contents": []}}),
        ({"generateContentRequest": None}, {"generateContentRequest": None}),
        (
            {"generate_content_request": {"model": "models/alias"}},
            {"generate_content_request": {"model": "models/gemini-2.5-flash"}},
        ),
    ],
)
def test_only_the_model_of_a_wrapped_request_is_changed(body, expected):
    request = parsed(body)
    adapt_count_request(request, TARGET)
    assert json.loads(request.encode()) == expected


def test_the_answer_is_read_and_written():
    assert read_count(b'{"totalTokens": 31, "promptTokensDetails": []}') == Counted(31)
    for counted in (Counted(0), Counted(7, 3)):
        assert read_count(write_count(counted)) == counted
    for raw in (b"", b"{}", b'{"error":{}}'):
        with pytest.raises(ValueError, match="countTokens"):
            read_count(raw)
