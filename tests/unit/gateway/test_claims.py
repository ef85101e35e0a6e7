"""Each limit of an owner becomes one claim, under the owner's one lock."""

from tollway.contract.policy import NO_LIMITS, Budget, ConcurrencyLimit, Limits, RequestLimit
from tollway.gateway.claims import build_claims
from tollway.gateway.ports import Claim
from tollway.policy.meter_keys import budget_key, concurrency_key, requests_key, stripe_of

LIMITS = Limits(
    requests=(RequestLimit("l1", "per minute", 60, 60),),
    concurrency=(ConcurrencyLimit("l2", "in flight", 5),),
    budgets=(Budget("b1", "monthly", 10**9, "month"),),
)


def test_every_limit_becomes_one_claim_in_order() -> None:
    stripe = stripe_of("tok")
    requests = requests_key("tok", "l1", 60)
    assert build_claims(LIMITS, "token", "tok") == (
        Claim(requests, stripe, "requests", 60, 60, "total", "per minute", "token", "tok", "l1"),
        Claim(concurrency_key("tok", "l2"), stripe, "concurrency", 5, 0, "total", "in flight", "token", "tok", "l2"),
        Claim(budget_key("tok", "b1"), stripe, "budget", 10**9, 0, "month", "monthly", "token", "tok", "b1"),
    )
    assert build_claims(NO_LIMITS, "token", "tok") == ()


def test_a_raised_limit_keeps_the_meter() -> None:
    raised = Limits(budgets=(Budget("b1", "monthly", 2 * 10**9, "day"),))
    assert build_claims(raised, "token", "tok")[0].key == build_claims(LIMITS, "token", "tok")[2].key
