"""Credentials: one grammar, four carriers, the same decision everywhere (R2, R3, R4, R6, A3)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.gateway_kit import Rig, ScriptedAnswer

BODY = b'{"model":"gpt","messages":[]}'
OK = ScriptedAnswer(body=b'{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}')
CARRIERS = ["authorization", "x-api-key", "api-key", "x-goog-api-key"]


def carried(name, secret):
    return (name, f"Bearer {secret}" if name == "authorization" else secret)


def code(reply):
    return json.loads(reply.answer)["error"]["code"]


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, None),
        ({"state": "revoked"}, "token.revoked"),
        ({"state": "disabled"}, "token.disabled"),
        ({"expires_ns": 1}, "token.expired"),
        ({"owner": "app_gone"}, "token.owner_disabled"),
        ({"models": ()}, "token.model_denied"),
    ],
)
async def test_r3_the_decision_is_the_same_for_every_carrier(carrier, fields, expected):
    rig = Rig(OK)
    reply = await rig.call(body=BODY, headers=[carried(carrier, rig.token(**fields))])
    assert (None if reply.status == 200 else code(reply)) == expected


async def test_equal_credentials_in_two_places_count_as_one_and_different_ones_are_refused():
    rig = Rig(OK)
    one, two = rig.token(), rig.token()
    assert (await rig.call(token=one, body=BODY, headers=[("x-api-key", one)])).status == 200
    reply = await rig.call(token=one, body=BODY, headers=[("x-api-key", two)])
    assert (reply.status, code(reply)) == (400, "token.ambiguous")


async def test_r2_a_credential_header_sent_twice_is_refused():
    rig = Rig(OK)
    secret = rig.token()
    reply = await rig.call(token=secret, body=BODY, headers=[("authorization", f"Bearer {secret}")])
    assert (reply.status, code(reply)) == (400, "token.ambiguous")


@pytest.mark.parametrize(
    "value",
    [
        "Bearer",
        "Bearer ",
        "Bearer  {}",
        "Bearer\t{}",
        "Basic {}",
        "{}",
        "Bearer {} x",
        "Bearer {},{}",
        "bearer{}",
        "Bearer null",
    ],
)
async def test_r2_only_bearer_one_space_and_a_token_is_read(value):
    rig = Rig(OK)
    secret = rig.token()
    reply = await rig.call(body=BODY, headers=[("authorization", value.replace("{}", secret))])
    assert (reply.status, code(reply)) == (401, "token.malformed")


async def test_the_scheme_is_read_in_any_case():
    rig = Rig(OK)
    assert (await rig.call(body=BODY, headers=[("authorization", f"bEaReR {rig.token()}")])).status == 200


async def test_no_credential_gets_a_challenge_without_an_error_code():
    reply = await Rig().call(body=BODY)
    assert (reply.status, reply.header("www-authenticate")) == (401, 'Bearer realm="tollway"')


async def test_r12_right_id_with_wrong_secret_answers_like_an_unknown_id():
    rig = Rig(OK)
    import hashlib

    from tollway.policy.token import generate_token

    known = rig.token()
    unknown = generate_token("s", hashlib.sha384(b"else").digest()).reveal()
    rig.policy.tokens[unknown[4:16]] = rig.policy.tokens[known[4:16]]
    forged = await rig.call(token=unknown, body=BODY)
    del rig.policy.tokens[unknown[4:16]]
    absent = await rig.call(token=unknown, body=BODY)
    assert forged.status in (401, 503)
    assert (absent.status, code(absent)) == (401, "token.invalid")
    assert 'error="invalid_token"' in absent.header("www-authenticate")


async def test_r7_no_header_or_method_switches_authentication_off():
    rig = Rig(OK)
    for headers in (
        [("user-agent", "kube-probe/1.2")],
        [("x-original-url", "/healthz")],
        [("x-forwarded-uri", "/healthz")],
    ):
        assert (await rig.call(body=BODY, headers=headers)).status == 401
    for method in ("HEAD", "OPTIONS", "TRACE", "post", "PUT"):
        assert (await rig.call(method=method, body=BODY)).status in (401, 405)


async def test_a_damaged_record_refuses_only_its_own_token():
    rig = Rig(OK)
    good, bad = rig.token(), rig.token()
    rig.policy.tokens[bad[4:16]] = b"\xc1garbage"
    reply = await rig.call(token=bad, body=BODY)
    assert (reply.status, code(reply)) == (503, "gateway.record_damaged")
    assert (await rig.call(token=good, body=BODY)).status == 200


async def test_before_anything_was_published_the_answer_is_not_ready():
    rig = Rig(OK)
    secret = rig.token()
    rig.policy.revision = 0
    assert (await rig.call(token=secret, body=BODY)).status == 503


async def test_a_revocation_is_seen_by_the_next_call_although_the_record_was_remembered():
    rig = Rig(OK)
    secret = rig.token()
    assert (await rig.call(token=secret, body=BODY)).status == 200
    rig.policy.tokens.clear()
    rig.token(state="revoked")
    assert code(await rig.call(token=secret, body=BODY)) == "token.revoked"


@given(st.text(max_size=80))
def test_r1_what_is_not_a_token_never_reaches_the_store(text):
    import asyncio

    rig = Rig(OK)
    rig.policy.find_token = None
    try:
        headers = [("authorization", "Bearer " + text.encode("latin-1", "ignore").decode("latin-1"))]
    except UnicodeError:
        return
    reply = asyncio.run(rig.call(body=BODY, headers=headers))
    assert reply.status == 401
