"""Kept responses are their owner's alone, wherever they are kept."""

import json

import msgspec
import pytest

from kit.dialect_answers import ANSWERS, STREAMS
from kit.gateway_kit import Rig, ScriptedAnswer
from tollway.contract import policy
from tollway.contract.limits import Limit, Limits
from tollway.contract.policy import Candidate, ModelRecord, ProviderRecord, SealedKey, Upstream
from tollway.contract.response_states import KeptHere, KeptUpstream
from tollway.contract.rights import NameRights, Rights

PATH = "/v1/responses"
KEYS = (SealedKey("k1", b"first", b""), SealedKey("k2", b"second", b""))
STORED = json.dumps({**json.loads(ANSWERS["responses"]), "store": True}).encode()


def rig_of(kind, *script):
    rig = Rig(*script)
    upstream = Upstream("https://up.example/v1")
    provider = ProviderRecord("p1", "p1", kind, "active", upstream, KEYS)
    rig.publish(providers=(provider,), models=(ModelRecord("m", (Candidate("p1", "up-m"),)),))
    return rig


async def create(rig, token, **fields):
    body = json.dumps({"model": "m", "input": "hi", **fields}).encode()
    reply = await rig.call(PATH, token=token, body=body)
    assert reply.status == 200, reply.answer
    return reply


async def ask(rig, token, path, method="GET", query=""):
    return await rig.call(f"{PATH}/{path}", method=method, token=token, query=query)


def code(reply):
    return json.loads(reply.answer)["error"]["code"]


async def test_what_no_upstream_keeps_is_kept_here_and_answered_again():
    rig = rig_of("anthropic", ScriptedAnswer(body=ANSWERS["messages"]))
    token = rig.token()
    made = json.loads((await create(rig, token)).answer)
    assert json.loads((await ask(rig, token, made["id"])).answer) == made
    items = json.loads((await ask(rig, token, f"{made['id']}/input_items")).answer)
    assert items["data"][0]["content"][0]["text"] == "hi"
    assert len(rig.upstreams.sent) == 1
    refused = await ask(rig, token, f"{made['id']}/cancel", "POST")
    assert (refused.status, code(refused)) == (400, "response.not_cancellable")
    assert json.loads((await ask(rig, token, made["id"], "DELETE")).answer)["deleted"] is True
    assert code(await ask(rig, token, made["id"])) == "response.not_found"
    assert [record.outcome for record in rig.journal.closed][1:] == ["ok", "ok", "refused", "ok", "refused"]


async def test_who_asks_for_what_was_just_streamed_waits_until_it_is_kept(monkeypatch):
    """Another worker may be asked before the one that streamed it has it in the file."""
    rig = rig_of("anthropic", ScriptedAnswer(chunks=[STREAMS["messages"]]))
    token = rig.token()
    await create(rig, token, stream=True)
    (_, response_id), state = next(iter(rig.states.kept.items()))
    looked = []

    async def find_late(owner, response_id):
        looked.append(response_id)
        return state

    monkeypatch.setattr(rig.states, "find", lambda owner, response_id: None)
    monkeypatch.setattr(rig.states, "find_patiently", find_late)
    assert json.loads((await ask(rig, token, response_id)).answer)["id"] == response_id
    assert looked == [response_id]


async def test_a_streamed_response_is_kept_before_its_last_bytes():
    rig = rig_of("anthropic", ScriptedAnswer(chunks=[STREAMS["messages"]]))
    token = rig.token()
    reply = await create(rig, token, stream=True)
    (state,) = rig.states.kept.values()
    assert isinstance(state, KeptHere) and state.id.encode() in reply.answer


async def test_what_the_caller_wants_forgotten_is_not_kept():
    rig = rig_of("anthropic", ScriptedAnswer(body=ANSWERS["messages"]))
    await create(rig, rig.token(), store=False)
    assert rig.states.kept == {}


async def test_anothers_response_is_as_unknown_as_none():
    rig = rig_of("anthropic", ScriptedAnswer(body=ANSWERS["messages"]))
    made = json.loads((await create(rig, rig.token())).answer)
    stranger = rig.token()
    for path, method in ((made["id"], "GET"), (made["id"], "DELETE"), (f"{made['id']}/cancel", "POST")):
        theirs = await ask(rig, stranger, path, method)
        unknown = await ask(rig, stranger, path.replace(made["id"], "resp_none"), method)
        assert theirs.status == unknown.status == 404
        first, second = json.loads(theirs.answer)["error"], json.loads(unknown.answer)["error"]
        assert first | {"request_id": ""} == second | {"request_id": ""}
    body = json.dumps({"model": "m", "input": "more", "previous_response_id": made["id"]}).encode()
    refused = await rig.call(PATH, token=stranger, body=body)
    assert (refused.status, code(refused)) == (400, "response.previous_not_found")


async def test_tokens_of_one_application_share_what_they_made():
    rig = rig_of("anthropic", ScriptedAnswer(body=ANSWERS["messages"]))
    owner = rig.application()
    made = json.loads((await create(rig, rig.token(owner=owner))).answer)
    assert (await ask(rig, rig.token(owner=owner), made["id"])).status == 200


async def test_what_is_kept_here_is_continued_by_whoever_serves_the_model():
    rig = rig_of("anthropic", ScriptedAnswer(body=ANSWERS["messages"]))
    token = rig.token()
    made = json.loads((await create(rig, token)).answer)
    second = json.loads((await create(rig, token, input="and now?", previous_response_id=made["id"])).answer)
    sent = json.loads(rig.upstreams.sent[1][4])
    assert [turn["role"] for turn in sent["messages"]] == ["user", "assistant", "user"]
    assert second["previous_response_id"] == made["id"]


async def test_what_an_upstream_keeps_is_asked_of_it_under_the_key_it_was_made_with():
    rig = rig_of("openai", ScriptedAnswer(401, b'{"error":{}}'), ScriptedAnswer(body=STORED))
    token = rig.token()
    await create(rig, token)
    (state,) = rig.states.kept.values()
    assert isinstance(state, KeptUpstream) and (state.provider_id, state.key_id) == ("p1", "k2")
    reply = await ask(rig, token, "resp_1", query="include[]=x")
    assert json.loads(reply.answer)["model"] == "m"
    _, method, target, fields, body = rig.upstreams.sent[-1]
    assert (method, target, fields[b"authorization"], body) == (
        "GET",
        b"/v1/responses/resp_1?include[]=x",
        b"Bearer second",
        b"",
    )
    await create(rig, token, previous_response_id="resp_1")
    assert rig.upstreams.sent[-1][3][b"authorization"] == b"Bearer second"
    assert json.loads(rig.upstreams.sent[-1][4])["previous_response_id"] == "resp_1"
    await ask(rig, token, "resp_1", "DELETE")
    assert rig.states.kept == {}
    opened = {record.request_id for record in rig.journal.opened}
    assert len(opened) == len(rig.journal.opened) == 4


async def test_a_response_kept_upstream_can_be_streamed_again():
    rig = rig_of("openai", ScriptedAnswer(body=STORED))
    token = rig.token()
    await create(rig, token)
    rig.upstreams.script = [ScriptedAnswer(chunks=[STREAMS["responses"]])]
    reply = await ask(rig, token, "resp_1", query="stream=true")
    assert b'"model":"m"' in reply.answer.replace(b'": ', b'":')
    assert rig.journal.closed[-1].outcome == "ok"


async def test_a_name_with_quotes_is_written_as_json_in_a_stream_that_is_retrieved():
    name = 'the "best" model'
    rig = rig_of("openai", ScriptedAnswer(body=STORED))
    rig.publish(
        providers=(ProviderRecord("p1", "p1", "openai", "active", Upstream("https://up.example/v1"), KEYS),),
        models=(ModelRecord(name, (Candidate("p1", "a-model"),)),),
    )
    token = rig.token()
    await create(rig, token, model=name)
    rig.upstreams.script = [ScriptedAnswer(chunks=[STREAMS["responses"]])]
    reply = await ask(rig, token, "resp_1", query="stream=true")
    events = [json.loads(line[6:]) for line in reply.answer.splitlines() if line.startswith(b"data: ")]
    assert {event["response"]["model"] for event in events if "response" in event} == {name}


async def test_an_upstream_that_refuses_our_key_is_not_the_callers_fault():
    rig = rig_of("openai", ScriptedAnswer(body=STORED))
    token = rig.token()
    await create(rig, token)
    rig.upstreams.script = [ScriptedAnswer(401, b"{}")]
    reply = await ask(rig, token, "resp_1")
    assert (reply.status, code(reply)) == (502, "upstream.auth")


async def test_a_provider_that_is_gone_cannot_show_what_it_kept():
    rig = rig_of("openai", ScriptedAnswer(body=STORED))
    token = rig.token()
    await create(rig, token)
    other = ProviderRecord(
        "p9", "p9", "anthropic", "active", Upstream("https://x.example"), (SealedKey("k", b"k", b""),)
    )
    rig.publish(providers=(other,), models=(ModelRecord("m", (Candidate("p9", "up-m"),)),))
    assert code(await ask(rig, token, "resp_1")) == "response.not_found"
    body = json.dumps({"model": "m", "input": "more", "previous_response_id": "resp_1"}).encode()
    assert code(await rig.call(PATH, token=token, body=body)) == "response.previous_not_found"


async def test_a_model_the_token_may_not_use_any_more_is_not_shown():
    rig = rig_of("anthropic", ScriptedAnswer(body=ANSWERS["messages"]))
    owner = rig.application()
    made = json.loads((await create(rig, rig.token(owner=owner))).answer)
    assert code(await ask(rig, rig.token(owner=owner, models=("other",)), made["id"])) == "response.not_found"


@pytest.mark.parametrize(
    ("models", "is_shown"),
    [(("m",), True), (("other",), False), (("*",), True)],
    ids=["its own", "another", "every"],
)
@pytest.mark.parametrize("kind", ["openai", "anthropic"])
async def test_a_kept_response_is_shown_while_its_model_and_way_are_permitted(kind, models, is_shown):
    """Also of a model that is no longer offered: what made the response is what the rights are asked about."""
    rig = rig_of(kind, ScriptedAnswer(body=STORED if kind == "openai" else ANSWERS["messages"]))
    secret = rig.token()
    made = json.loads((await create(rig, secret)).answer)
    ((token_id, raw),) = rig.policy.tokens.items()
    narrowed = msgspec.structs.replace(policy.decode_token(raw), rights=Rights(models=NameRights(models)))
    rig.policy.tokens[token_id] = policy.encode(narrowed)
    assert (await ask(rig, secret, made["id"])).status == (200 if is_shown else 404)
    provider = ProviderRecord("p1", "p1", kind, "active", Upstream("https://up.example/v1"), KEYS)
    rig.publish(providers=(provider,), models=())
    assert (await ask(rig, secret, made["id"])).status == (200 if is_shown else 404)


async def test_a_store_that_is_down_loses_no_answer_and_is_never_a_missing_response():
    rig = rig_of("anthropic", ScriptedAnswer(body=ANSWERS["messages"]))
    token = rig.token()
    rig.states.is_down = True
    reply = await create(rig, token)
    assert "response-not-kept" in reply.header("x-tollway-translation-notes")
    refused = await ask(rig, token, json.loads(reply.answer)["id"])
    assert (refused.status, code(refused)) == (503, "gateway.states_unavailable")


@pytest.mark.parametrize(("path", "method"), [("x", "POST"), ("x/cancel", "GET"), ("x/input_items", "DELETE")])
async def test_each_path_has_its_methods(path, method):
    rig = Rig()
    reply = await ask(rig, rig.token(), path, method)
    assert (reply.status, code(reply)) == (405, "route.method")


async def test_what_an_upstream_keeps_is_asked_of_it_within_its_limits():
    rig = rig_of("openai", ScriptedAnswer(body=STORED))
    limits = Limits(limits=(Limit("l", "few", "requests", 5, window_seconds=60), Limit("b", "b", "bytes", 5, 60)))
    provider = ProviderRecord("p1", "p1", "openai", "active", Upstream("https://up.example/v1"), KEYS, limits=limits)
    rig.publish(providers=(provider,), models=(ModelRecord("m", (Candidate("p1", "up-m"),)),))
    token = rig.token()
    await create(rig, token)
    reply = await ask(rig, token, "resp_1")
    assert [claims.every[0].owner_id for claims, *_ in rig.meters.asked] == ["p1", "p1"]
    assert (reply.status, rig.meters.open, rig.meters.used[-1][4]) == (200, 0, len(reply.answer))
    rig.meters.refuses = True
    reply = await ask(rig, token, "resp_1")
    assert (reply.status, code(reply), rig.meters.open) == (429, "limit.requests", 0)
    rig.publish(
        providers=(msgspec.structs.replace(provider, limits=Limits(limits=limits.limits[:1])),),
        models=(ModelRecord("m", (Candidate("p1", "up-m"),)),),
    )
    rig.meters.refuses = None
    assert (await ask(rig, token, "resp_1")).status == 200
