"""Answers pass as they came; errors speak the caller's dialect and never pass for a whole answer."""

import json
import re

import pytest

from kit.dialect_answers import ANSWERS, STREAMS, USAGE
from kit.gateway_kit import Rig, ScriptedAnswer
from tollway.contract.policy import Budget, Limits, ProviderRecord, SealedKey, Upstream

OK = json.dumps({"model": "gpt", "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1}}).encode()
BODY = b'{"model":"gpt","max_tokens":100,"messages":[]}'
ALIAS = BODY.replace(b'"gpt"', b'"alias"')
STREAM = BODY[:-1] + b',"stream":true}'


def event(**fields) -> bytes:
    return b"data: " + json.dumps({"model": "gpt", "choices": [], **fields}).encode() + b"\n\n"


async def test_only_headers_that_describe_the_answer_come_back():
    headers = [(b"openai-processing-ms", b"7"), (b"set-cookie", b"a=b"), (b"server", b"x"), (b"x-secret", b"y")]
    rig = Rig(ScriptedAnswer(body=OK, headers=headers))
    reply = await rig.call(token=rig.token(), body=BODY)
    assert reply.header("openai-processing-ms") == "7"
    assert not {b"set-cookie", b"server", b"x-secret"} & {name for name, _ in reply.headers}
    assert reply.header("x-content-type-options") == "nosniff"
    assert reply.header("x-tollway-provider") == "p1"


@pytest.mark.parametrize("asked", [BODY, ALIAS], ids=["name", "alias"])
@pytest.mark.parametrize(("status", "body"), [(200, OK), (200, b"none"), (429, b"{}"), (500, b"<p>"), (302, b"")])
async def test_an_answer_is_told_the_same_whether_its_body_came_at_once_or_late(status, body, asked):
    told = []
    for is_late in (False, True):
        rig = Rig(ScriptedAnswer(status, body, [(b"retry-after", b"3")], is_late=is_late))
        reply = await rig.call(token=rig.token(), body=asked)
        record = rig.journal.closed[0]
        own = {b"x-request-id", b"server-timing"}
        headers = [header for header in reply.headers if header[0] not in own]
        answer = reply.answer.replace(record.request_id.encode(), b"")
        told.append((reply.status, headers, answer, record.usage, record.cost_nanos, record.outcome))
    assert told[0] == told[1]


async def test_each_stage_is_timed_in_a_header():
    rig = Rig(ScriptedAnswer(body=OK))
    reply = await rig.call(token=rig.token(), body=BODY)
    stages = re.findall(r"(\w+);dur=\d+\.\d{3}", reply.header("server-timing"))
    assert stages == ["authenticate", "body", "resolve", "admit", "upstream"]


async def test_usage_that_an_upstream_does_not_tell_is_estimated_and_marked():
    rig = Rig(ScriptedAnswer(body=b'{"choices":[{"message":{"content":"some words here"}}]}'))
    await rig.call(token=rig.token(), body=BODY)
    usage = rig.journal.closed[0].usage
    assert usage.is_estimated and usage.output_tokens > 0


@pytest.mark.parametrize("body", [b"not json", b'{"choices":[]}', b"[1]"])
async def test_an_answer_without_a_model_passes_as_it_came_also_for_an_alias(body):
    rig = Rig(ScriptedAnswer(body=body))
    reply = await rig.call(token=rig.token(), body=ALIAS)
    assert (reply.status, reply.answer) == (200, body)


async def test_an_error_page_of_the_upstream_never_reaches_the_caller():
    answer = ScriptedAnswer(418, b"<h1>internal host 10.0.0.3</h1>")
    answer.headers = [(b"content-type", b"text/html")]
    rig = Rig(answer)
    reply = await rig.call(token=rig.token(), body=BODY)
    assert reply.status == 418 and b"10.0.0.3" not in reply.answer
    assert json.loads(reply.answer)["error"]["code"] == "upstream.protocol"
    assert [value for name, value in reply.headers if name == b"content-type"] == [b"application/json"]


async def test_a_stream_is_passed_on_and_billed_by_what_it_says():
    usage = {"prompt_tokens": 10, "completion_tokens": 5}
    chunks = [event(choices=[{"delta": {"content": "hi"}}]), event(usage=usage), b"data: [DONE]\n\n"]
    rig = Rig(ScriptedAnswer(chunks=chunks))
    reply = await rig.call(token=rig.token(), body=STREAM)
    assert reply.status == 200 and reply.is_finished and reply.header("x-accel-buffering") == "no"
    assert b'"hi"' in reply.answer and reply.answer.endswith(b"data: [DONE]\n\n")
    # The caller did not ask for usage; it was asked for by us, so it is not shown.
    assert b"prompt_tokens" not in reply.answer
    (record,) = rig.journal.closed
    assert (record.outcome, record.is_stream, record.cost_nanos) == ("ok", True, 10 * 150 + 5 * 600)


async def test_an_alias_stream_answers_under_the_callers_name():
    rig = Rig(ScriptedAnswer(chunks=[event(choices=[{"delta": {"content": "x"}}]), b"data: [DONE]\n\n"]))
    reply = await rig.call(token=rig.token(), body=STREAM.replace(b'"gpt"', b'"alias"'))
    first = json.loads(reply.answer.split(b"\n\n")[0].removeprefix(b"data: "))
    assert first["model"] == "alias"


async def test_a_cut_stream_ends_in_an_error_event_and_is_billed_for_what_was_relayed():
    rig = Rig(ScriptedAnswer(chunks=[event(choices=[{"delta": {"content": "half"}}])], error="upstream.truncated"))
    reply = await rig.call(token=rig.token(), body=STREAM)
    assert b"half" in reply.answer and b"upstream.truncated" in reply.answer
    (record,) = rig.journal.closed
    assert (record.outcome, record.code) == ("truncated", "upstream.truncated")
    assert record.usage.is_estimated and record.usage.output_tokens > 0


HELLO = b'{"model":"gpt","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}'


def anthropic_rig(*script):
    rig = Rig(*script)
    upstream = Upstream("https://up.example/v1")
    provider = ProviderRecord("p1", "p1", "anthropic", "active", upstream, (SealedKey("k", b"key", b""),))
    rig.publish(providers=(provider,))
    return rig


async def test_an_answer_that_is_none_is_the_upstreams_fault_and_still_billed():
    rig = anthropic_rig(ScriptedAnswer(body=b'{"hello": "world"}'))
    reply = await rig.call(token=rig.token(), body=HELLO)
    assert (reply.status, json.loads(reply.answer)["error"]["code"]) == (502, "upstream.protocol")
    assert rig.journal.closed[0].usage.is_estimated


async def test_a_wait_that_only_the_body_tells_becomes_a_header():
    rig = Rig(
        ScriptedAnswer(
            429,
            b'{"error":{"code":429,"message":"slow down","status":"RESOURCE_EXHAUSTED","details":'
            b'[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"3.5s"}]}}',
        )
    )
    upstream = Upstream("https://up.example/v1beta")
    provider = ProviderRecord("p1", "p1", "gemini", "active", upstream, (SealedKey("k", b"key", b""),))
    rig.publish(providers=(provider,))
    reply = await rig.call(token=rig.token(), body=HELLO)
    assert (reply.status, reply.header("retry-after")) == (429, "4")
    assert b"slow down" in reply.answer


async def test_a_translated_answer_is_json_whatever_the_upstream_called_it():
    answer = ScriptedAnswer(body=ANSWERS["messages"])
    answer.headers[0] = (b"content-type", b"text/plain")
    rig = anthropic_rig(answer)
    reply = await rig.call(token=rig.token(), body=HELLO)
    assert reply.status == 200 and reply.header("content-type") == "application/json"
    assert json.loads(reply.answer)["model"] == "gpt"


async def test_a_redirect_is_no_answer_of_another_dialect():
    rig = anthropic_rig(ScriptedAnswer(302, b""))
    reply = await rig.call(token=rig.token(), body=HELLO)
    assert (reply.status, json.loads(reply.answer)["error"]["code"]) == (502, "upstream.protocol")


async def test_a_chat_stream_states_usage_only_for_those_who_asked():
    for options, states in ((b"", False), (b',"stream_options":{"include_usage":true}', True)):
        rig = anthropic_rig(ScriptedAnswer(chunks=[STREAMS["messages"]]))
        reply = await rig.call(token=rig.token(), body=HELLO[:-1] + b',"stream":true' + options + b"}")
        assert (b'"usage":{' in reply.answer.replace(b'": {', b'":{')) is states
        assert rig.journal.closed[0].usage == USAGE


async def test_gemini_without_events_is_one_array():
    rig = Rig(ScriptedAnswer(chunks=[STREAMS["chat"]]))
    body = json.dumps({"contents": [{"parts": [{"text": "hi"}]}]}).encode()
    reply = await rig.call("/v1beta/models/gpt:streamGenerateContent", token=rig.token(), body=body)
    assert reply.header("content-type") == "application/json"
    assert len(json.loads(reply.answer)) > 1


async def test_clients_of_anthropic_find_the_requests_id_where_they_look():
    rig = anthropic_rig(ScriptedAnswer(body=ANSWERS["messages"]))
    reply = await rig.call("/v1/messages", token=rig.token(), body=HELLO)
    assert reply.header("request-id") == reply.header("x-request-id") != ""
    reply = await rig.call("/v1/messages", token=rig.token(models=()), body=HELLO)
    assert reply.status == 403 and reply.header("request-id") == reply.header("x-request-id") != ""


async def test_an_error_passes_by_its_words_not_by_its_label():
    answer = ScriptedAnswer(400, b'{"error":{"message":"too long"}}')
    answer.headers[0] = (b"content-type", b"application/octet-stream")
    rig = Rig(answer)
    reply = await rig.call(token=rig.token(), body=BODY)
    assert (reply.status, reply.answer) == (400, b'{"error":{"message":"too long"}}')
    assert reply.header("content-type") == "application/json"


async def test_a_response_in_the_background_spends_all_that_was_reserved():
    queued = {**json.loads(ANSWERS["responses"]), "status": "queued", "output": [], "usage": None, "store": True}
    rig = Rig(ScriptedAnswer(body=json.dumps(queued).encode()))
    token = rig.token(limits=Limits(budgets=(Budget("b1", "monthly", 10**12, "month"),)))
    body = b'{"model":"gpt","input":"hi","background":true,"max_output_tokens":1000}'
    await rig.call("/v1/responses", token=token, body=body)
    held = rig.journal.opened[0].charges[0].nanos
    assert rig.meters.settled == [held] and held > 0
    assert rig.journal.closed[0].usage.is_estimated


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1beta/models/gpt:generateContent"])
async def test_a_key_that_google_refuses_with_400_is_not_the_callers_fault_and_the_next_one_is_tried(path):
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "API_KEY_INVALID",
        "domain": "googleapis.com",
    }
    error = {"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT", "details": [info]}}
    bad = json.dumps(error).encode()
    rig = Rig(ScriptedAnswer(400, bad), ScriptedAnswer(body=ANSWERS["gemini"]), ScriptedAnswer(400, bad))
    keys = (SealedKey("k1", b"first", b""), SealedKey("k2", b"second", b""))
    provider = ProviderRecord("p1", "p1", "gemini", "active", Upstream("https://up.example/v1beta"), keys)
    rig.publish(providers=(provider,))
    body = HELLO if path.startswith("/v1/") else b'{"contents":[{"parts":[{"text":"hi"}]}]}'
    assert (await rig.call(path, token=rig.token(), body=body)).status == 200
    assert [sent[3][b"x-goog-api-key"] for sent in rig.upstreams.sent] == [b"first", b"second"]
    reply = await rig.call(path, token=rig.token(), body=body)
    assert reply.status == 502 and b"upstream.auth" in reply.answer
