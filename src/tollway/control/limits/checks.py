"""What may be asked for as a limit: everything wrong with a set of rules, each fault with its pointer. Pure."""

from collections.abc import Iterable
from typing import get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tollway.contract.limits import AMOUNT_MAX, WINDOW_SECONDS_MAX, Measure, Period, UnboundedOutput
from tollway.control.faults import Fault, Faults
from tollway.control.limits.model import BudgetRule, LimitRule, LimitRules
from tollway.control.names import check_name

REQUESTS_MAX = 1_000_000_000
CALLS_MAX = 1_000_000
RULES_MAX = 16
MODELS_MAX = 100
ALERTS_MAX = 10
PERCENT_MAX = 1_000
"""A soft limit may be passed, and be told of again when it is passed tenfold."""
MEASURES: tuple[Measure, ...] = get_args(Measure)
PERIODS: tuple[Period, ...] = get_args(Period)
UNBOUNDED_OUTPUT: tuple[UnboundedOutput, ...] = get_args(UnboundedOutput)


def find_faults(rules: LimitRules) -> list[Fault]:
    """Return everything wrong with the rules; pointers are relative to the limits object."""
    faults = Faults()
    _check_names("/requests", [("requests", rule.name) for rule in rules.requests], [], faults)
    _check_names("/budgets", [(rule.unit, rule.name) for rule in rules.budgets], [], faults)
    stated = [("requests", rule.name) for rule in rules.requests]
    stated += [] if rules.concurrency is None else [("concurrency", "concurrency")]
    _check_names("/limits", [(rule.measure, rule.name) for rule in rules.limits], stated, faults)
    for index, request in enumerate(rules.requests):
        _check_range(f"/requests/{index}/requests", request.requests, 1, REQUESTS_MAX, faults)
        _check_range(f"/requests/{index}/window_seconds", request.window_seconds, 1, WINDOW_SECONDS_MAX, faults)
    for index, budget in enumerate(rules.budgets):
        _check_budget(f"/budgets/{index}", budget, faults)
    for index, limit in enumerate(rules.limits):
        _check_limit(f"/limits/{index}", limit, faults)
    if rules.concurrency is not None:
        _check_range("/concurrency", rules.concurrency, 1, CALLS_MAX, faults)
    if rules.unbounded_output not in (None, *UNBOUNDED_OUTPUT):
        faults.add("/unbounded_output", f"use one of {', '.join(UNBOUNDED_OUTPUT)}")
    return faults.found


def is_zone(name: str) -> bool:
    """Whether this is the name of a time zone in the IANA database of this machine."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _check_budget(path: str, rule: BudgetRule, faults: Faults) -> None:
    amount = "limit_usd" if rule.unit == "cost" else "limit_tokens"
    _check_range(f"{path}/{amount}", rule.amount, 0, AMOUNT_MAX, faults)
    _check_window(path, rule, faults)
    _check_rest(path, rule, faults)


def _check_limit(path: str, rule: LimitRule, faults: Faults) -> None:
    if rule.measure not in MEASURES:
        faults.add(f"{path}/measure", f"use one of {', '.join(MEASURES)}")
    highest = {"requests": REQUESTS_MAX, "concurrency": CALLS_MAX}.get(rule.measure, AMOUNT_MAX)
    _check_range(f"{path}/{'amount_usd' if rule.measure == 'cost' else 'amount'}", rule.amount, 1, highest, faults)
    if rule.measure != "concurrency":
        _check_window(path, rule, faults)
    elif rule.period is not None or rule.window_seconds:
        faults.add(f"{path}/window_seconds", "calls in flight have no window")
    _check_rest(path, rule, faults)


def _check_window(path: str, rule: BudgetRule | LimitRule, faults: Faults) -> None:
    if rule.period is None:
        _check_range(f"{path}/window_seconds", rule.window_seconds, 1, WINDOW_SECONDS_MAX, faults)
    elif rule.window_seconds:
        faults.add(f"{path}/window_seconds", "give a calendar period or a sliding window, not both")
    elif rule.period not in PERIODS:
        faults.add(f"{path}/period", f"use one of {', '.join(PERIODS)}")


def _check_rest(path: str, rule: BudgetRule | LimitRule, faults: Faults) -> None:
    if not is_zone(rule.zone):
        faults.add(f"{path}/zone", "use the name of a time zone such as Europe/Paris, or UTC")
    if len(rule.alert_percents) > ALERTS_MAX or len(set(rule.alert_percents)) != len(rule.alert_percents):
        faults.add(f"{path}/alert_percents", f"at most {ALERTS_MAX}, each once")
    for index, percent in enumerate(rule.alert_percents):
        _check_range(f"{path}/alert_percents/{index}", percent, 1, PERCENT_MAX, faults)
    if len(rule.models) > MODELS_MAX:
        faults.add(f"{path}/models", f"at most {MODELS_MAX}")
    for index, model in enumerate(rule.models):
        check_name(model, f"{path}/models/{index}", faults)


def _check_names(path: str, names: list[tuple[str, str]], stated: Iterable[tuple[str, str]], faults: Faults) -> None:
    """Check names of rules, given with what they are unique within; `stated` are taken by another list."""
    if len(names) > RULES_MAX:
        faults.add(path, f"at most {RULES_MAX}")
    taken = set(stated)
    for index, (kind, name) in enumerate(names):
        check_name(name, f"{path}/{index}/name", faults)
        if (kind, name) in taken:
            faults.add(f"{path}/{index}/name", "this name is used twice")
        taken.add((kind, name))


def _check_range(path: str, value: int, low: int, high: int, faults: Faults) -> None:
    if not low <= value <= high:
        faults.add(path, f"use a number from {low} to {high}")
