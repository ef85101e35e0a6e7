"""Every refusal names its rule, whose it is, what is left, and when there is room again."""

from typing import Any

import pytest

from tollway.contract.limits import Limit, Limits, Measure
from tollway.gateway.claims import build_claims
from tollway.gateway.limit_refusals import refuse
from tollway.gateway.room import Amounts, Claim, NoRoom

NOW = 1_800_000_000 * 10**9
FLOOR: Amounts = (2_500_000_000, 10, 300, 310, 77, 1)


def claim_of(measure: Measure, kind: str = "token", plan: str = "", **fields: Any) -> Claim:
    limit = Limit("l", "mine", measure, fields.pop("amount", 5), **fields)
    return build_claims(Limits(limits=(limit,)), kind, "id-that-nobody-reads", plan)[0]


@pytest.mark.parametrize(
    ("claim", "wait", "left", "code", "text"),
    [
        (
            claim_of("requests", window_seconds=60),
            7.2,
            0,
            "limit.requests",
            "The limit `mine` of this token allows 5 calls in 60 s; it has room again at 2027-01-15T08:00:08Z.",
        ),
        (
            claim_of("requests", "team", period="day", zone="Asia/Tokyo"),
            3600.0,
            0,
            "limit.requests",
            "The limit `mine` of this team allows 5 calls each day (Asia/Tokyo); it resets at 2027-01-15T15:00:00Z.",
        ),
        (
            claim_of("requests", period="total"),
            None,
            0,
            "limit.requests",
            "The limit `mine` of this token allows 5 calls in all; it does not reset.",
        ),
        (
            claim_of("concurrency", "global"),
            None,
            0,
            "limit.concurrency",
            "The limit `mine` of this installation allows 5 calls at a time.",
        ),
        (
            claim_of("output_tokens", "user", window_seconds=10),
            3.0,
            2,
            "limit.tokens",
            "The limit `mine` of this user allows 5 output tokens in 10 s and has 2 output tokens left; this call may "
            "use 300 output tokens, more than it ever allows; it has room again at 2027-01-15T08:00:03Z.",
        ),
        (
            claim_of("total_tokens", "application", "interns", period="month", is_budget=True),
            None,
            1,
            "budget.exhausted",
            "The budget `mine` of this application in the plan `interns` allows 5 tokens each month and has 1 tokens "
            "left; this call may use 310 tokens, more than it ever allows; it resets at 2027-02-01T00:00:00Z.",
        ),
        (
            claim_of("bytes", "service", window_seconds=10),
            30.0,
            0,
            "limit.bytes",
            "The limit `mine` of this service allows 5 bytes in 10 s and has 0 bytes left; this call may use 77 "
            "bytes, more than it ever allows; it has room again at 2027-01-15T08:00:10Z.",
        ),
        (
            claim_of("cost", "model", period="day", amount=1_000_000_000),
            60.0,
            500_000_000,
            "budget.exhausted",
            "The budget `mine` of this model allows 1.00 USD each day and has 0.50 USD left; this call may use 2.50 "
            "USD, more than it ever allows; it resets at 2027-01-16T00:00:00Z.",
        ),
    ],
    ids=["slides", "zone", "uses", "slots", "tokens", "token budget in a plan", "bytes", "money"],
)
def test_a_refusal_says_all_there_is_to_say(claim: Claim, wait: float | None, left: int, code: str, text: str) -> None:
    error = refuse(NoRoom(claim, wait, left, claim.limit), FLOOR, NOW)
    assert (error.code.name, error.public) == (code, text)
    assert "id-that-nobody-reads" not in error.public


def test_a_share_says_which_models_it_is_of() -> None:
    few = refuse(NoRoom(claim_of("requests", period="day", models=("gpt-*", "opus")), 60.0, 0, 5), FLOOR, NOW)
    assert few.public.startswith("The limit `mine` of this token for `gpt-*`, `opus` allows 5 calls each day;")
    many = tuple(f"m{number}" for number in range(9))
    error = refuse(NoRoom(claim_of("requests", period="day", models=many), 60.0, 0, 5), FLOOR, NOW)
    assert "`m4` and 4 more allows" in error.public


def test_nobody_is_told_to_wait_longer_than_the_window() -> None:
    claim = claim_of("requests", window_seconds=5)
    assert refuse(NoRoom(claim, 5.4, 0, 5), FLOOR, NOW).retry_after_seconds == 5
    assert refuse(NoRoom(claim_of("concurrency"), None, 0, 5), FLOOR, NOW).retry_after_seconds == 1.0
    assert refuse(NoRoom(claim_of("cost", period="total"), None, 0, 5), FLOOR, NOW).retry_after_seconds is None
