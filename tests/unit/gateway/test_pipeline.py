"""A call is carried through its stages and always ends in exactly one record."""

import asyncio
import json
import weakref
from types import SimpleNamespace

import pytest

from kit.gateway_kit import CHAT, Rig, ScriptedAnswer, service
from tollway.contract.policy import (
    Budget,
    Candidate,
    ConcurrencyLimit,
    Limits,
    ModelRecord,
    ProviderRecord,
    RequestLimit,
    SealedKey,
    Upstream,
)
from tollway.contract.stats import INDEX
from tollway.contract.usage import Usage
from tollway.gateway.pipeline import handle

ANSWER = json.dumps(
    {
        "id": "c",
        "model": "gpt-2026",
        "choices": [{"message": {"content": "hi"}}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    }
).encode()
BODY = b'{"model":"gpt","max_tokens":100,"messages":[{"role":"user","content":"Hello"}]}'
BUDGET = Limits(budgets=(Budget("b1", "monthly", 10**9, "month"),))


async def test_an_accepted_call_passes_both_bodies_and_is_recorded_once():
    rig = Rig(ScriptedAnswer(body=ANSWER, headers=[(b"x-request-id", b"up-1")]))
    reply = await rig.call(token=rig.token(), body=BODY)
    assert (reply.status, reply.answer) == (200, ANSWER)
    _destination, method, target, headers, sent = rig.upstreams.sent[0]
    assert (method, target, sent) == ("POST", b"/v1/chat/completions", BODY)
    assert headers[b"authorization"] == b"Bearer sk-1"
    assert reply.header("x-tollway-upstream-request-id") == "up-1"
    assert reply.header("x-tollway-upstream-model") == "gpt"
    (opened,), (closed,) = rig.journal.opened, rig.journal.closed
    assert opened.request_id == closed.request_id == reply.header("x-request-id")
    assert closed.usage == Usage(10, 5)
    assert closed.cost_nanos == 10 * 150 + 5 * 600
    assert closed.outcome == "ok" and closed.was_opened


async def test_the_callers_token_never_goes_upstream():
    rig = Rig(ScriptedAnswer(body=ANSWER))
    secret = rig.token()
    await rig.call(token=secret, body=BODY, headers=[("cookie", "a=b"), ("x-api-key", secret), ("x-custom", "1")])
    assert secret not in str(rig.upstreams.sent[0][3]) and "x-custom" not in str(rig.upstreams.sent[0][3])


@pytest.mark.parametrize(
    ("path", "method", "status", "code"),
    [
        ("/v1/nothing", "POST", 404, "route.not_found"),
        ("/v1", "GET", 404, "route.not_found"),
        (CHAT, "GET", 405, "route.method"),
        ("/nowhere", "GET", 404, "route.not_found"),
        ("/v1/models/none", "GET", 404, "model.not_found"),
    ],
)
async def test_unknown_paths_and_methods_are_refused_in_the_callers_dialect(path, method, status, code):
    rig = Rig()
    reply = await rig.call(path, method=method, token=rig.token())
    assert (reply.status, json.loads(reply.answer)["error"]["code"]) == (status, code)
    assert not rig.upstreams.sent


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "request.body_invalid"),
        (b"[]", "request.body_invalid"),
        (b'{"model":"gpt","model":"free"}', "request.body_invalid"),
        (b'{"messages":[]}', "request.field_invalid"),
        (b'{"model":"nope"}', "model.not_found"),
        (b'{"model":"gpt","max_tokens":-4}', "request.field_invalid"),
        (b"{" + b" " * 20_000 + b"}", "request.body_too_large"),
    ],
)
async def test_a_bad_body_is_refused_before_anything_is_held_or_sent(body, code):
    rig = Rig()
    reply = await rig.call(token=rig.token(limits=BUDGET), body=body)
    assert json.loads(reply.answer)["error"]["code"] == code
    assert not rig.upstreams.sent and not rig.meters.settled and not rig.journal.opened
    assert [record.code for record in rig.journal.closed] == [code]


async def test_refusals_without_a_known_token_are_tallied_not_recorded():
    rig = Rig()
    await rig.call(body=BODY)
    await rig.call(token="sk-other-system", body=BODY)
    assert rig.gateway.tallies == {"token.missing": 1, "token.malformed": 1}
    assert not rig.journal.records


async def test_a_store_that_is_down_is_503_never_401():
    rig = Rig()
    secret = rig.token()
    rig.policy.is_down = True
    reply = await rig.call(token=secret, body=BODY)
    assert reply.status == 503


async def test_a_full_journal_refuses_the_call_and_frees_what_was_held():
    rig = Rig()
    secret = rig.token(limits=BUDGET)
    rig.journal.is_full = True
    reply = await rig.call(token=secret, body=BODY)
    assert reply.status == 503 and not rig.upstreams.sent and rig.meters.open == 0


class Look:
    """A view of a policy that can be seen to be let go."""

    def __init__(self, policy):
        self.revision, self.find_token, self.snapshot = policy.revision, policy.find_token, policy.snapshot
        self.find_application, self.commit = policy.find_application, policy.commit


@pytest.mark.parametrize("path", [CHAT, "/weather/today"])
async def test_a_call_that_waits_for_its_upstream_holds_no_look_at_the_policy(path):
    """There are few places for readers, and 10,000 streams may be open."""
    rig = Rig(None)
    rig.publish(services=[service()])
    looks = weakref.WeakSet()

    def view():
        look = Look(rig.policy)
        looks.add(look)
        return look

    rig.gateway.policy = SimpleNamespace(view=view)
    exchange = rig.exchange(token=rig.token(limits=BUDGET), path=path, body=BODY)
    task = asyncio.create_task(handle(exchange, rig.gateway))
    await asyncio.sleep(0.01)
    assert not looks
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert len(rig.upstreams.sent) == 1


@pytest.mark.parametrize(
    "script", [None, ScriptedAnswer(hang=True), ScriptedAnswer(chunks=[b"data: {}\n\n"], hang=True)]
)
async def test_a_caller_that_leaves_frees_everything_and_is_recorded(script):
    rig = Rig(script)
    body = BODY[:-1] + b',"stream":true}'
    exchange = rig.exchange(token=rig.token(limits=BUDGET), body=body)
    task = asyncio.create_task(handle(exchange, rig.gateway))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert rig.meters.open == 0 and len(rig.meters.settled) == 1
    (closed,) = rig.journal.closed
    assert closed.outcome == "disconnected"


async def test_a_fault_of_ours_is_recorded_and_raised_to_the_edge():
    rig = Rig()
    rig.upstreams.send = None
    with pytest.raises(TypeError):
        await rig.call(token=rig.token(), body=BODY)
    assert rig.journal.closed[0].code == "gateway.internal"


async def test_a_call_is_in_flight_until_it_is_counted():
    """Whoever sees nothing in flight and then reads the totals has every call that was answered."""
    rig, seen = Rig(ScriptedAnswer(body=ANSWER)), []

    class Watched(list[int]):
        def __setitem__(self, at, value):
            super().__setitem__(at, value)
            seen.append((self[INDEX["requests_in_flight"]], self[INDEX["requests_total"]]))

    rig.gateway.counters = Watched(rig.gateway.counters)
    await rig.call(token=rig.token(), body=BODY)
    assert seen[0] == (1, 0) and seen[-1] == (0, 1)
    assert (0, 0) not in seen


async def test_health_needs_no_token_and_leaves_no_record():
    rig = Rig()
    reply = await rig.call("/healthz", method="GET")
    assert (reply.status, reply.answer, rig.journal.records) == (200, b"ok\n", [])


async def test_models_are_listed_as_this_token_may_use_them():
    rig = Rig()
    reply = await rig.call("/v1/models", method="GET", token=rig.token())
    assert [item["id"] for item in json.loads(reply.answer)["data"]] == ["alias", "free", "gpt"]
    secret = rig.token(models=("gpt",))
    reply = await rig.call("/v1/models", method="GET", token=secret)
    assert [item["id"] for item in json.loads(reply.answer)["data"]] == ["gpt"]
    assert (await rig.call("/v1/models/free", method="GET", token=secret)).status == 404
    assert json.loads((await rig.call("/v1/models/gpt", method="GET", token=secret)).answer)["object"] == "model"


async def test_a_model_outside_the_tokens_list_is_denied_whether_or_not_it_exists():
    rig = Rig()
    secret = rig.token(models=("gpt",))
    for name in ("free", "no-such-model"):
        reply = await rig.call(token=secret, body=BODY.replace(b'"gpt"', f'"{name}"'.encode()))
        assert (reply.status, json.loads(reply.answer)["error"]["code"]) == (403, "token.model_denied")


async def test_an_alias_is_sent_under_the_upstreams_name_and_answered_under_the_callers():
    rig = Rig(ScriptedAnswer(body=ANSWER))
    reply = await rig.call(token=rig.token(), body=BODY.replace(b'"gpt"', b'"alias"'))
    assert json.loads(rig.upstreams.sent[0][4])["model"] == "gpt"
    assert json.loads(reply.answer)["model"] == "alias"


async def test_a_catch_all_sends_the_name_after_the_provider():
    rig = Rig(ScriptedAnswer(body=ANSWER))
    await rig.call(token=rig.token(), body=BODY.replace(b'"gpt"', b'"vendor/new-model"'))
    assert json.loads(rig.upstreams.sent[0][4])["model"] == "new-model"
    assert rig.journal.closed[0].cost_nanos is None


async def test_preflight_is_answered_for_allowed_origins_only():
    rig = Rig()
    rig.publish(cors_origins=("https://app.example",))
    asked = [("access-control-request-method", "POST"), ("origin", "https://app.example")]
    reply = await rig.call(method="OPTIONS", headers=asked)
    assert (reply.status, reply.header("access-control-allow-origin")) == (204, "https://app.example")
    asked[1] = ("origin", "https://evil.example")
    assert (await rig.call(method="OPTIONS", headers=asked)).status == 404
    reply = await rig.call(token="x", body=BODY, headers=[("origin", "https://app.example")])
    assert reply.header("access-control-allow-origin") == "https://app.example"


async def test_limits_and_budgets_refuse_with_the_rule_and_when_to_try_again():
    rig = Rig()
    limits = Limits(
        requests=(RequestLimit("r", "per-minute", 5, 60),),
        concurrency=(ConcurrencyLimit("c", "at-once", 2),),
        budgets=(Budget("b", "monthly", 5, "month"),),
    )
    secret = rig.token(limits=limits)
    await rig.call(token=secret, body=BODY)
    claims = rig.gateway.subjects._subjects[next(iter(rig.policy.tokens))].caller.claims
    words = {"rate": "per-minute", "slots": "at-once", "amount": "monthly"}
    codes = {"rate": "limit.requests", "slots": "limit.concurrency", "amount": "budget.exhausted"}
    for claim in claims.every:
        rig.meters.refuses = claim
        reply = await rig.call(token=secret, body=BODY)
        error = json.loads(reply.answer)["error"]
        assert (reply.status, error["code"]) == (429, codes[claim.kind])
        assert words[claim.kind] in error["message"]
        assert reply.header("retry-after") == "8"


async def test_services_are_called_without_the_callers_identity():
    rig = Rig(ScriptedAnswer(body=b"sunny", headers=[(b"set-cookie", b"a=b"), (b"content-length", b"5")]))
    rig.publish(services=[service()])
    secret = rig.token()
    spoofed = [("x-forwarded-for", "6.6.6.6"), ("X_Tollway_Token_Id".lower(), "evil"), ("x-keep", "1")]
    reply = await rig.call("/weather/today", method="GET", token=secret, headers=spoofed, query="day=1")
    assert (reply.status, reply.answer, reply.header("set-cookie")) == (200, b"sunny", "")
    assert reply.header("content-security-policy") == "sandbox"
    _, method, target, headers, _ = rig.upstreams.sent[0]
    assert (method, target) == ("GET", b"/api/today?day=1")
    assert headers[b"x-forwarded-for"] == b"192.0.2.1" and headers[b"x-keep"] == b"1"
    assert b"authorization" not in headers and b"x_tollway_token_id" not in headers
    assert rig.journal.closed[0].route == "weather"


async def test_a_query_token_works_only_where_a_service_allows_it_and_is_not_passed_on():
    rig = Rig(ScriptedAnswer(body=b"ok", headers=[(b"content-length", b"2")]))
    rig.publish(services=[service(query_token_parameter="key"), service(id="s2", name="b", path_prefix="/b")])
    secret = rig.token()
    reply = await rig.call("/weather", method="GET", query=f"key={secret}&a=1")
    assert reply.status == 200 and rig.upstreams.sent[0][2] == b"/api?a=1"
    assert (await rig.call("/b", method="GET", query=f"key={secret}")).status == 401


async def test_a_repeated_head_carries_no_query_token_once_its_service_forbids_it():
    rig = Rig(ScriptedAnswer(body=b"ok", headers=[(b"content-length", b"2")]))
    rig.publish(services=[service(query_token_parameter="key")])
    first = await rig.call("/weather", method="GET", query=f"key={rig.token()}")
    assert first.status == 200
    rig.publish(services=[service()])
    again = rig.exchange("/weather", method="GET")
    again.head = first.head
    await handle(again, rig.gateway)
    assert again.status == 401


async def test_a_cut_rest_answer_is_broken_off_and_recorded_as_truncated():
    rig = Rig(ScriptedAnswer(body=b"half", error="upstream.truncated"))
    rig.publish(services=[service()])
    reply = await rig.call("/weather", method="GET", token=rig.token())
    assert reply.is_aborted and not reply.is_finished
    assert rig.journal.closed[0].outcome == "truncated"


async def test_a_service_may_be_denied_and_methods_bounded():
    rig = Rig()
    rig.publish(services=[service(methods=("GET",))])
    assert (await rig.call("/weather", method="GET", token=rig.token(services=()))).status == 403
    reply = await rig.call("/weather", method="DELETE", token=rig.token())
    assert (reply.status, reply.header("allow")) == (405, "GET")


def rig_of_two_environments() -> Rig:
    """Publish `both` at a live and a test provider, a model and a service of each alone, and catch-alls."""
    rig = Rig("upstream.unreachable")
    upstream = Upstream("https://up.example/v1")
    providers = [
        ProviderRecord(name, name, "openai", "active", upstream, (SealedKey("k", b"sk", b""),), environment=name)
        for name in ("live", "test")
    ]
    models = (
        ModelRecord("both", (Candidate("live", "x"), Candidate("test", "x"))),
        *(ModelRecord(f"of-{name}", (Candidate(name, "x"),)) for name in ("live", "test")),
        *(ModelRecord(f"{name}/*", (Candidate(name, "*"),)) for name in ("live", "test")),
    )
    services = [service(id=name, name=name, path_prefix=f"/{name}", environment=name) for name in ("live", "test")]
    rig.publish(models=models, providers=providers, services=services)
    return rig


@pytest.mark.parametrize("environment", ["live", "test"])
async def test_a_token_reaches_only_what_is_of_its_environment(environment):
    """Every candidate is of it, also after a fallback, under an alias and by a catch-all."""
    rig, other = rig_of_two_environments(), {"live": "test", "test": "live"}[environment]
    secret = rig.token(environment=environment)
    codes = {}
    for name in ("both", f"of-{environment}", f"{environment}/any", f"of-{other}", f"{other}/any", "nowhere"):
        reply = await rig.call(token=secret, body=BODY.replace(b'"gpt"', json.dumps(name).encode()))
        codes[name] = reply.status, json.loads(reply.answer)["error"]["code"]
    assert codes == {
        "both": (502, "upstream.unreachable"),
        f"of-{environment}": (502, "upstream.unreachable"),
        f"{environment}/any": (502, "upstream.unreachable"),
        f"of-{other}": (403, "token.environment"),
        f"{other}/any": (403, "token.environment"),
        "nowhere": (404, "model.not_found"),
    }
    attempted = {attempt.provider_id for record in rig.journal.closed for attempt in record.attempts}
    assert attempted == {environment}
    listed = json.loads((await rig.call("/v1/models", method="GET", token=secret)).answer)["data"]
    assert [item["id"] for item in listed] == ["both", f"of-{environment}"]
    assert (await rig.call(f"/v1/models/of-{other}", method="GET", token=secret)).status == 404


@pytest.mark.parametrize("environment", ["live", "test"])
async def test_a_service_takes_tokens_of_its_own_environment(environment):
    rig, other = rig_of_two_environments(), {"live": "test", "test": "live"}[environment]
    secret = rig.token(environment=environment)
    assert (await rig.call(f"/{environment}/x", method="GET", token=secret)).status == 502
    refused = await rig.call(f"/{other}/x", method="GET", token=secret)
    assert (refused.status, json.loads(refused.answer)["error"]["code"]) == (403, "token.environment")
    assert len(rig.upstreams.sent) == 1
