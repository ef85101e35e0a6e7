"""Meters as the management API shows them: how much of each limit of one owner is used now."""

from collections.abc import Callable, Iterable
from typing import Literal, Protocol

from tollway.contract.limits import Limit, Limits, Measure, Period
from tollway.kernel.money import format_usd
from tollway.web.fields import Instant, Output, Usd, format_instant_or_none
from tollway.web.ports import MeterReader, Readings


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


Unit = Literal["calls", "usd", "tokens", "bytes"]


class MeterOutput(Output):
    """One limit and its use now; amounts are decimal strings in its `unit`. `allowed` is `amount` with its top-ups.

    `resets_at`: when all of it is there again if nothing more is used; null: never, or nothing is used.
    """

    id: str
    name: str
    measure: Measure
    unit: Unit
    amount: str
    allowed: str
    used: str
    reserved: str
    window_seconds: int
    period: Period | None
    zone: str
    budget: bool
    soft: bool
    models: list[str]
    resets_at: Instant | None


class MetersOutput(Output):
    """The meters of one owner at this instant: `every` has all of them, the lists before it the plain ones by kind."""

    requests: list[RequestMeter]
    concurrency: ConcurrencyMeter | None
    budgets: list[BudgetMeter]
    every: list[MeterOutput]


def show_meters(readings: Readings, every: Iterable["Used"] = ()) -> MetersOutput:
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
        every=[show_meter(reading) for reading in every],
    )


def read_meters(meters: MeterReader, level: str, owner_id: str, *sets: Limits) -> MetersOutput:
    """Read and write the meters of one owner: its own limits first, then those of its plan.

    Raises gateway.meters_unavailable.
    """
    every = [reading for limits in sets for reading in meters.read_every(level, owner_id, limits)]
    return show_meters(meters.read(level, owner_id, sets[0]), every)


class Used(Protocol):
    """A limit and its use, as MeterReading and UsedLimit have it."""

    @property
    def limit(self) -> Limit:
        """The limit."""
        ...

    @property
    def allowed(self) -> int:
        """Its amount with the top-ups of this instant."""
        ...

    @property
    def used(self) -> int:
        """What counts against it."""
        ...

    @property
    def reserved(self) -> int:
        """What calls in flight hold."""
        ...

    @property
    def resets_ns(self) -> int | None:
        """When all of it is there again."""
        ...


def show_meter(reading: Used) -> MeterOutput:
    """Write one limit with its use; amounts are decimal strings in its unit."""
    limit = reading.limit
    unit = _UNITS[limit.measure]
    write: Callable[[int], str] = format_usd if unit == "usd" else str
    return MeterOutput(
        id=limit.id,
        name=limit.name,
        measure=limit.measure,
        unit=unit,
        amount=write(limit.amount),
        allowed=write(reading.allowed),
        used=write(reading.used),
        reserved=write(reading.reserved),
        window_seconds=limit.window_seconds,
        period=limit.period,
        zone=limit.zone,
        budget=limit.is_budget,
        soft=limit.is_soft,
        models=list(limit.models),
        resets_at=format_instant_or_none(reading.resets_ns),
    )


_UNITS: dict[Measure, Unit] = {
    "requests": "calls",
    "concurrency": "calls",
    "cost": "usd",
    "bytes": "bytes",
    "input_tokens": "tokens",
    "output_tokens": "tokens",
    "total_tokens": "tokens",
}
