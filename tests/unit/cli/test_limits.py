"""Limits from flags."""

import pytest
import typer

from tollway.cli.limits import build_limits, show_limits


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


@pytest.mark.parametrize("text", ["", "five/month", "5/fortnight", "-1/day", "1e3/day"])
def test_budgets_that_cannot_be_read_name_their_flag(text: str) -> None:
    with pytest.raises(typer.BadParameter) as caught:
        build_limits(None, None, [text])
    assert caught.value.param_hint == "--budget"
