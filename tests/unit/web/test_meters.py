"""Meters in JSON."""

from decimal import Decimal

import pytest

from tollway.contract.limits import Limit, Measure
from tollway.control.gateway.ports import MeterReading
from tollway.web.meters import show_meter, show_meters
from tollway.web.ports import BudgetReading, ConcurrencyReading, Readings, RequestReading


def test_meters_are_shown_as_they_were_read() -> None:
    readings = Readings(
        (RequestReading("rpm", 60, 60, 7, 2.5),),
        ConcurrencyReading(5, 2),
        (BudgetReading("month", 5 * 10**9, 10**9, 1, "month", None),),
    )
    assert show_meters(readings).model_dump() == {
        "requests": [{"name": "rpm", "limit": 60, "window_seconds": 60, "used": 7, "resets_in_seconds": 2.5}],
        "concurrency": {"limit": 5, "in_flight": 2},
        "budgets": [
            {
                "name": "month",
                "limit_usd": "5.00",
                "spent_usd": "1.00",
                "reserved_usd": "0.000000001",
                "period": "month",
                "resets_at": None,
            }
        ],
        "every": [],
    }
    assert show_meters(Readings()).model_dump() == {
        "requests": [], "concurrency": None, "budgets": [], "every": []
    }  # fmt: skip


@pytest.mark.parametrize(
    ("measure", "unit", "used"),
    [("cost", "usd", "1.50"), ("bytes", "bytes", "1500000000"), ("requests", "calls", "1500000000")],
)
def test_every_limit_is_shown_in_its_unit(measure: Measure, unit: str, used: str) -> None:
    limit = Limit("lim_1", "day", measure, 2 * 10**9, period="day", zone="Asia/Tokyo", models=("a*",))
    shown = show_meter(MeterReading(limit, 3 * 10**9, 1_500_000_000, 0, 86_400 * 10**9))
    assert (shown.unit, shown.used, shown.resets_at) == (unit, used, "1970-01-02T00:00:00Z")
    assert (shown.zone, shown.models, shown.budget, shown.soft) == ("Asia/Tokyo", ["a*"], False, False)
    assert Decimal(shown.allowed) == Decimal(shown.amount) * 3 / 2
