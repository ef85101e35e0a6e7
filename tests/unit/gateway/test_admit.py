"""Budgets: the dearest candidate is reserved, and unbounded output is capped, refused or estimated as set."""

import gc
import json

import pytest

from kit.gateway_kit import PRICE, Rig, ScriptedAnswer, service
from tollway.contract.limits import NO_LIMITS, Limit
from tollway.contract.policy import (
    Budget,
    Candidate,
    DatedPrice,
    Limits,
    ModelRecord,
    OwnerRecord,
    PlanRecord,
    Price,
    ProviderRecord,
    RequestLimit,
    SealedKey,
    UnitPrice,
    Upstream,
)
from tollway.gateway.room import NoRoom
from tollway.kernel.errors import TollwayError
from tollway.policy.price import worst_case

BUDGET = (Budget("b1", "monthly", 10**9, "month"),)
BOUNDED = b'{"model":"gpt","max_tokens":100,"messages":[]}'
UNBOUNDED = b'{"model":"gpt","messages":[]}'
OK = ScriptedAnswer(body=b'{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}')


async def test_a_bounded_call_reserves_its_worst_price_and_settles_to_the_real_one():
    rig = Rig(OK)
    await rig.call(token=rig.token(limits=Limits(budgets=BUDGET)), body=BOUNDED)
    assert rig.journal.opened[0].charges[0].nanos == worst_case(PRICE, len(BOUNDED), 100)
    assert rig.meters.settled == [750]
    assert rig.journal.closed[0].charges[0].nanos == 750
    assert rig.upstreams.sent[0][4] == BOUNDED


async def test_an_unbounded_call_is_capped_to_what_the_remainder_buys_and_says_so():
    rig = Rig(OK)
    rig.meters.budget_nanos = worst_case(PRICE, len(UNBOUNDED), 500)
    reply = await rig.call(token=rig.token(limits=Limits(budgets=BUDGET)), body=UNBOUNDED)
    cap = json.loads(rig.upstreams.sent[0][4])["max_completion_tokens"]
    assert 490 <= cap <= 500
    assert reply.header("x-tollway-output-cap") == str(cap)


async def test_a_rich_budget_caps_at_the_models_own_bound():
    rig = Rig(OK)
    await rig.call(token=rig.token(limits=Limits(budgets=BUDGET)), body=UNBOUNDED)
    assert json.loads(rig.upstreams.sent[0][4])["max_completion_tokens"] == 4096


async def test_too_little_for_any_output_is_refused():
    rig = Rig(OK)
    rig.meters.budget_nanos = 10
    reply = await rig.call(token=rig.token(limits=Limits(budgets=BUDGET)), body=UNBOUNDED)
    assert (reply.status, json.loads(reply.answer)["error"]["code"]) == (429, "budget.exhausted")


@pytest.mark.parametrize("on", ["token", "installation", "application"])
async def test_refuse_is_a_setting_of_token_application_and_installation(on):
    rig = Rig(OK)
    owner = None
    if on == "application":
        owner = rig.application(limits=Limits(unbounded_output="refuse"))
    elif on == "installation":
        rig.publish(unbounded_output="refuse")
    limits = Limits(budgets=BUDGET, unbounded_output="refuse" if on == "token" else None)
    reply = await rig.call(token=rig.token(limits=limits, owner=owner), body=UNBOUNDED)
    assert (reply.status, json.loads(reply.answer)["error"]["code"]) == (400, "budget.unbounded")


async def test_estimate_sets_no_cap():
    rig = Rig(OK)
    await rig.call(token=rig.token(limits=Limits(budgets=BUDGET, unbounded_output="estimate")), body=UNBOUNDED)
    assert rig.upstreams.sent[0][4] == UNBOUNDED


async def test_an_unpriced_model_on_a_budgeted_token_is_refused():
    rig = Rig(OK)
    reply = await rig.call(token=rig.token(limits=Limits(budgets=BUDGET)), body=BOUNDED.replace(b"gpt", b"free"))
    assert (reply.status, json.loads(reply.answer)["error"]["code"]) == (403, "budget.unpriced")


async def test_an_applications_budget_counts_for_its_tokens():
    rig = Rig(OK)
    owner = rig.application(limits=Limits(budgets=BUDGET))
    await rig.call(token=rig.token(owner=owner), body=BOUNDED)
    assert rig.journal.opened[0].charges[0].owner_id == owner


async def test_the_dearest_of_several_candidates_is_reserved():
    """Which one will answer is not known yet; the budget must hold whichever it is."""
    rig = Rig(OK)
    dear = Price(source="test", input=UnitPrice(10**12), output=UnitPrice(10**12))
    rig.publish(
        second=True,
        models=[
            ModelRecord(
                "gpt",
                (
                    Candidate("p1", "gpt", (DatedPrice(None, PRICE),)),
                    Candidate("p2", "gpt", (DatedPrice(None, dear),)),
                ),
            )
        ],
    )
    await rig.call(token=rig.token(limits=Limits(budgets=BUDGET)), body=BOUNDED)
    assert rig.journal.opened[0].charges[0].nanos == worst_case(dear, len(BOUNDED), 100)
    assert rig.meters.settled == [750]


async def test_nobody_is_told_to_wait_longer_than_the_window():
    """The count looks back a bucket beyond it, so that room may be found only then."""
    rig = Rig()
    rig.meters.refuses = True
    reply = await rig.call(
        token=rig.token(limits=Limits(requests=(RequestLimit("l1", "often", 1, 5),))),
        body=b'{"model":"gpt","messages":[]}',
    )
    assert (reply.status, reply.header("retry-after")) == (429, "5")


def limited(measure, amount=100_000, **fields):
    return Limits(limits=(Limit(measure, measure, measure, amount, **{"window_seconds": 60, **fields}),))


async def test_a_token_limit_reserves_the_worst_case_and_settles_to_what_was_used():
    rig = Rig(OK)
    limits = Limits(
        limits=sum((limited(each).limits for each in ("input_tokens", "output_tokens", "total_tokens")), ())
    )
    await rig.call(token=rig.token(limits=limits), body=BOUNDED)
    ((_, want, floor),) = rig.meters.asked
    assert want == floor == (worst_case(PRICE, len(BOUNDED), 100), len(BOUNDED), 100, len(BOUNDED) + 100, 46, 1)
    assert [used[1:4] for used in rig.meters.used] == [(1, 1, 2)]


async def test_tokens_are_limited_also_where_a_model_has_no_price():
    rig = Rig(OK)
    secret = rig.token(limits=limited("total_tokens"))
    reply = await rig.call(token=secret, body=BOUNDED.replace(b"gpt", b"free"))
    assert (reply.status, [used[0] for used in rig.meters.used]) == (200, [0])


@pytest.mark.parametrize(
    ("measure", "left", "cap"), [("output_tokens", 200, 200), ("total_tokens", len(UNBOUNDED) + 90, 90)]
)
async def test_an_unbounded_call_is_capped_to_the_tokens_that_are_left(measure, left, cap):
    rig = Rig(OK)
    rig.meters.left = {measure: left}
    reply = await rig.call(token=rig.token(limits=limited(measure)), body=UNBOUNDED)
    assert json.loads(rig.upstreams.sent[0][4])["max_completion_tokens"] == cap
    assert reply.header("x-tollway-output-cap") == str(cap)
    rig.meters.left = {measure: 5}
    reply = await rig.call(token=rig.token(limits=limited(measure)), body=UNBOUNDED)
    assert (reply.status, json.loads(reply.answer)["error"]["code"]) == (429, "limit.tokens")


async def test_an_unbounded_call_is_refused_for_a_token_limit_where_that_is_the_setting():
    rig = Rig(OK)
    limits = Limits(unbounded_output="refuse", limits=limited("output_tokens").limits)
    reply = await rig.call(token=rig.token(limits=limits), body=UNBOUNDED)
    assert (reply.status, json.loads(reply.answer)["error"]["code"]) == (400, "budget.unbounded")


@pytest.mark.parametrize("measure", ["cost", "total_tokens"])
async def test_what_is_soft_is_counted_and_neither_refuses_nor_caps(measure):
    rig = Rig(OK)
    secret = rig.token(limits=limited(measure, is_soft=True))
    for body in (UNBOUNDED, UNBOUNDED.replace(b"gpt", b"free")):
        assert (await rig.call(token=secret, body=body)).status == 200
        assert rig.upstreams.sent[-1][4] == body
    assert rig.meters.used[0][:4] == (750, 1, 1, 2)


async def test_bytes_of_both_bodies_are_counted():
    rig = Rig(ScriptedAnswer(body=b"sunny", headers=[(b"content-length", b"5")]), OK)
    rig.publish(services=[service()])
    secret = rig.token(limits=limited("bytes"))
    await rig.call("/weather", token=secret, body=b"12345678")
    reply = await rig.call(token=secret, body=BOUNDED)
    assert [used[4] for used in rig.meters.used] == [8 + 5, len(BOUNDED) + len(reply.answer)]
    assert [want[4] for _, want, _ in rig.meters.asked] == [8, len(BOUNDED)]
    await rig.call("/weather", method="GET", token=secret)
    assert rig.meters.asked[-1][1][4] == 1, "not even an empty body is let in where nothing is left"


async def test_a_streamed_body_is_counted_as_it_came():
    rig = Rig(ScriptedAnswer(body=b"sunny", headers=[(b"content-length", b"5")]))
    rig.publish(services=[service()])
    await rig.call("/weather", token=rig.token(limits=limited("bytes")), body=b"12345678", body_bytes=None)
    assert [used[4] for used in rig.meters.used] == [13]
    assert rig.journal.closed[0].request_bytes == 8


async def test_a_service_is_limited_for_all_callers_and_for_those_without_a_token():
    rig = Rig(ScriptedAnswer(body=b"sunny"))
    rig.publish(services=[service(allow_anonymous=True, limits=limited("requests", 5))])
    assert (await rig.call("/weather", method="GET")).status == 200
    assert [claim.owner_id for claim in rig.meters.asked[0][0].every] == ["svc_1"]
    assert (rig.meters.open, len(rig.meters.used)) == (0, 1)
    rig.meters.refuses = True
    reply = await rig.call("/weather", method="GET")
    assert (reply.status, rig.meters.open) == (429, 0)
    assert "of this service" in reply.answer.decode()
    rig.publish(services=[service(limits=limited("requests", 5))])
    rig.meters.refuses = None
    await rig.call("/weather", method="GET", token=rig.token())
    assert [claim.owner_id for claim in rig.meters.asked[-1][0].every] == ["svc_1"]


async def test_answers_tell_of_the_limits_of_the_caller():
    rig = Rig(OK, ScriptedAnswer(body=b"sunny", headers=[(b"content-length", b"5")]))
    rig.publish(services=[service()])
    limits = Limits(requests=(RequestLimit("l1", "often", 7, 5),))
    secret = rig.token(limits=limits)
    for reply in (await rig.call(token=secret, body=BOUNDED), await rig.call("/weather", method="GET", token=secret)):
        assert reply.header("ratelimit-policy") == '"token/often";q=7;w=5'
        assert reply.header("ratelimit") == '"token/often";r=6;t=5'
        assert reply.header("x-ratelimit-remaining-requests") == "6"
    rig.meters.refuses = True
    refused = await rig.call(token=secret, body=BOUNDED)
    names = [name for name, _ in refused.headers]
    assert refused.header("ratelimit") == '"token/often";r=1000000000000000;t=5'
    assert names.count(b"ratelimit") == names.count(b"ratelimit-policy") == 1
    assert (await rig.call(token=rig.token(), body=BOUNDED)).header("ratelimit") == ""


async def test_a_failure_after_admission_still_tells_of_the_limits():
    rig = Rig("upstream.unreachable")
    reply = await rig.call(token=rig.token(limits=Limits(requests=(RequestLimit("l1", "often", 7, 5),))), body=BOUNDED)
    assert (reply.status, reply.header("ratelimit")) == (502, '"token/often";r=6;t=5')


async def test_every_level_is_asked_at_once():
    rig = Rig(OK)
    rig.publish(
        limits=limited("requests", 1_000),
        plans=(PlanRecord("p", "interns", limits=limited("total_tokens")),),
        owners=(OwnerRecord("user", "u", "ada", limits=limited("cost")),),
    )
    await rig.call(
        token=rig.token(plan_id="p", user_id="u", limits=limited("concurrency", 5, window_seconds=0)), body=BOUNDED
    )
    ((claims, *_),) = rig.meters.asked
    assert sorted(claim.owner_kind for claim in claims.every) == ["global", "token", "token", "user"]


def two_providers(first, second=NO_LIMITS):
    upstream = Upstream("https://up.example/v1")
    keys = (SealedKey("k1", b"sk", b""),)
    return [
        ProviderRecord("p1", "p1", "openai", "active", upstream, keys, limits=first),
        ProviderRecord("p2", "p2", "openai", "active", upstream, keys, limits=second),
    ]


async def test_each_attempt_needs_room_at_its_provider_and_settles_there():
    rig = Rig(ScriptedAnswer(503, b"{}"), OK)
    rig.publish(providers=two_providers(limited("total_tokens"), limited("total_tokens")))
    reply = await rig.call(token=rig.token(limits=limited("total_tokens")), body=BOUNDED)
    assert (reply.status, rig.meters.open) == (200, 0)
    asked = [claims.every[0].owner_id for claims, *_ in rig.meters.asked]
    assert asked[1:] == ["p1", "p2"]
    assert [used[3] for used in rig.meters.used] == [0, 2, 2], "the attempt that failed used nothing"


async def test_a_provider_without_room_is_skipped_like_one_that_rests():
    rig = Rig(OK)
    rig.publish(providers=two_providers(limited("requests", 5)))
    admit = rig.meters.admit

    def refuse_p1(claims, *amounts):
        if claims.every[0].owner_id == "p1":
            return NoRoom(claims.every[0], 9.0, 0, 5)
        return admit(claims, *amounts)

    rig.meters.admit = refuse_p1
    reply = await rig.call(token=rig.token(), body=BOUNDED)
    assert (reply.status, reply.header("x-tollway-provider")) == (200, "p2")
    assert [attempt.provider_id for attempt in rig.journal.closed[0].attempts] == ["p2"]
    rig.publish(providers=two_providers(limited("requests", 5))[:1])
    reply = await rig.call(token=rig.token(), body=BOUNDED)
    error = json.loads(reply.answer)["error"]
    assert (reply.status, error["code"], reply.header("retry-after")) == (429, "limit.requests", "9")
    assert "of this provider" in error["message"]
    assert rig.meters.open == 0


async def test_what_is_held_at_a_provider_is_charged_in_the_record():
    rig = Rig(OK)
    budget = Limits(limits=(Limit("b", "b", "cost", 10**9, period="month", is_budget=True),))
    rig.publish(providers=two_providers(budget))
    await rig.call(token=rig.token(), body=BOUNDED)
    assert [(charge.owner_id, charge.nanos) for charge in rig.journal.closed[0].charges] == [("p1", 750)]


async def test_refusals_are_freed_as_soon_as_they_are_answered():
    """An error in a circle with its own frames keeps the call's look into the policy store open, until none is left."""
    rig = Rig(ScriptedAnswer(503, b"{}"), OK)
    rig.publish(providers=two_providers(limited("requests", 5), limited("requests", 5)))
    secret = rig.token(limits=limited("requests", 5))
    gc.collect()
    older = {id(found) for found in gc.get_objects() if isinstance(found, TollwayError)}
    gc.disable()
    try:
        assert (await rig.call(token=secret, body=BOUNDED)).status == 200
        rig.meters.refuses = True
        assert (await rig.call(token=secret, body=BOUNDED)).status == 429
        assert (await rig.call(token=rig.token(), body=BOUNDED)).status == 429
        assert not [each for each in gc.get_objects() if isinstance(each, TollwayError) and id(each) not in older]
    finally:
        gc.enable()


@pytest.mark.parametrize(("own", "outputs"), [(NO_LIMITS, 1_024), (limited("output_tokens", 10**6), 50)])
async def test_an_unbounded_call_reserves_at_its_provider_what_it_is_bounded_to_or_what_is_likely(own, outputs):
    rig = Rig(OK)
    rig.publish(providers=two_providers(limited("output_tokens"))[:1])
    rig.meters.left = {"output_tokens": 50} if own is not NO_LIMITS else {}
    await rig.call(token=rig.token(limits=own), body=UNBOUNDED)
    assert rig.meters.asked[-1][0].every[0].owner_id == "p1"
    assert rig.meters.asked[-1][1][2] == outputs


async def test_a_provider_without_room_after_one_that_failed_ends_the_call_as_all_having_failed():
    rig = Rig("upstream.unreachable")
    rig.publish(providers=two_providers(NO_LIMITS, limited("requests", 5)))
    admit = rig.meters.admit
    rig.meters.admit = lambda claims, *amounts: NoRoom(claims.every[0], 9.0, 0, 5) if claims.every else admit(claims)
    reply = await rig.call(token=rig.token(), body=BOUNDED)
    assert (reply.status, json.loads(reply.answer)["error"]["code"]) == (502, "upstream.exhausted")


async def test_what_a_failed_attempt_held_is_given_back_before_a_provider_without_limits_is_asked():
    rig = Rig(ScriptedAnswer(503, b"{}"), OK)
    rig.publish(providers=two_providers(limited("concurrency", 5, window_seconds=0)))
    assert (await rig.call(token=rig.token(), body=BOUNDED)).header("x-tollway-provider") == "p2"
    assert (rig.meters.open, len(rig.meters.used)) == (0, 1)
