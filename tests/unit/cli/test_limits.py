"""Limits from flags."""

import pytest
import typer

from tollway.cli.limits import build_limits, replaced_budgets, show_limits


def test_flags_become_the_limits_of_the_api() -> None:
    limits = build_limits(60, 5, ["5/month", "0.25/day"])
    assert limits == {
        "requests": [{"name": "rpm", "requests": 60, "window_seconds": 60}],
        "concurrency": {"calls": 5},
        "budgets": [
            {"name": "month", "limit_usd": "5.00", "period": "month"},
            {"name": "day", "limit_usd": "0.25", "period": "day"},
        ],
    }
    assert show_limits(limits) == "60/60s, 5 at once, 5.00 USD/month, 0.25 USD/day"


def test_no_flags_are_no_limits() -> None:
    assert build_limits(None, None, None) == {}
    assert show_limits({}) == show_limits(None) == "-"
    assert show_limits({"requests": [], "concurrency": None, "budgets": []}) == "-"


def test_every_measure_and_window_has_a_flag() -> None:
    budgets = ["2M tokens/day", "5/month@Europe/Paris", "1/7d:soft", "month=1/hour"]
    limits = build_limits(None, None, budgets, ["tokens=100k/1m", "cost=0.5/day:soft", "concurrency=3"])
    assert limits["budgets"] == [
        {"name": "day tokens", "limit_tokens": 2_000_000, "period": "day"},
        {"name": "month", "limit_usd": "5.00", "period": "month", "zone": "Europe/Paris"},
        {"name": "604800s", "limit_usd": "1.00", "window_seconds": 604_800, "soft": True},
        {"name": "month", "limit_usd": "1.00", "period": "hour"},
    ]
    assert limits["limits"] == [
        {"name": "60s", "measure": "total_tokens", "amount": 100_000, "window_seconds": 60, "soft": False},
        {"name": "day", "measure": "cost", "amount_usd": "0.50", "period": "day", "soft": True},
        {"name": "concurrency", "measure": "concurrency", "amount": 3, "window_seconds": 0, "soft": False},
    ]
    assert show_limits(limits) == (
        "2000000 tokens/day, 5.00 USD/month@Europe/Paris, 1.00 USD/604800s (soft), 1.00 USD/hour, "
        "100000 total tokens/60s, 0.50 USD/day (soft), 3 concurrency"
    )
    assert show_limits({"budgets": [{"limit_usd": "1.00", "period": "day", "models": ["gpt-*"]}]}) == (
        "1.00 USD/day for gpt-*"
    )


def test_limits_that_cannot_be_read_name_their_flag() -> None:
    with pytest.raises(typer.BadParameter) as caught:
        build_limits(None, None, None, ["words=1/1m"])
    assert caught.value.param_hint == "--limit"


@pytest.mark.parametrize("text", ["", "five/month", "5/fortnight", "-1/day", "1e3/day"])
def test_budgets_that_cannot_be_read_name_their_flag(text: str) -> None:
    with pytest.raises(typer.BadParameter) as caught:
        build_limits(None, None, [text])
    assert caught.value.param_hint == "--budget"


def test_a_budget_that_takes_the_place_of_another_is_told_of() -> None:
    month, day = build_limits(None, None, ["5/month"]), build_limits(None, None, ["5/day"])
    note = replaced_budgets(month, day)
    assert note.startswith("what budget `month` spent does not count against budget `day`")
    assert "--budget 'month=AMOUNT/PERIOD'" in note
    for after in (month, build_limits(None, None, ["month=5/day"]), build_limits(None, None, ["5/month", "1/day"]), {}):
        assert replaced_budgets(month, after) == ""
