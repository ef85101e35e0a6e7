"""OpenAI's requests are read strictly, its answers in both encodings."""

import json

import pytest

from tollway.contract.usage import Usage
from tollway.formats.embeddings.hub import EmbeddingInput
from tollway.formats.embeddings.openai_reader import read_reply, read_request
from tollway.formats.embeddings.vectors import pack
from tollway.kernel.errors import TollwayError


def read(**fields):
    return read_request(json.dumps({"model": "m"} | fields).encode(), model="m")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("a", (EmbeddingInput(text="a", at="input"),)),
        (["a", "b"], (EmbeddingInput(text="a", at="input[0]"), EmbeddingInput(text="b", at="input[1]"))),
        ([1, 2], (EmbeddingInput(tokens=(1, 2), at="input"),)),
        ([[1], [2, 3]], (EmbeddingInput(tokens=(1,), at="input[0]"), EmbeddingInput(tokens=(2, 3), at="input[1]"))),
    ],
)
def test_each_form_of_input_is_read(given, expected):
    assert read(input=given).inputs == expected


def test_fields_are_read():
    request = read(input="a", dimensions=3, encoding_format="base64", user="u")
    assert (request.dimensions, request.encoding, request.user) == (3, "base64", "u")
    mistral = read(input="a", output_dimension=3, output_dtype="float")
    assert mistral.dimensions == 3 and mistral.names["dimensions"] == "output_dimension"


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({}, "field_invalid", "input"),
        ({"input": []}, "field_invalid", "input"),
        ({"input": {"a": 1}}, "field_invalid", "input"),
        ({"input": ["a", 1]}, "field_invalid", "input"),
        ({"input": [1, [2]]}, "field_invalid", "input"),
        ({"input": [-1]}, "field_invalid", "input"),
        ({"input": [[1], []]}, "field_invalid", "input[1]"),
        ({"input": "a", "dimensions": 0}, "field_invalid", "dimensions"),
        ({"input": "a", "encoding_format": "int8"}, "field_invalid", "encoding_format"),
        ({"input": "a", "output_dtype": "int8"}, "untranslatable", "output_dtype"),
        ({"input": "a", "input_type": "query"}, "untranslatable", "input_type"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(fields, code, param):
    with pytest.raises(TollwayError) as caught:
        read(**fields)
    assert (caught.value.code.name, caught.value.param) == (f"request.{code}", param)


def test_answers_are_read_in_the_order_of_their_inputs():
    data = [{"index": 1, "embedding": [3, 4.5]}, {"index": 0, "embedding": pack((1.0, 2.0))}]
    reply = read_reply(json.dumps({"data": data, "model": "m", "usage": {"prompt_tokens": 2}}).encode())
    assert reply.vectors == ((1.0, 2.0), (3.0, 4.5)) and reply.usage == Usage(2) and reply.model == "m"
    assert read_reply(b'{"data":[]}').usage is None


@pytest.mark.parametrize("raw", [b"", b"[]", b'{"data":{}}', b'{"data":[{"embedding":"!"}]}', b'{"data":[{}]}'])
def test_what_is_no_answer_is_refused(raw):
    with pytest.raises(ValueError, match=r"embedding|base64"):
        read_reply(raw)
