"""Limits as the management API shows and takes them, shared by tokens and applications.

Only shapes and their translation to and from the domain; what a limit means is decided there.
"""

from typing import Annotated

from pydantic import Field

from tollway.contract.policy import Limits, Period, UnboundedOutput
from tollway.control.limits.model import BudgetRule, LimitRules, RequestRule
from tollway.kernel.money import format_usd
from tollway.web.fields import Input, Instant, Name, Output, Usd, UsdInput, format_instant_or_none
from tollway.web.ports import Readings


class RequestLimitInput(Input):
    """At most `requests` calls in any `window_seconds`, sliding. Without a name it is named after its window."""

    name: Name | None = None
    requests: Annotated[int, Field(ge=1, le=1_000_000_000)]
    window_seconds: Annotated[int, Field(ge=1, le=31 * 86_400)] = 60


class ConcurrencyInput(Input):
    """At most `calls` in flight."""

    calls: Annotated[int, Field(ge=1, le=1_000_000)]


class BudgetInput(Input):
    """At most `limit_usd` in each calendar period (UTC); `total` never resets. Without a name it is named after it."""

    name: Name | None = None
    limit_usd: UsdInput
    period: Period = "month"


class LimitsInput(Input):
    """Everything that may run out for one owner. What is left out is not limited."""

    requests: Annotated[list[RequestLimitInput], Field(max_length=16)] = Field(default=[])
    concurrency: ConcurrencyInput | None = None
    budgets: Annotated[list[BudgetInput], Field(max_length=16)] = Field(default=[])
    unbounded_output: UnboundedOutput | None = None


class RequestLimitOutput(Output):
    """At most `requests` calls in any `window_seconds`, sliding."""

    name: str
    requests: int
    window_seconds: int


class ConcurrencyOutput(Output):
    """At most `calls` in flight."""

    calls: int


class BudgetOutput(Output):
    """At most `limit_usd` in each calendar period (UTC)."""

    name: str
    limit_usd: Usd
    period: Period


class LimitsOutput(Output):
    """The limits that hold. `unbounded_output` null means the installation's setting."""

    requests: list[RequestLimitOutput]
    concurrency: ConcurrencyOutput | None
    budgets: list[BudgetOutput]
    unbounded_output: UnboundedOutput | None


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


def show_limits(limits: Limits) -> LimitsOutput:
    """Write limits for the API."""
    return LimitsOutput(
        requests=[
            RequestLimitOutput(name=limit.name, requests=limit.requests, window_seconds=limit.window_seconds)
            for limit in limits.requests
        ],
        concurrency=ConcurrencyOutput(calls=limits.concurrency[0].calls) if limits.concurrency else None,
        budgets=[
            BudgetOutput(name=budget.name, limit_usd=format_usd(budget.limit_nanos), period=budget.period)
            for budget in limits.budgets
        ],
        unbounded_output=limits.unbounded_output,
    )


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


def read_limits(limits: LimitsInput) -> LimitRules:
    """Turn limits that the caller sent into rules."""
    return LimitRules(
        requests=tuple(
            RequestRule(rule.name or _window_name(rule.window_seconds), rule.requests, rule.window_seconds)
            for rule in limits.requests
        ),
        concurrency=limits.concurrency.calls if limits.concurrency else None,
        budgets=tuple(BudgetRule(rule.name or rule.period, rule.limit_usd, rule.period) for rule in limits.budgets),
        unbounded_output=limits.unbounded_output,
    )


def _window_name(seconds: int) -> str:
    return "rpm" if seconds == 60 else f"{seconds}s"
