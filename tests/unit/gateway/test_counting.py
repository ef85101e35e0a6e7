"""Tokens are counted by whoever can, in the caller's dialect; what is only estimated says so; nothing is billed."""

import json

import pytest

from kit.gateway_kit import Rig, ScriptedAnswer
from tollway.contract.policy import Budget, Candidate, Limits, ModelRecord, ProviderRecord, SealedKey, Upstream

MESSAGES = {"model": "m", "messages": [{"role": "user", "content": "How long is this?"}]}
GEMINI = {"contents": [{"parts": [{"text": "How long is this?"}]}]}
CALLS = {"messages": ("/v1/messages/count_tokens", MESSAGES), "gemini": ("/v1beta/models/m:countTokens", GEMINI)}
BUDGET = Limits(budgets=(Budget("b1", "monthly", 1, "month"),))


def rig_of(kind, *script):
    rig = Rig(*script)
    upstream = Upstream("https://up.example/v1")
    provider = ProviderRecord("p1", "p1", kind, "active", upstream, (SealedKey("k", b"key", b""),))
    rig.publish(providers=(provider,), models=(ModelRecord("m", (Candidate("p1", "upstream-m"),)),))
    return rig


async def count(rig, caller, **token):
    path, body = CALLS[caller]
    return await rig.call(path, token=rig.token(**token), body=json.dumps(body).encode())


def counted(caller, reply):
    return json.loads(reply.answer)["input_tokens" if caller == "messages" else "totalTokens"]


@pytest.mark.parametrize("caller", CALLS)
@pytest.mark.parametrize(
    ("kind", "answer", "target"),
    [
        ("anthropic", b'{"input_tokens":6}', b"/v1/messages/count_tokens"),
        ("gemini", b'{"totalTokens":6}', b"/v1/models/upstream-m:countTokens"),
    ],
)
async def test_a_provider_that_counts_is_asked(caller, kind, answer, target):
    rig = rig_of(kind, ScriptedAnswer(body=answer))
    reply = await count(rig, caller, limits=BUDGET)
    assert (reply.status, counted(caller, reply)) == (200, 6), reply.answer
    assert reply.header("x-tollway-estimated") == ""
    assert rig.upstreams.sent[0][2] == target
    assert b"How long is this?" in rig.upstreams.sent[0][4]
    (closed,) = rig.journal.closed
    assert (closed.operation, closed.outcome, closed.cost_nanos) == ("count_tokens", "ok", 0)
    assert closed.usage.input_tokens == closed.usage.output_tokens == 0


@pytest.mark.parametrize("caller", CALLS)
async def test_without_one_the_count_is_an_estimate_and_says_so(caller):
    rig = rig_of("openai")
    reply = await count(rig, caller)
    assert reply.status == 200 and counted(caller, reply) > 3
    assert reply.header("x-tollway-estimated") == "input_tokens"
    assert rig.upstreams.sent == []
    assert [record.outcome for record in rig.journal.closed] == ["ok"]


@pytest.mark.parametrize("caller", CALLS)
async def test_an_upstreams_error_is_told_in_the_callers_dialect(caller):
    error = b'{"type":"error","error":{"type":"invalid_request_error","message":"too long"}}'
    rig = rig_of("anthropic", ScriptedAnswer(400, error))
    reply = await count(rig, caller)
    assert reply.status == 400 and b"too long" in reply.answer


async def test_an_answer_that_is_no_count_is_the_upstreams_fault():
    rig = rig_of("anthropic", ScriptedAnswer(body=b'{"hello":1}'))
    reply = await count(rig, "gemini")
    assert reply.status == 502 and b"upstream.protocol" in reply.answer
