"""What may be asked for as a limit."""

import pytest

from tollway.control.limits.checks import find_faults, is_zone
from tollway.control.limits.model import BudgetRule, LimitRule, LimitRules, RequestRule


def test_every_fault_is_found() -> None:
    rules = LimitRules(
        requests=(RequestRule("a", 0, 0), RequestRule("a", 1, 60)),
        concurrency=0,
        budgets=(BudgetRule("", -1, "year"),),  # type: ignore[arg-type]
        unbounded_output="never",  # type: ignore[arg-type]
    )
    assert [fault.path for fault in find_faults(rules)] == [
        "/requests/1/name",
        "/budgets/0/name",
        "/requests/0/requests",
        "/requests/0/window_seconds",
        "/budgets/0/limit_usd",
        "/budgets/0/period",
        "/concurrency",
        "/unbounded_output",
    ]
    assert find_faults(LimitRules(requests=tuple(RequestRule(str(n), 1, 1) for n in range(17))))
    assert not find_faults(LimitRules())


@pytest.mark.parametrize(
    ("rule", "paths"),
    [
        (LimitRule("a", "bytes", 0, 60), ["amount"]),
        (LimitRule("a", "cost", 0, 60), ["amount_usd"]),
        (LimitRule("a", "bytes", 1), ["window_seconds"]),
        (LimitRule("a", "bytes", 1, 60, "day"), ["window_seconds"]),
        (LimitRule("a", "bytes", 1, period="year"), ["period"]),  # type: ignore[arg-type]
        (LimitRule("a", "words", 1, 60), ["measure"]),  # type: ignore[arg-type]
        (LimitRule("a", "concurrency", 1, 60), ["window_seconds"]),
        (LimitRule("a", "bytes", 1, period="day", zone="Mars/Base"), ["zone"]),
        (LimitRule("a", "bytes", 1, 60, alert_percents=(50, 50)), ["alert_percents"]),
        (LimitRule("a", "bytes", 1, 60, alert_percents=(0,)), ["alert_percents/0"]),
        (LimitRule("a", "bytes", 1, 60, models=("x\n",)), ["models/0"]),
        (LimitRule("a", "bytes", 1, 60, models=("x",) * 101), ["models"]),
        (LimitRule("a", "bytes", 1, period="total"), []),
        (LimitRule("a", "total_tokens", 1, 31 * 86_400, is_soft=True), []),
    ],
)
def test_faults_of_a_limit(rule: LimitRule, paths: list[str]) -> None:
    found = find_faults(LimitRules(limits=(rule,)))
    assert [fault.path.removeprefix("/limits/0/") for fault in found] == paths


def test_a_name_is_unique_within_its_measure_across_the_lists() -> None:
    rules = LimitRules(
        (RequestRule("rpm", 1, 60),),
        3,
        (BudgetRule("x", 1, "day"), BudgetRule("x", 1, "day", "total_tokens")),
        limits=(
            LimitRule("rpm", "requests", 1, period="day"),
            LimitRule("concurrency", "concurrency", 3),
            LimitRule("rpm", "bytes", 1, 60),
        ),
    )
    assert [fault.path for fault in find_faults(rules)] == ["/limits/0/name", "/limits/1/name"]


@pytest.mark.parametrize(("zone", "is_known"), [("UTC", True), ("Europe/Paris", True), ("", False), ("../etc", False)])
def test_zones_are_those_of_the_iana_database(zone: str, is_known: bool) -> None:
    assert is_zone(zone) is is_known
