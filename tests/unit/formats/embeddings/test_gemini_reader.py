"""Google's requests are read strictly, in both methods and spellings; its answers leniently."""

import json

import pytest

from tollway.contract.usage import Usage
from tollway.formats.embeddings.gemini_reader import read_reply, read_request
from tollway.formats.embeddings.hub import EmbeddingInput
from tollway.kernel.errors import TollwayError

CONTENT = {"parts": [{"text": "a"}]}


def read(body):
    return read_request(json.dumps(body).encode(), model="m")


def test_one_content_is_read():
    request = read({"content": CONTENT | {"role": "user"}, "task_type": "RETRIEVAL_QUERY", "output_dimensionality": 3})
    assert request.inputs == (EmbeddingInput(text="a", task="RETRIEVAL_QUERY", at="content"),)
    assert request.is_single and request.dimensions == 3


def test_a_batch_is_read():
    one = {"model": "models/m", "content": CONTENT, "title": "t", "taskType": "TASK_TYPE_UNSPECIFIED"}
    request = read({"requests": [one, {"content": CONTENT}]})
    assert request.inputs == (
        EmbeddingInput(text="a", title="t", at="requests[0].content"),
        EmbeddingInput(text="a", at="requests[1].content"),
    )
    assert not request.is_single and request.names["inputs"] == "requests"


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({}, "field_invalid", "content"),
        ({"requests": []}, "field_invalid", "requests"),
        ({"content": CONTENT, "model": "models/other"}, "field_invalid", "model"),
        ({"content": CONTENT, "outputDimensionality": 0}, "field_invalid", "outputDimensionality"),
        ({"content": {"parts": []}}, "untranslatable", "content.parts"),
        ({"content": {"parts": [{"text": "a"}, {"text": "b"}]}}, "untranslatable", "content.parts"),
        ({"content": {"parts": [{"inlineData": {}}]}}, "untranslatable", "content.parts[0]"),
        ({"content": {"parts": [{"text": "a", "thought": True}]}}, "untranslatable", "content.parts[0].thought"),
        ({"content": CONTENT, "autoTruncate": True}, "untranslatable", "autoTruncate"),
        (
            {"requests": [{"content": CONTENT}, {"content": CONTENT, "outputDimensionality": 3}]},
            "untranslatable",
            "requests",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(body, code, param):
    with pytest.raises(TollwayError) as caught:
        read(body)
    assert (caught.value.code.name, caught.value.param) == (f"request.{code}", param)


def test_answers_of_both_methods_are_read():
    stated = {"usageMetadata": {"promptTokenCount": 2}}
    one = read_reply(json.dumps({"embedding": {"values": [1, 0.5]}} | stated).encode())
    assert one.vectors == ((1.0, 0.5),) and one.usage == Usage(2)
    many = read_reply(b'{"embeddings":[{"values":[1.0]},{"values":[2.0]}]}')
    assert many.vectors == ((1.0,), (2.0,)) and many.usage is None


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"embedding":{"values":["x"]}}', b'{"embeddings":[{}]}'])
def test_what_is_no_answer_is_refused(raw):
    with pytest.raises(ValueError, match=r"embed"):
        read_reply(raw)
