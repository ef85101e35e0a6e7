"""Limits in the document's own words, in the shortest form that can say them. Pure."""

from decimal import Decimal
from typing import TypeAlias, Union

from tollway.contract.limits import Limit, Limits
from tollway.control.limits.model import ALERT_PERCENTS
from tollway.control.limits.parse import RPM
from tollway.kernel.money import format_usd

Plain: TypeAlias = Union[bool, int, float, str, "list[Plain]", "dict[str, Plain]", None]


def show_limits(limits: Limits) -> dict[str, Plain]:
    """Return `limits` of an entry; empty for none. Top-ups are no part of a configuration."""
    shown: dict[str, Plain] = {}
    requests: list[Plain] = []
    for rule in limits.requests:
        if rule.name == RPM and rule.window_seconds == 60:
            shown["rpm"] = rule.requests
        else:
            requests.append({"name": rule.name, "requests": rule.requests, "window": f"{rule.window_seconds}s"})
    if requests:
        shown["requests"] = requests
    if limits.concurrency:
        shown["concurrency"] = limits.concurrency[0].calls
    budgets: list[Plain] = [_budget(limit) for limit in limits.every() if limit.is_budget]
    if budgets:
        shown["budgets"] = budgets
    others: list[Plain] = [_other(limit) for limit in limits.limits if not limit.is_budget]
    if others:
        shown["limits"] = others
    if limits.unbounded_output is not None:
        shown["unbounded_output"] = limits.unbounded_output
    return {"limits": shown} if shown else {}


def _budget(limit: Limit) -> dict[str, Plain]:
    amount: dict[str, Plain] = {"limit": _usd(limit.amount)} if limit.measure == "cost" else {"tokens": limit.amount}
    return {"name": limit.name, **amount, **_window(limit), **_rest(limit)}


def _other(limit: Limit) -> dict[str, Plain]:
    amount = _usd(limit.amount) if limit.measure == "cost" else limit.amount
    return {"name": limit.name, "measure": limit.measure, "amount": amount, **_window(limit), **_rest(limit)}


def _window(limit: Limit) -> dict[str, Plain]:
    if limit.period is not None:
        return {"period": limit.period}
    return {"window": f"{limit.window_seconds}s"} if limit.window_seconds else {}


def _rest(limit: Limit) -> dict[str, Plain]:
    shown: dict[str, Plain] = {}
    if limit.zone != "UTC":
        shown["zone"] = limit.zone
    if limit.is_soft:
        shown["soft"] = True
    if limit.alert_percents != ALERT_PERCENTS:
        shown["alert_percents"] = list(limit.alert_percents)
    if limit.models:
        shown["models"] = list(limit.models)
    return shown


def _usd(nanos: int) -> Plain:
    amount = Decimal(format_usd(nanos))
    return int(amount) if amount == amount.to_integral_value() else format_usd(nanos)
