"""Vectors pass as they came, priced by what went in."""

import json

from kit.gateway_kit import Rig, ScriptedAnswer
from tollway.contract.policy import Candidate, ModelRecord, ProviderRecord, SealedKey, Upstream

ANSWER = {"object": "list", "model": "upstream-e", "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}]}
BODY = {"model": "e", "input": "hello"}


def rig_of(kind, *script):
    rig = Rig(*script)
    upstream = Upstream("https://up.example/v1")
    provider = ProviderRecord("p1", "p1", kind, "active", upstream, (SealedKey("k", b"key", b""),))
    rig.publish(providers=(provider,), models=(ModelRecord("e", (Candidate("p1", "upstream-e"),)),))
    return rig


async def embed(rig, body=BODY):
    return await rig.call("/v1/embeddings", token=rig.token(), body=json.dumps(body).encode())


async def test_vectors_pass_under_the_callers_name_of_the_model():
    usage = {"prompt_tokens": 3, "total_tokens": 3}
    rig = rig_of("openai", ScriptedAnswer(body=json.dumps({**ANSWER, "usage": usage}).encode()))
    reply = await embed(rig)
    assert json.loads(reply.answer) == {**ANSWER, "model": "e", "usage": usage}
    assert rig.upstreams.sent[0][2] == b"/v1/embeddings"
    assert json.loads(rig.upstreams.sent[0][4]) == {**BODY, "model": "upstream-e"}
    (closed,) = rig.journal.closed
    assert (closed.operation, closed.usage.input_tokens, closed.usage.is_estimated) == ("embeddings", 3, False)


async def test_what_a_provider_does_not_state_is_estimated():
    rig = rig_of("openai", ScriptedAnswer(body=json.dumps(ANSWER).encode()))
    await embed(rig)
    assert rig.journal.closed[0].usage.is_estimated


async def test_a_provider_without_embeddings_is_never_asked():
    rig = rig_of("groq")
    reply = await embed(rig)
    error = json.loads(reply.answer)["error"]
    assert (reply.status, error["code"], error["param"]) == (400, "request.untranslatable", "model")
    assert rig.upstreams.sent == []


async def test_an_upstreams_error_passes_as_it_came():
    rig = rig_of("openai", ScriptedAnswer(400, b'{"error":{"message":"too long"}}'))
    reply = await embed(rig)
    assert (reply.status, reply.answer) == (400, b'{"error":{"message":"too long"}}')


GEMINI_BODY = {"content": {"parts": [{"text": "hello"}]}}
OPENAI_ANSWER = json.dumps({**ANSWER, "usage": {"prompt_tokens": 3, "total_tokens": 3}}).encode()


async def gemini_embed(rig, method="embedContent", body=GEMINI_BODY):
    return await rig.call(f"/v1beta/models/e:{method}", token=rig.token(), body=json.dumps(body).encode())


async def test_gemini_callers_get_googles_shape_from_openais_vendors():
    rig = rig_of("openai", ScriptedAnswer(body=OPENAI_ANSWER))
    reply = await gemini_embed(rig)
    assert (reply.status, json.loads(reply.answer)["embedding"]["values"]) == (200, [0.5]), reply.answer
    assert json.loads(rig.upstreams.sent[0][4])["input"] in ("hello", ["hello"])
    assert rig.journal.closed[0].usage.input_tokens == 3


async def test_openai_callers_get_openais_shape_from_google():
    rig = rig_of("gemini", ScriptedAnswer(body=b'{"embeddings":[{"values":[0.5]},{"values":[0.25]}]}'))
    reply = await embed(rig, {"model": "e", "input": ["hello", "world"], "encoding_format": "float"})
    body = json.loads(reply.answer)
    assert [item["embedding"] for item in body["data"]] == [[0.5], [0.25]] and body["model"] == "e"
    assert rig.upstreams.sent[0][2] == b"/v1/models/upstream-e:batchEmbedContents"
    assert rig.journal.closed[0].usage.is_estimated


async def test_gemini_callers_of_google_keep_method_and_bytes():
    rig = rig_of("gemini", ScriptedAnswer(body=b'{"embedding":{"values":[0.5]}}'))
    reply = await gemini_embed(rig)
    assert reply.answer == b'{"embedding":{"values":[0.5]}}'
    assert rig.upstreams.sent[0][2] == b"/v1/models/upstream-e:embedContent"


async def test_what_google_cannot_be_asked_for_is_refused_by_its_name():
    rig = rig_of("gemini")
    reply = await embed(rig, {"model": "e", "input": [[1, 2, 3]]})
    error = json.loads(reply.answer)["error"]
    assert (reply.status, error["code"]) == (400, "request.untranslatable") and "input" in error["param"]


async def test_vectors_that_cannot_be_read_are_the_upstreams_fault():
    rig = rig_of("gemini", ScriptedAnswer(body=b'{"hello":1}'))
    reply = await embed(rig)
    assert (reply.status, json.loads(reply.answer)["error"]["code"]) == (502, "upstream.protocol")
    assert rig.journal.closed[0].usage.is_estimated
