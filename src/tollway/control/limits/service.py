"""Limits: give every limit an id that outlives edits, and turn rules into records and back. Pure.

An id follows from owner, kind and name alone. So a budget that is edited, removed and added again, or applied twice
from a file keeps what it has already spent; nothing an editor does gives money back. Top-ups are no part of the rules:
they stay with the limit that has the id.
"""

import hashlib
from dataclasses import dataclass
from typing import Literal

from msgspec import structs

from tollway.contract.limits import (
    NO_LIMITS,
    Budget,
    ConcurrencyLimit,
    Limit,
    Limits,
    Measure,
    RequestLimit,
    TopUp,
)
from tollway.control.limits.checks import PERIODS, UNBOUNDED_OUTPUT, find_faults
from tollway.control.limits.model import ALERT_PERCENTS, BudgetRule, LimitRule, LimitRules, RequestRule
from tollway.kernel.ids import BUDGET, LIMIT, encode_base62

__all__ = [
    "PERIODS",
    "UNBOUNDED_OUTPUT",
    "compile_limits",
    "find_faults",
    "find_limit",
    "put_top_ups",
    "to_rules",
]

_CONCURRENCY: Literal["concurrency"] = "concurrency"


def compile_limits(owner_id: str, rules: LimitRules, before: Limits = NO_LIMITS) -> Limits:
    """Return the limits of an owner with their ids; a limit that was there before keeps its top-ups.

    What a short form can say is stored as one, whichever list it came in. The rules must have passed `find_faults`.
    """
    asked = [
        *(
            Limit(_limit_id(owner_id, "requests", rule.name), rule.name, "requests", rule.requests, rule.window_seconds)
            for rule in rules.requests
        ),
        *(
            []
            if rules.concurrency is None
            else [Limit(_limit_id(owner_id, _CONCURRENCY, ""), _CONCURRENCY, _CONCURRENCY, rules.concurrency)]
        ),
        *(_from_budget(owner_id, rule) for rule in rules.budgets),
        *(_from_rule(owner_id, rule) for rule in rules.limits),
    ]
    topped = {limit.id: limit.top_ups for limit in before.limits if limit.top_ups}
    kept = [_with_top_ups(limit, topped.get(limit.id, ())) for limit in asked]
    return _sorted(kept, rules)


def to_rules(limits: Limits) -> LimitRules:
    """Return what was asked for, short forms first; the inverse of `compile_limits`."""
    return LimitRules(
        requests=tuple(RequestRule(item.name, item.requests, item.window_seconds) for item in limits.requests),
        concurrency=limits.concurrency[0].calls if limits.concurrency else None,
        budgets=(
            *(BudgetRule(item.name, item.limit_nanos, item.period) for item in limits.budgets),
            *(_to_budget(item) for item in limits.limits if item.is_budget),
        ),
        unbounded_output=limits.unbounded_output,
        limits=tuple(_to_rule(item) for item in limits.limits if not item.is_budget),
    )


def find_limit(limits: Limits, name: str) -> Limit | None:
    """Return the budget of that name or id, else the first other limit of it."""
    every = sorted(limits.every(), key=lambda limit: not limit.is_budget)
    return next((limit for limit in every if name in (limit.name, limit.id)), None)


def put_top_ups(limits: Limits, limit_id: str, top_ups: tuple[TopUp, ...]) -> Limits:
    """Return the limits with these top-ups on one limit; a limit without any becomes a short form again."""
    changed = [_with_top_ups(limit, top_ups if limit.id == limit_id else limit.top_ups) for limit in limits.every()]
    return _sorted(changed, to_rules(limits))


@dataclass(slots=True)
class _Lists:
    requests: list[RequestLimit]
    concurrency: list[ConcurrencyLimit]
    budgets: list[Budget]
    limits: list[Limit]


def _sorted(every: list[Limit], rules: LimitRules) -> Limits:
    """Put each limit into the shortest form that can say it."""
    lists = _Lists([], [], [], [])
    for limit in every:
        if not _is_short(limit):
            lists.limits.append(limit)
        elif limit.measure == "requests":
            lists.requests.append(RequestLimit(limit.id, limit.name, limit.amount, limit.window_seconds))
        elif limit.measure == _CONCURRENCY:
            lists.concurrency.append(ConcurrencyLimit(limit.id, limit.name, limit.amount))
        else:
            assert limit.period is not None, "a short budget has a period"
            lists.budgets.append(Budget(limit.id, limit.name, limit.amount, limit.period))
    return Limits(
        requests=tuple(lists.requests),
        concurrency=tuple(lists.concurrency),
        budgets=tuple(lists.budgets),
        unbounded_output=rules.unbounded_output,
        limits=tuple(lists.limits),
    )


def _is_short(limit: Limit) -> bool:
    """Whether one of the short forms says all there is to this limit."""
    is_plain = (
        not limit.is_soft
        and not limit.models
        and not limit.top_ups
        and limit.zone == "UTC"
        and limit.alert_percents == ALERT_PERCENTS
    )
    if not is_plain:
        return False
    if limit.is_budget:
        return limit.measure == "cost" and limit.period is not None
    if limit.measure == _CONCURRENCY:
        return limit.name == _CONCURRENCY
    return limit.measure == "requests" and limit.period is None


def _from_budget(owner_id: str, rule: BudgetRule) -> Limit:
    return Limit(
        id=_budget_id(owner_id, rule),
        name=rule.name,
        measure=rule.unit,
        amount=rule.amount,
        window_seconds=rule.window_seconds,
        period=rule.period,
        zone=rule.zone,
        is_soft=rule.is_soft,
        is_budget=True,
        alert_percents=rule.alert_percents,
        models=rule.models,
    )


def _from_rule(owner_id: str, rule: LimitRule) -> Limit:
    name = "" if rule.measure == _CONCURRENCY == rule.name else rule.name
    return Limit(
        id=_limit_id(owner_id, rule.measure, name),
        name=rule.name,
        measure=rule.measure,
        amount=rule.amount,
        window_seconds=rule.window_seconds,
        period=rule.period,
        zone=rule.zone,
        is_soft=rule.is_soft,
        alert_percents=rule.alert_percents,
        models=rule.models,
    )


def _to_budget(limit: Limit) -> BudgetRule:
    return BudgetRule(
        name=limit.name,
        amount=limit.amount,
        period=limit.period,
        unit="total_tokens" if limit.measure == "total_tokens" else "cost",
        window_seconds=limit.window_seconds,
        zone=limit.zone,
        is_soft=limit.is_soft,
        alert_percents=limit.alert_percents,
        models=limit.models,
    )


def _to_rule(limit: Limit) -> LimitRule:
    return LimitRule(
        name=limit.name,
        measure=limit.measure,
        amount=limit.amount,
        window_seconds=limit.window_seconds,
        period=limit.period,
        zone=limit.zone,
        is_soft=limit.is_soft,
        alert_percents=limit.alert_percents,
        models=limit.models,
    )


def _with_top_ups(limit: Limit, top_ups: tuple[TopUp, ...]) -> Limit:
    return limit if limit.top_ups == top_ups else structs.replace(limit, top_ups=top_ups)


def _limit_id(owner_id: str, measure: Measure, name: str) -> str:
    return _stable_id(LIMIT, owner_id, measure, name)


def _budget_id(owner_id: str, rule: BudgetRule) -> str:
    """A budget in tokens is another one than a budget of the same name in money."""
    return _stable_id(BUDGET, owner_id, "budget" if rule.unit == "cost" else f"budget {rule.unit}", rule.name)


def _stable_id(prefix: str, owner_id: str, kind: str, name: str) -> str:
    digest = hashlib.sha256(f"{owner_id}\0{kind}\0{name}".encode()).digest()
    return f"{prefix}_{encode_base62(int.from_bytes(digest, 'big') % 62**16, 16)}"
