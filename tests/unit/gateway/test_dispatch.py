"""Candidates are tried in order while nothing has reached the caller; every attempt is recorded."""

import asyncio
import json

import pytest

from kit.gateway_kit import PRICE, Rig, ScriptedAnswer, ScriptedUpstreams
from tollway.contract.policy import (
    Budget,
    Candidate,
    DatedPrice,
    Limits,
    ModelRecord,
    ProviderRecord,
    SealedKey,
    Upstream,
)

OK = json.dumps({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1}}).encode()
BODY = b'{"model":"gpt","max_tokens":100,"messages":[]}'
ERROR = b'{"error":{"message":"busy"}}'
BUDGET = Limits(budgets=(Budget("b1", "monthly", 10**9, "month"),))


@pytest.fixture(autouse=True, params=[False, True], ids=["new connection", "idle connection"])
def has_idle(request, monkeypatch):
    """All of this holds over connections that lie idle as over those that are to be opened."""
    monkeypatch.setattr(ScriptedUpstreams, "has_idle", request.param)
    return request.param


async def test_a_caller_who_leaves_closes_the_connection_it_waits_for(has_idle):
    rig = Rig(None)
    call = asyncio.ensure_future(rig.call(token=rig.token(), body=BODY))
    await asyncio.sleep(0.01)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert [begun.is_closed for begun in rig.upstreams.begun] == [True] * has_idle
    (closed,) = rig.journal.closed
    assert (closed.outcome, [attempt.code for attempt in closed.attempts]) == ("disconnected", ["disconnected"])


@pytest.mark.parametrize(
    "first", ["upstream.unreachable", "upstream.timeout", ScriptedAnswer(503, ERROR), ScriptedAnswer(429, ERROR)]
)
async def test_a_failed_candidate_is_followed_by_the_next(first):
    rig = Rig(first, ScriptedAnswer(body=OK))
    rig.publish(second=True)
    reply = await rig.call(token=rig.token(), body=BODY)
    assert reply.status == 200
    (closed,) = rig.journal.closed
    assert [attempt.provider_id for attempt in closed.attempts] == ["p1", "p2"]
    assert closed.provider_id == "p2" and closed.outcome == "ok" and closed.code == ""
    # The one that failed rests: the next call begins with the other.
    await rig.call(token=rig.token(), body=BODY)
    assert rig.journal.closed[1].attempts[0].provider_id == "p2"


def provider(name: str, keys: int) -> ProviderRecord:
    sealed = tuple(SealedKey(f"{name}-{at}", f"sk-{name}-{at}".encode(), b"") for at in range(keys))
    return ProviderRecord(name, name, "openai", "active", Upstream(f"https://{name}.example/v1"), sealed)


@pytest.mark.parametrize(
    "failure",
    ["upstream.unreachable", "upstream.timeout", *(ScriptedAnswer(status, ERROR) for status in (401, 429, 503))],
    ids=["unreachable", "timeout", "401", "429", "503"],
)
async def test_r22_every_host_gets_its_own_key_alone_whatever_failed_before(failure):
    rig = Rig(failure, failure, failure, ScriptedAnswer(body=OK))
    providers = [provider("one", 2), provider("two", 1), provider("three", 1)]
    ways = tuple(Candidate(each.id, "gpt", (DatedPrice(None, PRICE),)) for each in providers)
    rig.publish(providers=providers, models=[ModelRecord("gpt", ways)])
    secret = rig.token()
    await rig.call(token=secret, body=BODY, headers=[("cookie", "a=b"), ("x-api-base", "https://evil.example")])
    assert len(rig.upstreams.sent) >= 3
    for destination, _, _, headers, _ in rig.upstreams.sent:
        name = destination.host.removesuffix(".example")
        carried = b" ".join(headers.values())
        assert f"sk-{name}-".encode() in headers[b"authorization"]
        assert not any(f"sk-{other}-".encode() in carried for other in {"one", "two", "three"} - {name})
        assert secret.encode() not in carried and b"cookie" not in headers and b"x-api-base" not in headers


@pytest.mark.parametrize("field", ["api_base", "base_url", "api_key", "extra_headers", "provider", "model_list"])
async def test_r22_nothing_in_a_request_says_where_it_is_sent(field):
    rig = Rig(ScriptedAnswer(body=OK))
    body = {"model": "gpt", "max_tokens": 9, "messages": [], field: "https://evil.example/v1"}
    await rig.call(token=rig.token(), body=json.dumps(body).encode())
    assert {destination.host for destination, *_ in rig.upstreams.sent} <= {"up.example"}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_r22_a_redirect_is_followed_by_nobody(status):
    rig = Rig(ScriptedAnswer(status, b"", [(b"location", b"https://evil.example/")]))
    rig.publish(second=True)
    await rig.call(token=rig.token(), body=BODY)
    assert {destination.host for destination, *_ in rig.upstreams.sent} == {"up.example"}


async def test_the_second_key_is_tried_when_the_first_is_refused():
    rig = Rig(ScriptedAnswer(401, ERROR), ScriptedAnswer(body=OK))
    rig.publish(keys=2)
    assert (await rig.call(token=rig.token(), body=BODY)).status == 200
    assert [sent[3][b"authorization"] for sent in rig.upstreams.sent] == [b"Bearer sk-1", b"Bearer sk-2"]


async def test_an_upstream_that_refuses_our_key_is_never_the_callers_fault():
    rig = Rig(ScriptedAnswer(401, ERROR, [(b"x-request-id", b"up-9")]))
    reply = await rig.call(token=rig.token(), body=BODY)
    assert (reply.status, json.loads(reply.answer)["error"]["code"]) == (502, "upstream.auth")
    assert reply.header("x-tollway-upstream-request-id") == "up-9"
    assert b"www-authenticate" not in dict(reply.headers)
    assert reply.header("x-should-retry") == "false"


@pytest.mark.parametrize("status", [400, 404, 422])
async def test_what_an_upstream_says_about_the_request_is_the_answer(status):
    rig = Rig(ScriptedAnswer(status, ERROR))
    rig.publish(second=True)
    reply = await rig.call(token=rig.token(), body=BODY)
    assert (reply.status, reply.answer, len(rig.upstreams.sent)) == (status, ERROR, 1)


async def test_the_last_busy_answer_passes_with_its_retry_after():
    rig = Rig(ScriptedAnswer(429, ERROR, [(b"retry-after", b"9")]))
    reply = await rig.call(token=rig.token(limits=BUDGET), body=BODY)
    assert (reply.status, reply.answer, reply.header("retry-after")) == (429, ERROR, "9")
    assert rig.meters.settled == [0]


async def test_an_unreadable_error_page_becomes_an_error_in_the_dialect():
    answer = ScriptedAnswer(502, b"<html>")
    answer.headers = [(b"content-type", b"text/html")]
    rig = Rig(answer)
    reply = await rig.call(token=rig.token(), body=BODY)
    assert reply.status == 502 and b"without a readable error" in reply.answer
    assert reply.header("content-type") == "application/json"


async def test_a_body_lost_in_the_middle_falls_back_because_nothing_reached_the_caller():
    rig = Rig(ScriptedAnswer(error="upstream.truncated"), ScriptedAnswer(body=OK))
    rig.publish(second=True)
    assert (await rig.call(token=rig.token(), body=BODY)).status == 200


async def test_the_last_failure_is_named_when_all_candidates_failed():
    rig = Rig("upstream.unreachable", "upstream.timeout")
    rig.publish(second=True)
    reply = await rig.call(token=rig.token(), body=BODY)
    assert (reply.status, json.loads(reply.answer)["error"]["code"]) == (504, "upstream.timeout")
    assert rig.journal.closed[0].outcome == "failed"


async def test_usage_is_asked_for_in_streams_and_what_that_caused_is_hidden():
    chunks = [b'data: {"choices":[{"delta":{"content":"x"}}],"model":"gpt"}\n\n',
              b'data: {"choices":[],"usage":{"prompt_tokens":4,"completion_tokens":2}}\n\n',
              b"data: [DONE]\n\n"]  # fmt: skip
    rig = Rig(ScriptedAnswer(chunks=chunks))
    reply = await rig.call(token=rig.token(), body=BODY[:-1] + b',"stream":true}')
    assert json.loads(rig.upstreams.sent[0][4])["stream_options"] == {"include_usage": True}
    assert reply.answer == chunks[0] + chunks[2] and reply.is_finished
    (closed,) = rig.journal.closed
    assert (closed.usage.output_tokens, closed.cost_nanos, closed.is_stream) == (2, 4 * 150 + 2 * 600, True)


async def test_a_cut_stream_ends_in_an_error_event_and_is_billed_as_estimated():
    chunks = [b'data: {"choices":[{"delta":{"content":"x"}}]}\n\n'] * 3
    rig = Rig(ScriptedAnswer(chunks=chunks, error="upstream.truncated"))
    reply = await rig.call(token=rig.token(limits=BUDGET), body=BODY[:-1] + b',"stream":true}')
    assert b'"code":"upstream.truncated"' in reply.answer and reply.is_finished
    (closed,) = rig.journal.closed
    assert closed.outcome == "truncated" and closed.usage.is_estimated and closed.usage.output_tokens == 3
    assert rig.meters.settled == [closed.cost_nanos]


async def test_of_the_callers_headers_only_those_that_speak_to_the_model_travel_on():
    rig = Rig(ScriptedAnswer(body=OK))
    fields = [("openai-beta", "x=1"), ("idempotency-key", "k"), ("x-sandbox-status", "503"), ("user-agent", "me")]
    await rig.call(token=rig.token(), body=BODY, headers=fields)
    sent = rig.upstreams.sent[0][3]
    assert (sent[b"openai-beta"], sent[b"idempotency-key"]) == (b"x=1", b"k")
    assert b"x-sandbox-status" not in sent and b"user-agent" not in sent
