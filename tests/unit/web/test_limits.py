"""Limits in JSON and in the domain are the same limits."""

from tollway.control.limits.model import BudgetRule, LimitRules, RequestRule
from tollway.control.limits.service import compile_limits, find_faults
from tollway.web.limits import LimitsInput, read_limits, show_limits


def test_what_is_sent_is_what_is_shown() -> None:
    sent = {
        "requests": [{"name": "burst", "requests": 5, "window_seconds": 1}],
        "concurrency": {"calls": 3},
        "budgets": [{"name": "all", "limit_usd": "0.000000001", "period": "total"}],
        "unbounded_output": "cap",
    }
    rules = read_limits(LimitsInput.model_validate(sent))
    assert show_limits(compile_limits("t", rules)).model_dump() == sent


def test_limits_without_a_name_are_named_after_what_they_are() -> None:
    body = LimitsInput.model_validate(
        {"requests": [{"requests": 1}, {"requests": 2, "window_seconds": 5}], "budgets": [{"limit_usd": "1"}]}
    )
    rules = read_limits(body)
    assert rules == LimitRules(
        (RequestRule("rpm", 1, 60), RequestRule("5s", 2, 5)), None, (BudgetRule("month", 10**9, "month"),)
    )
    assert find_faults(rules) == []
