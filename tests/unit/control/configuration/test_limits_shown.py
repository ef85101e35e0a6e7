"""Limits in the document's own words."""

from tollway.contract.limits import Limits
from tollway.control.configuration.limits_shown import show_limits
from tollway.control.limits.model import BudgetRule, LimitRule, LimitRules, RequestRule
from tollway.control.limits.service import compile_limits


def test_the_shortest_form_is_shown() -> None:
    rules = LimitRules(
        (RequestRule("rpm", 60, 60), RequestRule("burst", 5, 1)),
        3,
        (BudgetRule("month", 5 * 10**9, "month"), BudgetRule("roll", 7, None, "total_tokens", 60, is_soft=True)),
        "refuse",
        (LimitRule("day", "cost", 10**8, period="day", zone="Asia/Tokyo", alert_percents=(90,), models=("a*",)),),
    )
    assert show_limits(compile_limits("t", rules)) == {
        "limits": {
            "rpm": 60,
            "requests": [{"name": "burst", "requests": 5, "window": "1s"}],
            "concurrency": 3,
            "budgets": [
                {"name": "month", "limit": 5, "period": "month"},
                {"name": "roll", "tokens": 7, "window": "60s", "soft": True},
            ],
            "limits": [
                {
                    "name": "day",
                    "measure": "cost",
                    "amount": "0.10",
                    "period": "day",
                    "zone": "Asia/Tokyo",
                    "alert_percents": [90],
                    "models": ["a*"],
                }
            ],
            "unbounded_output": "refuse",
        }
    }
    assert show_limits(Limits()) == {}
