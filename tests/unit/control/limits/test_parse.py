"""Short forms of limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.control.limits.model import BudgetRule, RequestRule
from tollway.control.limits.parse import parse_budget, parse_duration_seconds, per_minute


def test_rpm_is_one_rule() -> None:
    assert per_minute(60) == RequestRule("rpm", 60, 60)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("5/month", BudgetRule("month", 5_000_000_000, "month")),
        ("0.25/day", BudgetRule("day", 250_000_000, "day")),
        ("$20 / total", BudgetRule("total", 20_000_000_000, "total")),
        ("7", BudgetRule("month", 7_000_000_000, "month")),
    ],
)
def test_budgets(text: str, rule: BudgetRule) -> None:
    assert parse_budget(text) == rule


@pytest.mark.parametrize("text", ["", "/month", "5/year", "-5", "five", "5/month/day", "1e9/day"])
def test_other_budgets_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        parse_budget(text)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("60s", 60), ("5 m", 300), ("24h", 86_400), ("2w", 1_209_600)]
)
def test_durations(text: str, seconds: int) -> None:
    assert parse_duration_seconds(text) == seconds


@given(text=st.text(max_size=12))
def test_any_text_is_read_or_refused(text: str) -> None:
    for parse in (parse_duration_seconds, parse_budget):
        try:
            parse(text)
        except ValueError as error:
            assert str(error)
