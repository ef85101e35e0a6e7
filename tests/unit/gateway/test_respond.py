"""Answers pass as they came; errors speak the caller's dialect and never pass for a whole answer."""

import json
import re

import pytest

from kit.gateway_kit import Rig, ScriptedAnswer
from tollway.gateway.call import Call
from tollway.gateway.respond import challenge, respond_error, server_timing
from tollway.kernel.errors import TollwayError

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


async def test_each_stage_is_timed_in_a_header():
    rig = Rig(ScriptedAnswer(body=OK))
    reply = await rig.call(token=rig.token(), body=BODY)
    stages = re.findall(r"(\w+);dur=\d+\.\d{3}", reply.header("server-timing"))
    assert stages == ["authenticate", "body", "resolve", "admit", "upstream"]


def test_times_are_in_milliseconds():
    call = Call("req_1", 0, 1_000_000, "GET")
    call.authenticated_at, call.answered_at = 2_500_000, 14_500_000
    text = server_timing(call, 15_000_000)
    assert text.startswith(b"authenticate;dur=1.500, ") and text.endswith(b"upstream;dur=12.000")


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


async def test_an_answer_that_has_begun_is_broken_off_not_completed():
    rig = Rig()
    exchange = rig.exchange()
    exchange.start(200, [], None)
    call = Call("req_1", 0, 0, "POST", status=200)
    respond_error(exchange, TollwayError("upstream.timeout"), call)
    assert exchange.is_aborted and not exchange.is_finished and exchange.answer == b""
    assert (call.status, call.code) == (200, "upstream.timeout")


def test_an_error_carries_what_the_caller_needs_next():
    exchange = Rig().exchange()
    error = TollwayError(
        "limit.requests", retry_after_seconds=0.2, upstream_request_id="up-1", headers={"x-limit": "per-minute"}
    )
    respond_error(exchange, error, Call("req_1", 0, 0, "POST", answer_headers=((b"vary", b"origin"),)))
    assert exchange.status == 429 and exchange.header("retry-after") == "1"
    assert exchange.header("x-tollway-upstream-request-id") == "up-1"
    assert (exchange.header("x-limit"), exchange.header("vary")) == ("per-minute", "origin")
    assert exchange.header("x-request-id") == "req_1" and exchange.header("cache-control") == "no-store"
    assert exchange.header("www-authenticate") == ""


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("token.missing", None),
        ("token.ambiguous", "invalid_request"),
        ("token.expired", "invalid_token"),
        ("token.model_denied", "insufficient_scope"),
    ],
)
def test_challenges_follow_rfc_6750(code, kind):
    exchange = Rig().exchange()
    respond_error(exchange, TollwayError(code), Call("req_1", 0, 0, "POST"))
    text = exchange.header("www-authenticate")
    assert text.encode() == challenge(TollwayError(code))
    assert text.startswith('Bearer realm="tollway"')
    assert ("error=" not in text) if kind is None else (f'error="{kind}"' in text)
