"""Requests in each vendor's words; answers that OpenAI's client takes in both encodings."""

import json

import httpx
import pytest
from openai import OpenAI
from openai.types import CreateEmbeddingResponse

from tollway.contract.usage import Usage
from tollway.formats.dialect import Inexpressible, Target
from tollway.formats.embeddings.hub import EmbeddingInput, EmbeddingReply, EmbeddingRequest
from tollway.formats.embeddings.openai_reader import read_request
from tollway.formats.embeddings.openai_writer import write_reply, write_request

TEXTS = (EmbeddingInput(text="a"), EmbeddingInput(text="b"))


def written(request, vendor="openai"):
    return write_request(request, Target(vendor=vendor, model="up"))


@pytest.mark.parametrize(
    ("vendor", "expected", "notes"),
    [
        ("openai", {"dimensions": 3, "encoding_format": "base64", "user": "u"}, ()),
        ("mistral", {"output_dimension": 3}, ("user-ignored",)),
        ("ollama", {"dimensions": 3}, ("user-ignored",)),
        ("openai-compatible", {"dimensions": 3, "user": "u"}, ()),
    ],
)
def test_each_vendor_gets_what_it_takes(vendor, expected, notes):
    request = EmbeddingRequest(model="m", inputs=TEXTS, dimensions=3, encoding="base64", user="u")
    found = written(request, vendor)
    assert json.loads(found.body) == {"model": "up", "input": ["a", "b"]} | expected
    assert found.notes == notes


def test_tokens_are_passed_on():
    request = EmbeddingRequest(model="m", inputs=(EmbeddingInput(tokens=(1, 2)),))
    assert json.loads(written(request).body)["input"] == [[1, 2]]
    with pytest.raises(Inexpressible, match="no tokens"):
        written(request, "mistral")


def test_a_task_is_left_out_and_a_title_refused():
    request = EmbeddingRequest(model="m", inputs=(EmbeddingInput(text="a", task="RETRIEVAL_QUERY"),))
    assert written(request).notes == ("task-ignored",)
    titled = EmbeddingRequest(model="m", inputs=(EmbeddingInput(text="a", title="t", at="content"),))
    with pytest.raises(Inexpressible) as caught:
        written(titled)
    assert (caught.value.field, caught.value.at) == ("inputs", "content")
    mixed = EmbeddingRequest(model="m", inputs=(EmbeddingInput(text="a"), EmbeddingInput(tokens=(1,))))
    with pytest.raises(Inexpressible, match="do not mix"):
        written(mixed)


@pytest.mark.parametrize("fields", [{}, {"encoding_format": "float"}, {"encoding_format": "base64"}, {"dimensions": 2}])
def test_openais_client_gets_its_vectors(fields):
    def answer(sent):
        request = read_request(sent.content, model="m")
        assert [item.text for item in request.inputs] == ["a", "b"]
        reply = EmbeddingReply(model="up", vectors=((0.5, -0.25), (1.0, 2.0)))
        raw = write_reply(reply, request, Usage(4))
        return httpx.Response(200, content=raw, headers={"content-type": "application/json"})

    with (
        httpx.Client(transport=httpx.MockTransport(answer)) as http_client,
        OpenAI(api_key="k", base_url="http://g/v1", http_client=http_client) as client,
    ):
        found = client.embeddings.create(model="m", input=["a", "b"], **fields)
    if fields.get("encoding_format") == "base64":
        assert all(isinstance(item.embedding, str) for item in found.data)
    else:
        assert [item.embedding for item in found.data] == [[0.5, -0.25], [1.0, 2.0]]
        CreateEmbeddingResponse.model_validate(found.model_dump(), strict=True)
    assert [item.index for item in found.data] == [0, 1]
    assert (found.model, found.usage.prompt_tokens, found.usage.total_tokens) == ("m", 4, 4)
