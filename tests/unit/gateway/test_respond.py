"""Errors speak the caller's dialect and never pass for a whole answer; times are told in milliseconds."""

import json

import pytest

from kit.gateway_kit import Rig
from tollway.gateway.call import Call
from tollway.gateway.explained import NOWHERE
from tollway.gateway.respond import Milliseconds, challenge, respond_error, server_timing
from tollway.kernel.errors import TollwayError


def test_times_are_in_milliseconds():
    call = Call("req_1", 0, method="GET", accepted_at=1_000_000)
    call.authenticated_at, call.answered_at = 2_500_000, 14_500_000
    text = server_timing(call)
    assert text.startswith("authenticate;dur=1.500, ") and text.endswith("upstream;dur=12.000")
    assert call.told_us == (1500, 0, 0, 0, 12_000)


def test_few_durations_are_remembered_whatever_comes():
    durations = Milliseconds()
    assert [durations[number] for number in (0, 999, 16_384, 3_600_000)] == ["0.000", "0.999", "16.384", "3600.000"]
    assert set(durations) == {0, 999} and durations[999] == "0.999"


async def test_an_answer_that_has_begun_is_broken_off_not_completed():
    rig = Rig()
    exchange = rig.exchange()
    exchange.start(200, [], None)
    call = Call("req_1", 0, method="POST", status=200)
    respond_error(exchange, TollwayError("upstream.timeout"), call, NOWHERE)
    assert exchange.is_aborted and not exchange.is_finished and exchange.answer == b""
    assert (call.status, call.code) == (200, "upstream.timeout")


def test_an_error_carries_what_the_caller_needs_next():
    exchange = Rig().exchange()
    error = TollwayError(
        "limit.requests", retry_after_seconds=0.2, upstream_request_id="up-1", headers={"x-limit": "per-minute"}
    )
    call = Call("req_1", 0, method="POST", answer_headers=((b"vary", b"origin"),))
    respond_error(exchange, error, call, NOWHERE)
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
    respond_error(exchange, TollwayError(code), Call("req_1", 0, method="POST"), NOWHERE)
    text = exchange.header("www-authenticate")
    assert text.encode() == challenge(TollwayError(code))
    assert text.startswith('Bearer realm="tollway"')
    assert ("error=" not in text) if kind is None else (f'error="{kind}"' in text)


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=a>',
    "a\r\nset-cookie: a=b",
    "\u2028</script>",
    "\x00",
    "{{7*7}}",
]


@pytest.mark.parametrize("route", ["/v1/chat/completions", "/v1/responses", "/v1/messages", "/v1/embeddings"])
async def test_r33_what_a_refusal_repeats_is_json_that_no_browser_takes_for_a_page(route: str) -> None:
    rig = Rig()
    secret = rig.token()
    for text in HOSTILE:
        body = json.dumps({"model": text, "messages": [], "input": text, "max_tokens": 1, text: text}).encode()
        reply = await rig.call(route, token=secret, body=body, headers=[("x-a", ascii(text)), ("origin", "https://e")])
        assert reply.status >= 400
        fields = dict(reply.headers)
        assert (fields[b"content-type"], fields[b"x-content-type-options"]) == (b"application/json", b"nosniff")
        assert json.loads(reply.answer)
        for name, value in reply.headers:
            assert not {10, 13, 0} & set(value) and b"<script" not in value and b"onerror" not in value, name
