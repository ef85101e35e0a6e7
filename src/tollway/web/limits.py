"""Limits as the management API shows and takes them, shared by everything that has limits.

Only shapes and their translation to and from the domain; what a limit means is decided there.
"""

from typing import Annotated

from pydantic import Field

from tollway.contract.limits import Limit, Limits, Measure, Period, TopUp, UnboundedOutput
from tollway.control.limits.model import ALERT_PERCENTS, BudgetRule, LimitRule, LimitRules, RequestRule
from tollway.control.limits.parse import name_window
from tollway.kernel.money import format_usd
from tollway.web.fields import Input, Instant, Name, Output, Usd, UsdInput, format_instant
from tollway.web.meters import MetersOutput, read_meters, show_meters

__all__ = ["LimitsInput", "LimitsOutput", "MetersOutput", "read_limits", "read_meters", "show_limits", "show_meters"]

WindowSeconds = Annotated[int, Field(ge=0, le=31 * 86_400)]
Zone = Annotated[str, Field(min_length=1, max_length=64)]
Percents = Annotated[list[Annotated[int, Field(ge=1, le=1_000)]], Field(max_length=10)]
Models = Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=100)]
Amount = Annotated[int, Field(ge=0, le=2**61 - 1)]


class RequestLimitInput(Input):
    """At most `requests` calls in any `window_seconds`, sliding. Without a name it is named after its window."""

    name: Name | None = None
    requests: Annotated[int, Field(ge=1, le=1_000_000_000)]
    window_seconds: Annotated[int, Field(ge=1, le=31 * 86_400)] = 60


class ConcurrencyInput(Input):
    """At most `calls` in flight."""

    calls: Annotated[int, Field(ge=1, le=1_000_000)]


class BudgetInput(Input):
    """At most `limit_usd`, or `limit_tokens`, in each calendar period of `zone` or in any `window_seconds`.

    `total` never resets. Without a name it is named after its period or window. `soft`: counted and told of, never
    refused. `models`: counts only calls for these, names or patterns with `*`. `id` and `top_ups` of what was read are
    taken and change nothing.
    """

    name: Name | None = None
    limit_usd: UsdInput | None = None
    limit_tokens: Amount | None = None
    period: Period | None = None
    window_seconds: WindowSeconds = 0
    zone: Zone = "UTC"
    soft: bool = False
    alert_percents: Percents = Field(default=list(ALERT_PERCENTS))
    models: Models = Field(default=[])
    id: Annotated[str, Field(max_length=100)] | None = None
    top_ups: Annotated[list[dict[str, str | int | None]], Field(max_length=100)] = Field(default=[])


class LimitInput(Input):
    """At most `amount` (`amount_usd` for cost) of a measure in a window that slides or follows the calendar.

    The window is any `window_seconds`, or each `period` of `zone`; `concurrency` has none. `id` and `top_ups` of what
    was read are taken and change nothing.
    """

    name: Name | None = None
    measure: Measure
    amount: Amount | None = None
    amount_usd: UsdInput | None = None
    window_seconds: WindowSeconds = 0
    period: Period | None = None
    zone: Zone = "UTC"
    soft: bool = False
    alert_percents: Percents = Field(default=list(ALERT_PERCENTS))
    models: Models = Field(default=[])
    id: Annotated[str, Field(max_length=100)] | None = None
    top_ups: Annotated[list[dict[str, str | int | None]], Field(max_length=100)] = Field(default=[])


class LimitsInput(Input):
    """Everything that may run out for one owner. What is left out is not limited; top-ups stay with their limits."""

    requests: Annotated[list[RequestLimitInput], Field(max_length=16)] = Field(default=[])
    concurrency: ConcurrencyInput | None = None
    budgets: Annotated[list[BudgetInput], Field(max_length=16)] = Field(default=[])
    unbounded_output: UnboundedOutput | None = None
    limits: Annotated[list[LimitInput], Field(max_length=16)] = Field(default=[])


class RequestLimitOutput(Output):
    """At most `requests` calls in any `window_seconds`, sliding."""

    name: str
    requests: int
    window_seconds: int


class ConcurrencyOutput(Output):
    """At most `calls` in flight."""

    calls: int


class TopUpOutput(Output):
    """More than the limit allows, until an instant. One of the amounts is null."""

    id: str
    amount: int | None
    amount_usd: Usd | None
    starts_at: Instant | None
    ends_at: Instant


class BudgetOutput(Output):
    """At most `limit_usd` or `limit_tokens` (the other is null) in each calendar period, or in any `window_seconds`."""

    id: str
    name: str
    limit_usd: Usd | None
    limit_tokens: int | None
    period: Period | None
    window_seconds: int
    zone: str
    soft: bool
    alert_percents: list[int]
    models: list[str]
    top_ups: list[TopUpOutput]


class LimitOutput(Output):
    """At most `amount` (`amount_usd` for cost; the other is null) of a measure in its window."""

    id: str
    name: str
    measure: Measure
    amount: int | None
    amount_usd: Usd | None
    window_seconds: int
    period: Period | None
    zone: str
    soft: bool
    alert_percents: list[int]
    models: list[str]
    top_ups: list[TopUpOutput]


class LimitsOutput(Output):
    """The limits that hold. `unbounded_output` null means the installation's setting.

    `requests` and `concurrency` are the plain ones of their kind; `limits` are all others that are no budgets.
    """

    requests: list[RequestLimitOutput]
    concurrency: ConcurrencyOutput | None
    budgets: list[BudgetOutput]
    unbounded_output: UnboundedOutput | None
    limits: list[LimitOutput]


def show_limits(limits: Limits) -> LimitsOutput:
    """Write limits for the API."""
    return LimitsOutput(
        requests=[
            RequestLimitOutput(name=limit.name, requests=limit.requests, window_seconds=limit.window_seconds)
            for limit in limits.requests
        ],
        concurrency=ConcurrencyOutput(calls=limits.concurrency[0].calls) if limits.concurrency else None,
        budgets=[_show_budget(limit) for limit in limits.every() if limit.is_budget],
        unbounded_output=limits.unbounded_output,
        limits=[_show_limit(limit) for limit in limits.limits if not limit.is_budget],
    )


def show_top_up(limit: Limit, top_up: TopUp) -> TopUpOutput:
    """Write a top-up in the unit of its limit."""
    is_money = limit.measure == "cost"
    return TopUpOutput(
        id=top_up.id,
        amount=None if is_money else top_up.amount,
        amount_usd=format_usd(top_up.amount) if is_money else None,
        starts_at=format_instant(top_up.from_ns) if top_up.from_ns else None,
        ends_at=format_instant(top_up.until_ns),
    )


def read_limits(limits: LimitsInput) -> LimitRules:
    """Turn limits that the caller sent into rules."""
    return LimitRules(
        requests=tuple(
            RequestRule(rule.name or name_window(rule.window_seconds), rule.requests, rule.window_seconds)
            for rule in limits.requests
        ),
        concurrency=limits.concurrency.calls if limits.concurrency else None,
        budgets=tuple(_read_budget(rule) for rule in limits.budgets),
        unbounded_output=limits.unbounded_output,
        limits=tuple(_read_limit(rule) for rule in limits.limits),
    )


def _show_budget(limit: Limit) -> BudgetOutput:
    is_money = limit.measure == "cost"
    return BudgetOutput(
        id=limit.id,
        name=limit.name,
        limit_usd=format_usd(limit.amount) if is_money else None,
        limit_tokens=None if is_money else limit.amount,
        period=limit.period,
        window_seconds=limit.window_seconds,
        zone=limit.zone,
        soft=limit.is_soft,
        alert_percents=list(limit.alert_percents),
        models=list(limit.models),
        top_ups=[show_top_up(limit, top_up) for top_up in limit.top_ups],
    )


def _show_limit(limit: Limit) -> LimitOutput:
    is_money = limit.measure == "cost"
    return LimitOutput(
        id=limit.id,
        name=limit.name,
        measure=limit.measure,
        amount=None if is_money else limit.amount,
        amount_usd=format_usd(limit.amount) if is_money else None,
        window_seconds=limit.window_seconds,
        period=limit.period,
        zone=limit.zone,
        soft=limit.is_soft,
        alert_percents=list(limit.alert_percents),
        models=list(limit.models),
        top_ups=[show_top_up(limit, top_up) for top_up in limit.top_ups],
    )


def _read_budget(rule: BudgetInput) -> BudgetRule:
    """A budget with neither a period nor a window is one of each month, as it always was."""
    is_tokens = rule.limit_usd is None and rule.limit_tokens is not None
    period = rule.period or (None if rule.window_seconds else "month")
    unnamed = (period or f"{rule.window_seconds}s") + (" tokens" if is_tokens else "")
    return BudgetRule(
        name=rule.name or unnamed,
        amount=_one_of(rule.limit_tokens, rule.limit_usd),
        period=period,
        unit="total_tokens" if is_tokens else "cost",
        window_seconds=rule.window_seconds,
        zone=rule.zone,
        is_soft=rule.soft,
        alert_percents=tuple(sorted(rule.alert_percents)),
        models=tuple(rule.models),
    )


def _read_limit(rule: LimitInput) -> LimitRule:
    is_windowed = rule.measure != "concurrency"
    window = rule.window_seconds or (60 if is_windowed and rule.period is None else 0)
    unnamed = name_window(window) if rule.measure == "requests" else f"{window}s"
    return LimitRule(
        name=rule.name or rule.period or (unnamed if is_windowed else rule.measure),
        measure=rule.measure,
        amount=_one_of(*((None, rule.amount_usd) if rule.measure == "cost" else (rule.amount, None))),
        window_seconds=window,
        period=rule.period,
        zone=rule.zone,
        is_soft=rule.soft,
        alert_percents=tuple(sorted(rule.alert_percents)),
        models=tuple(rule.models),
    )


def _one_of(first: int | None, second: int | None) -> int:
    """Return the amount that was given; one that is missing, or doubtful, is refused as out of range."""
    if first is not None and second is not None:
        return -1
    found = first if second is None else second
    return -1 if found is None else found
