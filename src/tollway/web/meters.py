"""Meters as the management API shows them: how much of each limit of one owner is used now."""

from tollway.contract.limits import Period
from tollway.kernel.money import format_usd
from tollway.web.fields import Instant, Output, Usd, format_instant_or_none
from tollway.web.ports import Readings


class RequestMeter(Output):
    """How much of a request limit is used in the window that slides now."""

    name: str
    limit: int
    window_seconds: int
    used: int
    resets_in_seconds: float


class ConcurrencyMeter(Output):
    """Calls in flight."""

    limit: int
    in_flight: int


class BudgetMeter(Output):
    """What a budget has spent and holds in its current period. `resets_at` null: never."""

    name: str
    limit_usd: Usd
    spent_usd: Usd
    reserved_usd: Usd
    period: Period
    resets_at: Instant | None


class MetersOutput(Output):
    """The meters of one owner at this instant."""

    requests: list[RequestMeter]
    concurrency: ConcurrencyMeter | None
    budgets: list[BudgetMeter]


def show_meters(readings: Readings) -> MetersOutput:
    """Write the meters of one owner."""
    slots = readings.concurrency
    return MetersOutput(
        requests=[
            RequestMeter(
                name=reading.name,
                limit=reading.limit,
                window_seconds=reading.window_seconds,
                used=reading.used,
                resets_in_seconds=reading.resets_in_seconds,
            )
            for reading in readings.requests
        ],
        concurrency=ConcurrencyMeter(limit=slots.limit, in_flight=slots.in_flight) if slots else None,
        budgets=[
            BudgetMeter(
                name=reading.name,
                limit_usd=format_usd(reading.limit_nanos),
                spent_usd=format_usd(reading.spent_nanos),
                reserved_usd=format_usd(reading.reserved_nanos),
                period=reading.period,
                resets_at=format_instant_or_none(reading.resets_ns),
            )
            for reading in readings.budgets
        ],
    )
