"""Credentials: one grammar, four carriers, the same decision everywhere (R2, R3, R4, R6, A3)."""

import asyncio
import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.gateway_kit import Rig, ScriptedAnswer, service
from tollway.gateway import operations
from tollway.gateway.pipeline import handle
from tollway.kernel.errors import TollwayError
from tollway.kernel.ids import BASE62
from tollway.policy.token import parse_token, renew_token

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


@pytest.mark.parametrize("route", [("/v1/chat/completions", "POST"), ("/v1/models", "GET"), ("/weather/a", "GET")])
@pytest.mark.parametrize(
    "name",
    ["cookie", "x-auth-token", "x-access-token", "token", "authentication", "proxy-authorization", "x-amz-token",
     "sec-websocket-protocol", "x-forwarded-authorization", "x-original-authorization", "apikey", "x_api_key", "query"],
)  # fmt: skip
async def test_r3_no_other_place_carries_a_credential(route, name):
    path, method = route
    rig = Rig(OK)
    rig.publish(services=[service()])
    secret = rig.token()
    body = BODY if method == "POST" else b""
    query = f"key={secret}&api_key={secret}&access_token={secret}" if name == "query" else ""
    headers = [] if name == "query" else [(name, secret)]
    reply = await rig.call(path, method=method, body=body, query=query, headers=headers)
    assert (reply.status, code(reply)) == (401, "token.missing")
    if name != "query":
        reply = await rig.call(path, method=method, body=body, headers=[(name, f"Bearer {secret}")])
        assert (reply.status, code(reply)) == (401, "token.missing")


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
    known = rig.token()
    forged = await rig.call(token=renew_token("s", known[4:16], b"f" * 32).reveal(), body=BODY)
    absent = await rig.call(token=renew_token("s", "0" * 12, b"f" * 32).reveal(), body=BODY)
    for reply in (forged, absent):
        assert (reply.status, code(reply)) == (401, "token.invalid")
        assert 'error="invalid_token"' in reply.header("www-authenticate")
    assert without_request_id(forged) == without_request_id(absent)
    assert not rig.upstreams.sent and not rig.journal.closed
    assert (await rig.call(token=known, body=BODY)).status == 200


def without_request_id(reply):
    named = [(name, value) for name, value in reply.headers if name not in (b"x-request-id", b"server-timing")]
    request_id = dict(reply.headers)[b"x-request-id"]
    return reply.status, named, reply.answer.replace(request_id, b"")


def mutants(token: str) -> Iterator[bytes]:
    """Yield more than 10^4 texts that are nearly this token; the last thousands of them with a right checksum."""
    raw = token.encode()
    for cut in range(1, len(raw)):
        yield from (raw[:-cut], raw[cut:], raw[:cut] + raw[cut - 1 :], raw[:cut] + b" " + raw[cut:], raw[:cut] * 2)
    for place in range(len(raw)):
        yield raw[:place] + raw[place + 1 :]
        yield raw[:place] + raw[place : place + 1].swapcase() + raw[place + 1 :]
        yield from (raw[:place] + bytes((byte,)) + raw[place + 1 :] for byte in range(0x20, 0x7F))
    for byte in range(256):
        yield from (bytes((byte,)) + raw, raw + bytes((byte,)))
    yield from (raw.upper(), raw.lower(), raw[::-1], raw + raw, raw[:59] + b"0" * 6, token[4:].encode(), raw[4:16])
    secret = bytearray(range(32))
    for at in range(2_400):
        secret[at % 32] = at // 32
        yield renew_token("s", token[4:16], bytes(secret)).reveal().encode()
    for kind in "parecwd":
        yield renew_token(kind, token[4:16], bytes(range(32))).reveal().encode()
    for place in range(4, 16):
        yield from (
            renew_token("s", token[4:place] + char + token[place + 1 : 16], bytes(range(32))).reveal().encode()
            for char in BASE62
            if char != token[place]
        )


async def test_r4_none_of_ten_thousand_mutants_of_a_token_is_accepted():
    """Also those whose checksum is right, which whoever knows the format makes; every hundredth as a whole call."""
    rig = Rig(OK)
    secret = rig.token()
    view, subjects, raw = rig.policy.view(), rig.gateway.subjects, secret.encode()
    count = accepted = looked_up = 0
    for mutant in mutants(secret):
        if mutant == raw:
            continue
        count += 1
        parsed = parse_token(mutant)
        if parsed is not None:
            looked_up += 1
            assert len(mutant) == len(raw), "what is longer or shorter is not even looked up"
            try:
                subjects.identify(Presented(mutant, parsed), view, rig.clock.now_ns())
                accepted += 1
            except TollwayError as error:
                assert error.code.name == "token.invalid"
        if count % 100 == 0:
            reply = await rig.call(body=BODY, headers=[("authorization", "Bearer " + mutant.decode("latin-1"))])
            assert reply.status == 401
    assert count >= 10_000 and looked_up >= 3_000
    assert accepted == 0 and not rig.upstreams.sent
    assert (await rig.call(token=secret, body=BODY)).status == 200


class Presented:
    """A credential on its own, as the stage would find it in a head."""

    def __init__(self, credential, token):
        self.credential, self.token, self.proof = credential, token, None


FAULTS = (TollwayError("gateway.policy_unavailable"), OSError("gone"), TimeoutError(), RuntimeError("bug"),
          MemoryError(), asyncio.CancelledError())  # fmt: skip
ROUTES = {"chat": ("/v1/chat/completions", "POST"), "models": ("/v1/models", "GET"), "service": ("/weather/a", "GET")}


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("place", ["view", "find_token", "find_application", "snapshot", "mac", "note"])
async def test_r6_whatever_fails_on_the_way_to_the_caller_ends_the_call(route, place, monkeypatch):
    """Every question on the way fails in every way: nothing is sent, and nothing is answered but 401 and 503."""
    path, method = ROUTES[route]
    for fault in FAULTS:

        def fail(*arguments, fault=fault, **named):
            raise fault

        rig = Rig(OK)
        rig.publish(services=[service()])
        secret = rig.token(owner=rig.application())
        with monkeypatch.context() as patched:
            if place == "note":
                secret = renew_token("s", secret[4:16], b"x" * 32).reveal()
                patched.setattr(type(rig.gateway.refusals), "note", fail)
            elif place == "mac":
                rig.gateway.subjects._mac = fail
            else:
                setattr(rig.policy, place, fail)
            exchange = rig.exchange(path, method=method, token=secret, body=BODY if method == "POST" else b"")
            try:
                await handle(exchange, rig.gateway)
                raised = None
            except BaseException as error:
                raised = error
        assert raised is fault if exchange.status is None else exchange.status in (401, 503)
        assert not rig.upstreams.sent
        assert not any(record.outcome == "ok" for record in rig.journal.closed)


async def test_r7_what_answers_without_a_token_is_this_list_and_no_more():
    """Preflights are answered from configuration alone; an open service is one that its owner opened."""
    rig = Rig(OK)
    rig.publish(services=[service(), service(id="svc_2", name="open", path_prefix="/open", allow_anonymous=True)])
    open_routes = set()
    paths = {operation.route for operation in vars(operations).values() if isinstance(operation, operations.Operation)}
    paths |= {"/weather/a", "/open/a", "/v1beta/models/m:generateContent", "/nothing", "/v1/nothing"}
    for path in sorted(path.replace("{id}", "x").replace("{model}", "m") for path in paths if path.startswith("/")):
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "post"):
            reply = await rig.call(path, method=method, body=BODY if method == "POST" else b"")
            if reply.status not in (401, 404, 405):
                open_routes.add((method if path != "/open/a" else "*", path, reply.status))
    assert open_routes == {("GET", "/healthz", 200), ("HEAD", "/healthz", 200), ("*", "/open/a", 200)}


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
