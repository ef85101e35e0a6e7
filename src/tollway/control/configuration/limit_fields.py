"""Reads the limits of a configuration document, short forms included."""

from typing import cast

from msgspec import UNSET, UnsetType

from tollway.contract.policy import UnboundedOutput
from tollway.control.configuration.fields import Fields
from tollway.control.configuration.tree import Node
from tollway.control.faults import Faults
from tollway.control.limits.model import NO_RULES, BudgetRule, LimitRules, RequestRule
from tollway.control.limits.parse import parse_budget, parse_duration_seconds, per_minute
from tollway.control.limits.service import PERIODS, UNBOUNDED_OUTPUT, find_faults

_DURATION = "use a duration such as 60s, 5m or 24h"


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
    name, limit, period = item.text("name"), item.usd("limit"), item.text("period")
    item.close()
    if limit is UNSET or period is UNSET or period not in PERIODS:
        faults.add(path, f"a budget needs `limit` and `period`, one of {', '.join(PERIODS)}")
        return BudgetRule("", 0, "month")
    return BudgetRule(period if name is UNSET else name, limit, period)
