"""Each limit of an owner becomes one claim, under the owner's one lock; what follows from all is worked out once."""

import pytest

from tollway.contract.limits import NO_LIMITS, Budget, ConcurrencyLimit, Limit, Limits, Measure, RequestLimit, TopUp
from tollway.gateway.claims import build_claims, combine, counts_for
from tollway.gateway.room import NO_CLAIMS
from tollway.policy.meter_keys import meter_key, span_number, stripe_of
from tollway.policy.name_rules import compile_groups
from tollway.policy.rate import bucket_ns

LIMITS = Limits(
    requests=(RequestLimit("l1", "per minute", 60, 60),),
    concurrency=(ConcurrencyLimit("l2", "in flight", 5),),
    budgets=(Budget("b1", "monthly", 10**9, "month"),),
    limits=(
        Limit("l3", "tokens", "total_tokens", 5_000, window_seconds=86_400),
        Limit("l4", "uses", "requests", 10, period="total"),
    ),
)


def test_every_limit_becomes_one_claim_in_order() -> None:
    claims = build_claims(LIMITS, "token", "tok")
    assert [(claim.kind, claim.measure, claim.limit, claim.name) for claim in claims] == [
        ("rate", "requests", 60, "per minute"),
        ("slots", "concurrency", 5, "in flight"),
        ("amount", "cost", 10**9, "monthly"),
        ("ring", "total_tokens", 5_000, "tokens"),
        ("count", "requests", 10, "uses"),
    ]
    assert {claim.stripe for claim in claims} == {stripe_of("tok")}
    assert [claim.key for claim in claims] == [meter_key("tok", name) for name in ("l1", "l2", "b1", "l3", "l4")]
    assert (claims[0].bucket_ns, claims[2].span) == (bucket_ns(60), span_number("month", "UTC"))
    assert build_claims(NO_LIMITS, "token", "tok") == ()


def test_what_outlives_a_power_loss_is_charged_in_records() -> None:
    claims = build_claims(LIMITS, "token", "tok")
    assert [(claim.is_charged, claim.charge_id) for claim in claims] == [
        (False, "l1~60"),
        (False, "l2"),
        (True, "b1"),
        (True, "l3~86400"),
        (True, "l4"),
    ]


def test_an_edit_keeps_the_meter() -> None:
    edited = Limits(limits=(Limit("b1", "renamed", "cost", 2, window_seconds=9, zone="Asia/Tokyo", is_soft=True),))
    assert build_claims(edited, "token", "tok")[0].key == build_claims(LIMITS, "token", "tok")[2].key


def test_top_ups_count_from_their_start_until_their_end() -> None:
    limit = Limit("l", "l", "cost", 100, period="day", top_ups=(TopUp("t1", 7, 50), TopUp("t2", 30, 60, from_ns=40)))
    (claim,) = build_claims(Limits(limits=(limit,)), "token", "tok")
    assert [claim.limit_at(now) for now in (0, 39, 40, 49, 50, 59, 60)] == [107, 107, 137, 137, 130, 130, 100]


@pytest.mark.parametrize(
    ("measure", "is_soft", "facts"),
    [
        ("requests", False, (False, False, False)),
        ("concurrency", False, (False, False, False)),
        ("cost", False, (True, True, True)),
        ("cost", True, (True, False, False)),
        ("total_tokens", False, (True, False, True)),
        ("output_tokens", False, (True, False, True)),
        ("input_tokens", False, (True, False, False)),
        ("bytes", False, (True, False, False)),
    ],
)
def test_what_a_call_needs_follows_from_what_is_limited(
    measure: Measure, is_soft: bool, facts: tuple[bool, bool, bool]
) -> None:
    """(amounts are counted, money is limited, the call needs a bound on its output)"""
    window = 0 if measure == "concurrency" else 60
    limits = Limits(limits=(Limit("l", "l", measure, 5, window_seconds=window, is_soft=is_soft),))
    claims = combine(build_claims(limits, "token", "tok"))
    assert (claims.is_amounts, claims.is_paid, claims.is_bounded) == facts


def test_locks_are_taken_in_one_order_and_each_once() -> None:
    owners = [build_claims(LIMITS, "token", f"o{number}") for number in range(5)]
    stripes = combine([claim for claims in owners for claim in claims]).stripes
    assert list(stripes) == sorted({stripe_of(f"o{number}") for number in range(5)})
    assert combine(()) == NO_CLAIMS


@pytest.mark.parametrize(
    ("models", "model", "counts"),
    [
        ((), "gpt", True),
        ((), "", True),
        (("gpt",), "gpt", True),
        (("gpt",), "GPT ", True),
        (("gpt",), "gpt-5", False),
        (("gpt-*", "o3"), "gpt-5", True),
        (("gpt-*", "o3"), "o3", True),
        (("gpt-*",), "", False),
        (("group:large",), "opus", True),
        (("group:large",), "haiku", False),
        (("group:gone",), "opus", False),
    ],
)
def test_a_share_counts_for_its_models_alone(models: tuple[str, ...], model: str, counts: bool) -> None:
    (claim,) = build_claims(Limits(limits=(Limit("l", "l", "cost", 5, period="day", models=models),)), "token", "t")
    assert counts_for(claim, model, compile_groups({"large": ("opus", "gpt-5")})) is counts
    assert combine((claim,)).has_models is bool(models)
