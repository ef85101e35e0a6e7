"""Requests are batches that Google takes; answers are what its client takes."""

import json

import pytest
from google import genai
from google.genai import types
from httpx import MockTransport, Response

from tollway.contract.usage import Usage
from tollway.formats.dialect import Inexpressible, Target
from tollway.formats.embeddings.gemini_reader import read_request
from tollway.formats.embeddings.gemini_writer import BATCH_MAX, write_reply, write_request
from tollway.formats.embeddings.hub import EmbeddingInput, EmbeddingReply, EmbeddingRequest

TARGET = Target(vendor="gemini", model="up")


def test_a_request_is_a_batch():
    one = EmbeddingInput(text="a", task="RETRIEVAL_DOCUMENT", title="t")
    request = EmbeddingRequest(model="m", inputs=(one, EmbeddingInput(text="b")), dimensions=3, user="u")
    written = write_request(request, TARGET)
    shared = {"model": "models/up", "outputDimensionality": 3}
    assert json.loads(written.body) == {
        "requests": [
            shared | {"content": {"parts": [{"text": "a"}]}, "taskType": "RETRIEVAL_DOCUMENT", "title": "t"},
            shared | {"content": {"parts": [{"text": "b"}]}},
        ]
    }
    assert written.notes == ("user-ignored",)


@pytest.mark.parametrize(
    "inputs", [(EmbeddingInput(tokens=(1,), at="input"),), (EmbeddingInput(text="a"),) * (BATCH_MAX + 1)]
)
def test_what_google_cannot_embed_is_refused(inputs):
    with pytest.raises(Inexpressible) as caught:
        write_request(EmbeddingRequest(model="m", inputs=inputs), TARGET)
    assert caught.value.field == "inputs"


def test_googles_client_gets_its_vectors():
    def answer(sent):
        request = read_request(sent.content, model="m")
        assert [item.text for item in request.inputs] == ["a", "b"]
        assert request.dimensions == 2 and request.inputs[0].task == "RETRIEVAL_QUERY"
        raw = write_reply(EmbeddingReply(model="up", vectors=((0.5, -0.25), (1.0, 2.0))), request, Usage(4))
        return Response(200, content=raw, headers={"content-type": "application/json"})

    options = types.HttpOptions(base_url="http://gateway", client_args={"transport": MockTransport(answer)})
    client = genai.Client(api_key="k", http_options=options)
    config = types.EmbedContentConfig(output_dimensionality=2, task_type="RETRIEVAL_QUERY")
    found = client.models.embed_content(model="m", contents=["a", "b"], config=config)
    assert [item.values for item in found.embeddings] == [[0.5, -0.25], [1.0, 2.0]]


def test_each_method_has_its_form():
    reply = EmbeddingReply(model="up", vectors=((0.5,),))
    one = EmbeddingRequest(model="m", inputs=(EmbeddingInput(text="a"),), is_single=True)
    many = EmbeddingRequest(model="m", inputs=(EmbeddingInput(text="a"),))
    usage = {
        "promptTokenCount": 4,
        "totalTokenCount": 4,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 4}],
    }
    assert json.loads(write_reply(reply, one, Usage(4))) == {"embedding": {"values": [0.5]}, "usageMetadata": usage}
    assert json.loads(write_reply(reply, many, Usage(4)))["embeddings"] == [{"values": [0.5]}]
