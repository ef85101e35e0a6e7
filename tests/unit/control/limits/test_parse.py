"""Short forms of limits."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollway.control.limits.model import BudgetRule, LimitRule, RequestRule
from tollway.control.limits.parse import parse_budget, parse_count, parse_duration_seconds, parse_limit, per_minute


def test_rpm_is_one_rule() -> None:
    assert per_minute(60) == RequestRule("rpm", 60, 60)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("5/month", BudgetRule("month", 5_000_000_000, "month")),
        ("0.25/day", BudgetRule("day", 250_000_000, "day")),
        ("$20 / total", BudgetRule("total", 20_000_000_000, "total")),
        ("7", BudgetRule("month", 7_000_000_000, "month")),
        ("5/day@Europe/Paris", BudgetRule("day", 5_000_000_000, "day", zone="Europe/Paris")),
        ("2M tokens/month", BudgetRule("month tokens", 2_000_000, "month", "total_tokens")),
        ("5/7d", BudgetRule("604800s", 5_000_000_000, None, window_seconds=604_800)),
        ("1k tokens/1h:soft", BudgetRule("3600s tokens", 1_000, None, "total_tokens", 3_600, is_soft=True)),
        ("5/day@Asia/Tokyo:soft", BudgetRule("day", 5_000_000_000, "day", zone="Asia/Tokyo", is_soft=True)),
        ("month=10/day", BudgetRule("month", 10_000_000_000, "day")),
        ("a share = 1/day for opus", BudgetRule("a share", 1_000_000_000, "day", models=("opus",))),
    ],
)
def test_budgets(text: str, rule: BudgetRule) -> None:
    assert parse_budget(text) == rule


@pytest.mark.parametrize("text", ["", "/month", "5/year", "-5", "five", "5/month/day", "1e9/day", "5/day:firm", "=5"])
def test_other_budgets_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a|a budget's name is missing"):
        parse_budget(text)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("60s", 60), ("5 m", 300), ("24h", 86_400), ("2w", 1_209_600)]
)
def test_durations(text: str, seconds: int) -> None:
    assert parse_duration_seconds(text) == seconds


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("tokens=100k/1m", LimitRule("60s", "total_tokens", 100_000, 60)),
        ("requests=60/1m", LimitRule("rpm", "requests", 60, 60)),
        ("calls=5/day@Asia/Tokyo", LimitRule("day", "requests", 5, period="day", zone="Asia/Tokyo")),
        ("bytes=1.5G/24h:soft", LimitRule("86400s", "bytes", 1_500_000_000, 86_400, is_soft=True)),
        ("cost=0.5/1h", LimitRule("3600s", "cost", 500_000_000, 3_600)),
        ("concurrency=8:soft", LimitRule("concurrency", "concurrency", 8, is_soft=True)),
    ],
)
def test_limits(text: str, rule: LimitRule) -> None:
    assert parse_limit(text) == rule


@pytest.mark.parametrize(
    "text", ["", "words=1/1m", "tokens=x/1m", "tokens=1", "tokens=1/fortnight", "tokens=1/1m:firm", "tokens=0.5/1m"]
)
def test_other_limits_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        parse_limit(text)


@pytest.mark.parametrize(
    ("text", "count"), [("5000", 5_000), ("100k", 100_000), ("1.5M", 1_500_000), ("2 G", 2 * 10**9), ("1.50k", 1_500)]
)
def test_counts_are_exact(text: str, count: int) -> None:
    assert parse_count(text) == count


@given(text=st.text(max_size=12))
def test_any_text_is_read_or_refused(text: str) -> None:
    for parse in (parse_duration_seconds, parse_budget, parse_limit, parse_count):
        try:
            parse(text)
        except ValueError as error:
            assert str(error)


def test_a_share_of_models_is_said_at_the_end() -> None:
    rule = parse_limit("cost=0.5/day@Asia/Tokyo:soft for gpt-* ft:mine")
    assert rule == LimitRule(
        "day for gpt-* ft:mine", "cost", 500_000_000, period="day", zone="Asia/Tokyo", is_soft=True,
        models=("gpt-*", "ft:mine"),
    )  # fmt: skip
    budget = parse_budget("2M tokens/week for opus")
    assert budget == BudgetRule("week tokens for opus", 2_000_000, "week", "total_tokens", models=("opus",))
    assert parse_budget("5/month").models == parse_limit("concurrency=5").models == ()


@pytest.mark.parametrize("parse", [parse_budget, parse_limit], ids=["budget", "limit"])
def test_a_share_of_no_model_is_refused(parse: Callable[[str], object]) -> None:
    with pytest.raises(ValueError, match="name the models"):
        parse("tokens=5/day for ")
