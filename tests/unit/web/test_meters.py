"""Meters in JSON."""

from tollway.web.meters import show_meters
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
    }
    assert show_meters(Readings()).model_dump() == {"requests": [], "concurrency": None, "budgets": []}
