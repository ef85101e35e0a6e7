"""Limits in JSON and in the domain are the same limits."""

from tollway.contract.limits import TopUp
from tollway.control.limits.model import BudgetRule, LimitRules, RequestRule
from tollway.control.limits.service import compile_limits, find_faults, put_top_ups
from tollway.web.limits import LimitsInput, read_limits, show_limits

TOKENS = {"measure": "total_tokens", "amount": 7}


def test_what_is_sent_is_what_is_shown() -> None:
    budget = {"name": "all", "limit_usd": "0.000000001", "period": "total"}
    sent = {
        "requests": [{"name": "burst", "requests": 5, "window_seconds": 1}],
        "concurrency": {"calls": 3},
        "budgets": [budget],
        "unbounded_output": "cap",
        "limits": [],
    }
    shown = show_limits(compile_limits("t", read_limits(LimitsInput.model_validate(sent)))).model_dump()
    assert shown.pop("budgets")[0].items() >= budget.items()
    assert shown.items() <= sent.items()


def test_every_form_of_limit_is_shown_as_it_was_sent() -> None:
    rest = {"alert_percents": [50, 90], "models": ["gpt-*"], "zone": "Europe/Paris", "soft": True}
    budgets = [
        {"name": "week", "limit_tokens": 5_000, "limit_usd": None, "period": "week", "window_seconds": 0, **rest},
        {"name": "roll", "limit_tokens": None, "limit_usd": "2.50", "period": None, "window_seconds": 86_400, **rest},
    ]
    limits = [
        {"name": "in", "measure": "input_tokens", "amount": 9, "amount_usd": None, "period": "day",
         "window_seconds": 0, **rest},
        {"name": "c", "measure": "cost", "amount": None, "amount_usd": "0.10", "period": None,
         "window_seconds": 60, **rest},
    ]  # fmt: skip
    rules = read_limits(LimitsInput.model_validate({"budgets": budgets, "limits": limits}))
    assert find_faults(rules) == []
    compiled = compile_limits("t", rules)
    shown = show_limits(compiled).model_dump()
    for name, sent in (("budgets", budgets), ("limits", limits)):
        for one, asked in zip(shown[name], sent, strict=True):
            assert one.items() >= asked.items()
            assert one["top_ups"] == []
    assert [one["id"] for one in shown["budgets"] + shown["limits"]] == [limit.id for limit in compiled.limits]


def test_what_was_read_can_be_sent_back_and_changes_nothing() -> None:
    rules = read_limits(LimitsInput.model_validate({"budgets": [{"limit_usd": "5"}], "limits": [TOKENS]}))
    limits = compile_limits("t", rules)
    for limit in limits.every():
        limits = put_top_ups(limits, limit.id, (TopUp("top_1", 10**9, 10**18),))
    sent_back = LimitsInput.model_validate(show_limits(limits).model_dump())
    assert compile_limits("t", read_limits(sent_back), limits) == limits


def test_top_ups_are_shown_in_the_unit_of_their_limit() -> None:
    rules = read_limits(LimitsInput.model_validate({"budgets": [{"limit_usd": "5"}], "limits": [TOKENS]}))
    limits = compile_limits("t", rules)
    for limit in limits.every():
        limits = put_top_ups(limits, limit.id, (TopUp("top_1", 10**9, 10**18, 10**17),))
    shown = show_limits(limits).model_dump()
    money, tokens = shown["budgets"][0]["top_ups"][0], shown["limits"][0]["top_ups"][0]
    assert (money["amount_usd"], money["amount"]) == ("1.00", None)
    assert (tokens["amount_usd"], tokens["amount"]) == (None, 10**9)
    assert (money["starts_at"], money["ends_at"]) == ("1973-03-03T09:46:40Z", "2001-09-09T01:46:40Z")


def test_an_amount_that_is_missing_or_given_twice_is_a_fault() -> None:
    bodies = [
        {"budgets": [{"limit_usd": "1", "limit_tokens": 5}]},
        {"budgets": [{"name": "x"}]},
        {"limits": [{"measure": "bytes"}]},
        {"limits": [{"measure": "cost", "amount": 5}]},
    ]
    for body in bodies:
        assert find_faults(read_limits(LimitsInput.model_validate(body))), body


def test_limits_without_a_name_are_named_after_what_they_are() -> None:
    body = LimitsInput.model_validate(
        {"requests": [{"requests": 1}, {"requests": 2, "window_seconds": 5}], "budgets": [{"limit_usd": "1"}]}
    )
    rules = read_limits(body)
    assert rules == LimitRules(
        (RequestRule("rpm", 1, 60), RequestRule("5s", 2, 5)), None, (BudgetRule("month", 10**9, "month"),)
    )
    assert find_faults(rules) == []
    rules = read_limits(
        LimitsInput.model_validate(
            {
                "budgets": [{"limit_tokens": 5, "window_seconds": 60}],
                "limits": [TOKENS, {"measure": "concurrency", "amount": 2}, {"measure": "requests", "amount": 2}],
            }
        )
    )
    assert [rule.name for rule in (*rules.budgets, *rules.limits)] == ["60s tokens", "60s", "concurrency", "rpm"]
