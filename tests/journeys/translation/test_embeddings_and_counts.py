"""Recorded embeddings and counts for callers of the other dialects: the same vectors, the same numbers."""

import base64
import json
import struct
from collections.abc import Iterator

import openai
import pytest
from google import genai
from google.genai import types

from kit.expected_price import model_of
from kit.gateway_client import GatewayClient, provider
from kit.instance import Tollway
from kit.recordings import in_scope
from kit.replay import Replay

KINDS = {"at-openai": "openai", "at-google": "gemini", "at-anthropic": "anthropic"}


@pytest.fixture(scope="module")
def client(tollway: Tollway, upstream: Replay) -> Iterator[GatewayClient]:
    """A caller of a gateway in front of the vendors that were recorded."""
    root = f"http://127.0.0.1:{upstream.port}"
    listed = "".join(provider(name, kind, root) for name, kind in KINDS.items())
    tollway.apply(f"version: 1\nproviders:\n{listed}")
    client = GatewayClient(tollway.gateway_url, tollway.token())
    yield client
    client.close()


@pytest.fixture
def replay(upstream: Replay) -> Iterator[Replay]:
    """The upstream with an answer of JSON."""
    upstream.status, upstream.content_type, upstream.cut_after = 200, "application/json", None
    upstream.seen.clear()
    yield upstream


def floats(vector: list[float] | str) -> list[float]:
    """Return a vector that may be in base64 of 32-bit floats, as OpenAI's `encoding_format` has it."""
    if isinstance(vector, str):
        raw = base64.b64decode(vector)
        return list(struct.unpack(f"<{len(raw) // 4}f", raw))
    return vector


def near(one: list[float], other: list[float]) -> bool:
    """Whether two vectors are the same but for the width of a float."""
    return len(one) == len(other) and all(abs(a - b) < 1e-6 for a, b in zip(one, other, strict=True))


def test_openais_embeddings_are_shown_to_callers_of_gemini(client, replay, shared_fixtures):
    total = 0
    for recording in in_scope(shared_fixtures, "embed"):
        if recording.provider != "openai" or recording.status >= 400:
            continue
        given = recording.request["input"]
        texts = [given] if isinstance(given, str) else given
        model = f"at-openai/{model_of(recording)}"
        requests = [{"model": f"models/{model}", "content": {"parts": [{"text": text}]}} for text in texts]
        size = recording.request.get("dimensions")
        requests = [item | ({"outputDimensionality": size} if size else {}) for item in requests]
        replay.answer = recording.answer
        shown = client.post(f"/v1beta/models/{model}:batchEmbedContents", {"requests": requests})
        assert shown.status == 200, shown.body
        reached = json.loads(replay.seen[-1].body)
        assert reached["input"] in (given, texts) and reached.get("dimensions") == size
        vectors = [item["values"] for item in json.loads(shown.body)["embeddings"]]
        expected = [floats(item["embedding"]) for item in recording.response["data"]]
        assert len(vectors) == len(expected) and all(map(near, vectors, expected))
        total += 1
    assert total


def test_geminis_embeddings_are_shown_to_callers_of_openai(client, replay, shared_fixtures):
    total = 0
    for recording in in_scope(shared_fixtures, "embed"):
        if recording.provider != "google" or recording.status >= 400:
            continue
        asked = recording.request["requests"]
        if any("taskType" in item for item in asked):
            continue  # OpenAI has no word for what an embedding is for.
        texts = ["".join(part["text"] for part in item["content"]["parts"]) for item in asked]
        name = recording.path.rpartition("/")[2].partition(":")[0]
        size = asked[0].get("outputDimensionality")
        body = {"model": f"at-google/{name}", "input": texts} | ({"dimensions": size} if size else {})
        replay.answer = recording.answer
        shown = client.post("/v1/embeddings", body)
        assert shown.status == 200, shown.body
        reached = json.loads(replay.seen[-1].body)["requests"]
        assert [item["content"]["parts"][0]["text"] for item in reached] == texts
        assert [item.get("outputDimensionality") for item in reached] == [size] * len(texts)
        answer = json.loads(shown.body)
        vectors = [floats(item["embedding"]) for item in answer["data"]]
        expected = [item["values"] for item in recording.response["embeddings"]]
        assert len(vectors) == len(expected) and all(map(near, vectors, expected))
        assert [item["index"] for item in answer["data"]] == list(range(len(texts)))
        total += 1
    assert total


def test_the_clients_of_openai_and_google_embed_at_each_others_vendor(tollway, client, replay):
    """OpenAI's client asks for base64 unless told otherwise and turns it into numbers itself."""
    token = tollway.token()
    vectors = [[0.5, -0.25, 1.0], [0.0, 2.0, -1.5]]
    replay.answer = json.dumps({"embeddings": [{"values": vector} for vector in vectors]}).encode()
    with openai.OpenAI(base_url=f"{tollway.gateway_url}/v1", api_key=token, max_retries=0) as caller:
        made = caller.embeddings.create(model="at-google/gemini-embedding-001", input=["a", "b"])
    assert [item.embedding for item in made.data] == vectors
    listed = [{"object": "embedding", "index": at, "embedding": vector} for at, vector in enumerate(vectors)]
    usage = {"prompt_tokens": 2, "total_tokens": 2}
    answer = {"object": "list", "data": listed, "model": "text-embedding-3-small", "usage": usage}
    replay.answer = json.dumps(answer).encode()
    google = genai.Client(api_key=token, http_options=types.HttpOptions(base_url=tollway.gateway_url))
    shown = google.models.embed_content(model="at-openai/text-embedding-3-small", contents=["a", "b"])
    google.close()
    assert [item.values for item in shown.embeddings] == vectors
    assert json.loads(replay.seen[-1].body)["input"] == ["a", "b"]


def test_anthropics_count_is_shown_to_callers_of_gemini_and_the_other_way(client, replay, shared_fixtures):
    for recording in in_scope(shared_fixtures, "count"):
        if recording.status >= 400:
            continue
        replay.answer = recording.answer
        if recording.provider == "anthropic":
            body = {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}
            shown = client.post(f"/v1beta/models/at-anthropic/{model_of(recording)}:countTokens", body)
            assert shown.status == 200, shown.body
            assert json.loads(shown.body)["totalTokens"] == recording.response["input_tokens"]
            assert replay.seen[-1].path == "/v1/messages/count_tokens"
        else:
            name = recording.path.rpartition("/")[2].partition(":")[0]
            body = {"model": f"at-google/{name}", "messages": [{"role": "user", "content": "Hello"}]}
            shown = client.post("/v1/messages/count_tokens", body)
            assert shown.status == 200, shown.body
            assert json.loads(shown.body)["input_tokens"] == recording.response["totalTokens"]
            assert replay.seen[-1].path == f"/v1beta/models/{name}:countTokens"
