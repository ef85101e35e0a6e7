"""What is decided about an event follows from rule and past alone."""

from dataclasses import replace

import pytest

from tollway.contract.watching import Guessing, Rule, Spike, Thresholds
from tollway.control.security.acting import Decision, decide
from tollway.control.security.model import SecurityEvent, SecurityRules

EVENT = SecurityEvent("sec_1", "spike", "low", "t", "", True, None, None, "", {}, "open", 1, 1)


@pytest.mark.parametrize(
    ("rule", "latest", "expected"),
    [
        (Spike(), None, Decision("notify", False)),
        (Spike(act="limit"), None, Decision("limit", False)),
        (Spike(act="limit", act_most="revoke"), ("limit", "done"), Decision("quarantine", False)),
        (Spike(act="limit", act_most="revoke"), ("quarantine", "done"), Decision("revoke", False)),
        (Spike(act="limit", act_most="revoke"), ("revoke", "final"), Decision("revoke", False)),
        (Spike(act="limit"), ("limit", "done"), Decision("limit", False)),
        (Spike(act="revoke"), ("revoke", "undone"), Decision("notify", False)),
        (Spike(mode="dry_run", act="limit", act_most="revoke"), ("limit", "would"), Decision("quarantine", True)),
    ],
)
def test_the_next_step_of_the_ladder(rule: Spike, latest: tuple[str, str] | None, expected: Decision) -> None:
    rules = SecurityRules(Thresholds(spike=rule))
    before = None if latest is None else replace(EVENT, act=latest[0], act_state=latest[1])  # type: ignore[arg-type]
    assert decide("spike", rules, before, is_token=True) == expected
    assert decide("spike", rules, before, is_token=False).act == "notify"


def test_what_needs_no_working_secret_is_only_told_whatever_the_rule_says() -> None:
    rules = SecurityRules(Thresholds(secret_guessed=Guessing(act="revoke"), decoy_used=Rule(act="revoke")))
    for kind in ("secret_guessed", "decoy_used", "scanning", "unknown_ids"):
        assert decide(kind, rules, None, is_token=True).act == "notify"


@pytest.mark.parametrize(("at_ns", "act"), [(9, "limit"), (10, "limit"), (11, "quarantine"), (None, "quarantine")])
def test_only_what_was_found_after_the_last_act_climbs(at_ns: int | None, act: str) -> None:
    rules = SecurityRules(Thresholds(spike=Spike(act="limit", act_most="revoke")))
    latest = replace(EVENT, act="limit", act_state="done", created_ns=10)
    assert decide("spike", rules, latest, is_token=True, at_ns=at_ns).act == act
