"""Reads the limits of a configuration document, short forms included."""

from typing import cast

from msgspec import UNSET, UnsetType

from tollway.contract.limits import Period, UnboundedOutput
from tollway.control.configuration.fields import Fields
from tollway.control.configuration.tree import Node
from tollway.control.faults import Faults
from tollway.control.limits.checks import MEASURES, PERIODS, UNBOUNDED_OUTPUT, find_faults
from tollway.control.limits.model import ALERT_PERCENTS, NO_RULES, BudgetRule, LimitRule, LimitRules, RequestRule
from tollway.control.limits.parse import parse_budget, parse_count, parse_duration_seconds, per_minute

_DURATION = "use a duration such as 60s, 5m or 24h"
_COUNT = "use a number such as 5000, 100k or 2M"


def read_limits(fields: Fields) -> LimitRules | UnsetType:
    """Read `limits`: absent is UNSET, null is no limit; what is given is all limits of the owner."""
    if fields.is_null("limits"):
        return NO_RULES
    limits = fields.mapping("limits")
    if limits is None:
        return UNSET
    found = len(fields.faults.found)
    requests = [*_rpm(limits), *(_request(path, node, fields.faults) for path, node in limits.items("requests"))]
    budgets = [*_budget(limits), *(_budget_item(path, node, fields.faults) for path, node in limits.items("budgets"))]
    others = [_limit_item(path, node, fields.faults) for path, node in limits.items("limits")]
    concurrency = UNSET if limits.is_null("concurrency") else limits.integer("concurrency")
    unbounded = UNSET if limits.is_null("unbounded_output") else limits.text("unbounded_output")
    if unbounded is not UNSET and unbounded not in UNBOUNDED_OUTPUT:
        limits.faults.add(f"{limits.path}/unbounded_output", f"use one of {', '.join(UNBOUNDED_OUTPUT)}")
    limits.close()
    rules = LimitRules(
        requests=tuple(requests),
        concurrency=None if concurrency is UNSET else concurrency,
        budgets=tuple(budgets),
        unbounded_output=None if unbounded is UNSET else cast("UnboundedOutput", unbounded),
        limits=tuple(others),
    )
    if len(fields.faults.found) > found:
        return UNSET
    fields.faults.extend(limits.path, find_faults(rules))
    return rules


def _rpm(limits: Fields) -> list[RequestRule]:
    rpm = limits.integer("rpm")
    return [] if rpm is UNSET else [per_minute(rpm)]


def _request(path: str, node: Node, faults: Faults) -> RequestRule:
    item = Fields(node, path, faults)
    name, requests = item.text("name"), item.integer("requests")
    window = item.parsed("window", parse_duration_seconds, _DURATION)
    item.close()
    if requests is UNSET or window is UNSET:
        faults.add(path, "a request limit needs `requests` and `window`")
        return RequestRule("", 1, 1)
    return RequestRule(f"per {window} s" if name is UNSET else name, requests, window)


def _budget(limits: Fields) -> list[BudgetRule]:
    budget = limits.parsed("budget", parse_budget, "use an amount and a period such as 5/month")
    return [] if budget is UNSET else [budget]


def _budget_item(path: str, node: Node, faults: Faults) -> BudgetRule:
    item = Fields(node, path, faults)
    name, limit, tokens = item.text("name"), item.usd("limit"), item.parsed("tokens", parse_count, _COUNT)
    period, window = _window(item)
    zone, is_soft, alerts, models = _rest(item)
    item.close()
    if (limit is UNSET) == (tokens is UNSET) or (period is None) == (window == 0):
        faults.add(path, f"a budget needs `limit` or `tokens`, and `period` ({', '.join(PERIODS)}) or `window`")
        return BudgetRule("", 0, "month")
    unnamed = (period or f"{window}s") + ("" if tokens is UNSET else " tokens")
    return BudgetRule(
        name=unnamed if name is UNSET else name,
        amount=tokens if limit is UNSET else limit,  # type: ignore[arg-type]  # one of them is given
        period=period,
        unit="cost" if tokens is UNSET else "total_tokens",
        window_seconds=window,
        zone=zone,
        is_soft=is_soft,
        alert_percents=alerts,
        models=models,
    )


def _limit_item(path: str, node: Node, faults: Faults) -> LimitRule:
    item = Fields(node, path, faults)
    name, measure = item.text("name"), item.text("measure")
    amount = item.usd("amount") if measure == "cost" else item.parsed("amount", parse_count, _COUNT)
    period, window = _window(item)
    zone, is_soft, alerts, models = _rest(item)
    item.close()
    if measure is UNSET or measure not in MEASURES or amount is UNSET:
        faults.add(path, f"a limit needs `amount` and `measure`, one of {', '.join(MEASURES)}")
        return LimitRule("", "requests", 1, 1)
    unnamed = period or (f"{window}s" if window else measure)
    return LimitRule(
        name=unnamed if name is UNSET else name,
        measure=measure,
        amount=amount,
        window_seconds=window,
        period=period,
        zone=zone,
        is_soft=is_soft,
        alert_percents=alerts,
        models=models,
    )


def _window(item: Fields) -> tuple[Period | None, int]:
    period = item.text("period")
    window = item.parsed("window", parse_duration_seconds, _DURATION)
    if period is not UNSET and period not in PERIODS:
        item.faults.add(f"{item.path}/period", f"use one of {', '.join(PERIODS)}")
        return "month", 0
    return None if period is UNSET else period, 0 if window is UNSET else window


def _rest(item: Fields) -> tuple[str, bool, tuple[int, ...], tuple[str, ...]]:
    """Read what every limit may say beside its amount and window: zone, soft, alert_percents, models."""
    zone, is_soft, models = item.text("zone"), item.flag("soft"), item.texts("models")
    alerts = item.texts("alert_percents")
    if alerts is not UNSET and not all(text.isascii() and text.isdecimal() for text in alerts):
        item.faults.add(f"{item.path}/alert_percents", "use a list of whole numbers")
        alerts = UNSET
    return (
        "UTC" if zone is UNSET else zone,
        is_soft is True,
        ALERT_PERCENTS if alerts is UNSET else tuple(sorted(int(text) for text in alerts)),
        () if models is UNSET else models,
    )
