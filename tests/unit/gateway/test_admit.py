"""Budgets: the dearest candidate is reserved, and unbounded output is capped, refused or estimated as set."""

import json

import pytest

from kit.gateway_kit import PRICE, Rig, ScriptedAnswer
from tollway.contract.policy import Budget, Candidate, DatedPrice, Limits, ModelRecord, Price, RequestLimit, UnitPrice
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
