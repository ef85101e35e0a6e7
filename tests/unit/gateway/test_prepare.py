"""A candidate of the caller's dialect gets the caller's bytes; any other gets the same meaning, or is left out."""

import json

from kit.dialect_answers import ANSWERS
from kit.gateway_kit import Rig, ScriptedAnswer
from tollway.contract.policy import Budget, Candidate, Limits, ModelRecord, ProviderRecord, SealedKey, Upstream
from tollway.gateway.prepare import CHANGED_POINTERS

MESSAGES = "/v1/messages"


def rig_of(*kinds, script=None):
    """A model that providers of these kinds serve, in this order."""
    rig = Rig(*(script or [ScriptedAnswer(body=ANSWERS["messages"])]))
    providers = tuple(
        ProviderRecord(kind, kind, kind, "active", Upstream("https://up.example"), (SealedKey("k", b"key", b""),))
        for kind in kinds
    )
    candidates = tuple(Candidate(kind, "a-model") for kind in kinds)
    rig.publish(providers=providers, models=(ModelRecord("a-model", candidates), ModelRecord("alias", candidates)))
    return rig


async def send(rig, body, path=MESSAGES, headers=()):
    return await rig.call(path, token=rig.token(), body=json.dumps(body).encode(), headers=headers)


async def test_bytes_of_the_callers_own_dialect_reach_the_provider_untouched():
    rig = rig_of("anthropic")
    raw = b'{ "model":"a-model",  "max_tokens": 5, "x-new": [1.0], "messages":[{"role":"user","content":"hi"}] }'
    await rig.call(MESSAGES, token=rig.token(), body=raw)
    assert rig.upstreams.sent[0][4] == raw
    assert rig.upstreams.sent[0][2] == b"/v1/messages"


async def test_only_the_listed_fields_change_for_an_alias():
    rig = rig_of("anthropic")
    body = {"model": "alias", "max_tokens": 5, "messages": [{"role": "user", "content": "hi"}]}
    await send(rig, body)
    sent = json.loads(rig.upstreams.sent[0][4])
    changed = {f"/{name}" for name in body if sent[name] != body[name]}
    assert changed <= set(CHANGED_POINTERS["messages"]) and sent["model"] == "a-model"


async def test_the_version_of_anthropics_api_is_the_callers_or_the_kinds_own():
    rig = rig_of("anthropic")
    body = {"model": "a-model", "max_tokens": 5, "messages": [{"role": "user", "content": "hi"}]}
    await send(rig, body)
    await send(
        rig, body, headers=[("anthropic-version", "2099-01-01"), ("anthropic-beta", "x-1, oauth-2"), ("x-other", "y")]
    )
    first, second = (sent[3] for sent in rig.upstreams.sent)
    assert first[b"anthropic-version"] == b"2023-06-01" and b"anthropic-beta" not in first
    assert (second[b"anthropic-version"], second[b"anthropic-beta"]) == (b"2099-01-01", b"x-1")
    assert b"x-other" not in second


async def test_what_a_provider_cannot_be_asked_for_is_refused_by_the_callers_name_before_anything_is_sent():
    rig = rig_of("anthropic")
    body = {"model": "a-model", "logit_bias": {"1": 5}, "messages": [{"role": "user", "content": "hi"}]}
    reply = await send(rig, body, path="/v1/chat/completions")
    error = json.loads(reply.answer)["error"]
    assert (reply.status, error["code"], error["param"]) == (400, "request.untranslatable", "logit_bias")
    assert rig.upstreams.sent == [] and rig.journal.opened == []
    assert [record.outcome for record in rig.journal.closed] == ["refused"]


async def test_a_field_nobody_knows_is_refused_where_the_call_must_be_translated():
    rig = rig_of("anthropic")
    body = {"model": "a-model", "frobnicate": 1, "messages": [{"role": "user", "content": "hi"}]}
    reply = await send(rig, body, path="/v1/chat/completions")
    assert json.loads(reply.answer)["error"]["param"] == "frobnicate"
    assert rig.upstreams.sent == []


async def test_a_candidate_that_cannot_be_asked_is_left_out_and_the_next_one_serves():
    rig = rig_of("anthropic", "openai", script=[ScriptedAnswer(body=ANSWERS["chat"])])
    body = {"model": "a-model", "logit_bias": {"1": 5}, "messages": [{"role": "user", "content": "hi"}]}
    reply = await send(rig, body, path="/v1/chat/completions")
    assert reply.status == 200
    (closed,) = rig.journal.closed
    assert [attempt.provider_id for attempt in closed.attempts] == ["openai"]


async def test_what_is_held_for_a_call_that_cannot_be_asked_is_given_back():
    rig = rig_of("anthropic")
    token = rig.token(limits=Limits(budgets=(Budget("b1", "monthly", 10**9, "month"),)))
    body = {"model": "a-model", "logit_bias": {"1": 5}, "messages": [{"role": "user", "content": "hi"}]}
    await rig.call("/v1/chat/completions", token=token, body=json.dumps(body).encode())
    assert rig.meters.open == 0


async def test_harmless_differences_are_named_in_a_header():
    rig = rig_of("anthropic")
    body = {"model": "a-model", "seed": 7, "messages": [{"role": "user", "content": "hi"}]}
    reply = await send(rig, body, path="/v1/chat/completions")
    assert reply.status == 200
    assert "seed-ignored" in reply.header("x-tollway-translation-notes").split(", ")


async def test_a_budgets_output_cap_reaches_every_dialect():
    for kind, dialect, field in (("anthropic", "messages", "max_tokens"), ("openai", "chat", "max_completion_tokens")):
        rig = Rig(ScriptedAnswer(body=ANSWERS[dialect]))
        provider = ProviderRecord(
            "p1", "p1", kind, "active", Upstream("https://up.example/v1"), (SealedKey("k", b"k", b""),)
        )
        rig.publish(providers=(provider,))
        token = rig.token(limits=Limits(budgets=(Budget("b1", "monthly", 10**9, "month"),)))
        body = {"model": "gpt", "input": "hi"}
        reply = await rig.call("/v1/responses", token=token, body=json.dumps(body).encode())
        assert reply.status == 200, reply.answer
        sent = json.loads(rig.upstreams.sent[0][4])
        cap = int(reply.header("x-tollway-output-cap"))
        assert sent.get(field, sent.get("max_output_tokens")) == cap


async def test_a_call_that_the_first_dialect_cannot_say_is_said_in_the_next_one():
    rig = rig_of("openai", script=[ScriptedAnswer(body=ANSWERS["responses"])])
    tools = [{"type": "web_search_20250305", "name": "web_search"}]
    body = {"model": "a-model", "max_tokens": 50, "tools": tools, "messages": [{"role": "user", "content": "news?"}]}
    reply = await send(rig, body)
    assert reply.status == 200, reply.answer
    assert rig.upstreams.sent[0][2].endswith(b"/responses")
    assert json.loads(rig.upstreams.sent[0][4])["tools"][0]["type"].startswith("web_search")
