"""Limits: check what was asked for, and give every limit an id that outlives edits.

An id follows from owner, kind and name alone. So a budget that is edited, removed and added again,
or applied twice from a file keeps what it has already spent; nothing an editor does gives money back.
"""

import hashlib

from tollway.contract.policy import Budget, ConcurrencyLimit, Limits, RequestLimit
from tollway.control.faults import Fault, Faults
from tollway.control.limits.model import BudgetRule, LimitRules, RequestRule
from tollway.control.names import check_name
from tollway.kernel.ids import BUDGET, LIMIT, encode_base62
from tollway.kernel.money import NANOS_MAX

REQUESTS_MAX = 1_000_000_000
WINDOW_SECONDS_MAX = 31 * 86_400
CALLS_MAX = 1_000_000
RULES_MAX = 16
PERIODS = ("hour", "day", "week", "month", "total")
UNBOUNDED_OUTPUT = ("cap", "refuse", "estimate")


def compile_limits(owner_id: str, rules: LimitRules) -> Limits:
    """Return the limits of an owner with their ids. The rules must have passed `find_faults`."""
    return Limits(
        requests=tuple(
            RequestLimit(
                _stable_id(LIMIT, owner_id, "requests", rule.name), rule.name, rule.requests, rule.window_seconds
            )
            for rule in rules.requests
        ),
        concurrency=()
        if rules.concurrency is None
        else (ConcurrencyLimit(_stable_id(LIMIT, owner_id, "concurrency", ""), "concurrency", rules.concurrency),),
        budgets=tuple(
            Budget(_stable_id(BUDGET, owner_id, "budget", rule.name), rule.name, rule.limit_nanos, rule.period)
            for rule in rules.budgets
        ),
        unbounded_output=rules.unbounded_output,
    )


def find_faults(rules: LimitRules) -> list[Fault]:
    """Return everything wrong with the rules; pointers are relative to the limits object."""
    faults = Faults()
    _check_names("/requests", [rule.name for rule in rules.requests], faults)
    _check_names("/budgets", [rule.name for rule in rules.budgets], faults)
    for index, request in enumerate(rules.requests):
        _check_range(f"/requests/{index}/requests", request.requests, 1, REQUESTS_MAX, faults)
        _check_range(f"/requests/{index}/window_seconds", request.window_seconds, 1, WINDOW_SECONDS_MAX, faults)
    for index, budget in enumerate(rules.budgets):
        _check_range(f"/budgets/{index}/limit_usd", budget.limit_nanos, 0, NANOS_MAX, faults)
        if budget.period not in PERIODS:
            faults.add(f"/budgets/{index}/period", f"use one of {', '.join(PERIODS)}")
    if rules.concurrency is not None:
        _check_range("/concurrency", rules.concurrency, 1, CALLS_MAX, faults)
    if rules.unbounded_output not in (None, *UNBOUNDED_OUTPUT):
        faults.add("/unbounded_output", f"use one of {', '.join(UNBOUNDED_OUTPUT)}")
    return faults.found


def to_rules(limits: Limits) -> LimitRules:
    """Return what was asked for; the inverse of `compile_limits`."""
    return LimitRules(
        requests=tuple(RequestRule(item.name, item.requests, item.window_seconds) for item in limits.requests),
        concurrency=limits.concurrency[0].calls if limits.concurrency else None,
        budgets=tuple(BudgetRule(item.name, item.limit_nanos, item.period) for item in limits.budgets),
        unbounded_output=limits.unbounded_output,
    )


def _check_names(path: str, names: list[str], faults: Faults) -> None:
    if len(names) > RULES_MAX:
        faults.add(path, f"at most {RULES_MAX}")
    for index, name in enumerate(names):
        check_name(name, f"{path}/{index}/name", faults)
        if name in names[:index]:
            faults.add(f"{path}/{index}/name", "this name is used twice")


def _check_range(path: str, value: int, low: int, high: int, faults: Faults) -> None:
    if not low <= value <= high:
        faults.add(path, f"use a number from {low} to {high}")


def _stable_id(prefix: str, owner_id: str, kind: str, name: str) -> str:
    digest = hashlib.sha256(f"{owner_id}\0{kind}\0{name}".encode()).digest()
    return f"{prefix}_{encode_base62(int.from_bytes(digest, 'big') % 62**16, 16)}"
