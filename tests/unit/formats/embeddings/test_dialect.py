"""Both dialects survive the way through each other, and every recording is read."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.json_values import VALUES, objects
from kit.recordings import recordings
from tollway.contract.usage import Usage
from tollway.formats.dialect import Inexpressible, Target
from tollway.formats.embeddings.dialect import GEMINI, OPENAI
from tollway.formats.embeddings.hub import EmbeddingInput, EmbeddingReply, EmbeddingRequest
from tollway.formats.json_object import JSONObject
from tollway.kernel.errors import TollwayError

BOTH = pytest.mark.parametrize("dialect", [OPENAI, GEMINI], ids=lambda dialect: dialect.name)
TARGET = Target(vendor="sandbox", model="m")
INPUTS = st.lists(st.builds(EmbeddingInput, text=st.text(max_size=9)), min_size=1, max_size=3).map(tuple)
TOKENS = st.builds(EmbeddingInput, tokens=st.lists(st.integers(0, 99), min_size=1, max_size=3).map(tuple))
REQUESTS = st.builds(
    EmbeddingRequest,
    model=st.just("m"),
    inputs=INPUTS | st.lists(TOKENS, min_size=1, max_size=2).map(tuple),
    dimensions=st.none() | st.integers(1, 9),
    encoding=st.sampled_from([None, "float", "base64"]),
)
REPLIES = st.builds(
    EmbeddingReply,
    model=st.just("m"),
    vectors=st.lists(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False)).map(tuple)).map(tuple),
    usage=st.builds(Usage, st.integers(0, 99)),
)


def meaning(request):
    texts = [(item.text, item.tokens, item.task, item.title) for item in request.inputs]
    return texts, request.dimensions, request.encoding, request.is_single


@BOTH
@given(request_=REQUESTS)
def test_a_request_survives_the_way_through_a_dialect(dialect, request_):
    try:
        written = dialect.write_request(request_, TARGET)
    except Inexpressible as refusal:
        assert dialect is GEMINI and refusal.field == "inputs"
        return
    again = dialect.read_request(JSONObject.parse(written.body), model="m")
    texts, dimensions, encoding, is_single = meaning(request_)
    assert meaning(again) == (texts, dimensions, encoding if dialect is OPENAI else None, is_single)


@BOTH
@given(reply=REPLIES, encoding=st.sampled_from([None, "float", "base64"]))
def test_an_answer_survives_the_way_through_a_dialect(dialect, reply, encoding):
    request = EmbeddingRequest(model="m", inputs=(EmbeddingInput(text="a"),), encoding=encoding)
    raw = dialect.write_reply(reply, request, reply.usage)
    again = dialect.read_reply(raw)
    assert again.vectors == reply.vectors
    assert again.usage == reply.usage == dialect.read_usage(raw)


@BOTH
@given(body=objects("input", "content", "requests", "dimensions", "encoding_format", "taskType", "user"))
def test_no_request_breaks_a_reader(dialect, body):
    try:
        dialect.read_request(JSONObject.parse(json.dumps(body).encode()), model="m")
    except TollwayError as error:
        assert error.code.name in ("request.field_invalid", "request.untranslatable") and error.param


@BOTH
@given(raw=st.binary() | VALUES.map(lambda value: json.dumps({"data": value, "embeddings": value}).encode()))
def test_no_answer_breaks_a_reader(dialect, raw):
    with contextlib.suppress(ValueError):
        dialect.read_reply(raw)
    dialect.read_usage(raw)
    assert dialect.rename(raw, "n") == raw or b'"model"' in raw


def test_the_pass_through_changes_the_model_wherever_it_stands():
    body = JSONObject.parse(b'{ "model": "a", "input": "x" }')
    assert OPENAI.read_model(body) == "a"
    bounds = OPENAI.read_bounds(body, 30)
    assert (bounds.input_tokens_max, bounds.output_tokens_max, bounds.choices) == (30, 0, 1)
    OPENAI.adapt(body, Target(vendor="openai", model="a"))
    assert body.encode() == b'{ "model": "a", "input": "x" }'
    OPENAI.adapt(body, Target(vendor="openai", model="b"))
    assert json.loads(body.encode()) == {"model": "b", "input": "x"}
    single = JSONObject.parse(b'{"content":{"parts":[{"text":"x"}]}}')
    GEMINI.adapt(single, Target(vendor="gemini", model="b"))
    assert single.encode() == b'{"content":{"parts":[{"text":"x"}]}}'
    batch = JSONObject.parse(b'{"requests":[{"model":"models/a","content":{}}, {"content":{}}],"model":"models/a"}')
    GEMINI.adapt(batch, Target(vendor="gemini", model="b"))
    named = {"model": "models/b", "content": {}}
    assert json.loads(batch.encode()) == {
        "requests": [named, {"content": {}, "model": "models/b"}],
        "model": "models/b",
    }
    assert GEMINI.read_bounds(batch, 90).output_tokens_max == 0
    with pytest.raises(TollwayError):
        GEMINI.read_model(batch)


def test_an_answer_is_renamed():
    renamed = json.loads(OPENAI.rename(b'{"data":[],"model":"a"}', "b"))
    assert renamed == {"data": [], "model": "b"}
    assert GEMINI.rename(b'{"embedding":{}}', "b") == b'{"embedding":{}}'


def test_every_recording_is_read_and_answered_in_the_other_dialect(shared_fixtures, capsys):
    table = {}
    for recording in recordings(shared_fixtures):
        dialect = {"/v1/embeddings": OPENAI}.get(recording.path, GEMINI if "mbedContent" in recording.path else None)
        if dialect is None:
            continue
        other = OPENAI if dialect is GEMINI else GEMINI
        model = recording.path.rpartition("/")[2].partition(":")[0] if dialect is GEMINI else recording.request["model"]
        request = dialect.read_request(JSONObject.parse(json.dumps(recording.request).encode()), model=model)
        other.write_request(request, Target(vendor="sandbox", model=model))
        reply = dialect.read_reply(recording.answer)
        assert len(reply.vectors) == len(request.inputs), recording.where
        assert request.dimensions in (None, len(reply.vectors[0])), recording.where
        answered = other.read_reply(other.write_reply(reply, request, reply.usage or Usage()))
        for ours, theirs in zip(answered.vectors, reply.vectors, strict=True):
            assert ours == pytest.approx(theirs, rel=1e-6)
        stated = recording.response.get("usage", recording.response.get("usageMetadata", {}))
        tokens = stated.get("prompt_tokens", stated.get("promptTokenCount"))
        assert (None if reply.usage is None else reply.usage.input_tokens) == tokens, recording.where
        table[recording.provider] = table.get(recording.provider, 0) + 1
    assert set(table) >= {"google", "openai", "vertex"}
    with capsys.disabled():
        print("\nembeddings read and answered in the other dialect:", table)
