"""Limits in a document: short and long forms say the same."""

import pytest
from msgspec import UNSET

from tollway.control.configuration.fields import Fields
from tollway.control.configuration.limit_fields import read_limits
from tollway.control.configuration.tree import read_tree
from tollway.control.faults import Faults
from tollway.control.limits.model import NO_RULES, BudgetRule, LimitRules, RequestRule


def read(text: str) -> tuple[object, list[str]]:
    faults = Faults()
    rules = read_limits(Fields(read_tree(text), "", faults))
    return rules, [fault.path for fault in faults.found]


def test_short_and_long_forms() -> None:
    assert read("{}") == (UNSET, [])
    assert read("{limits: null}") == read("{limits: {}}") == (NO_RULES, [])
    assert read("{limits: {rpm: 5, budget: 2/day, concurrency: 3, unbounded_output: cap}}") == (
        LimitRules((RequestRule("rpm", 5, 60),), 3, (BudgetRule("day", 2_000_000_000, "day"),), "cap"),
        [],
    )
    long = "{limits: {requests: [{requests: 1, window: 5m}], budgets: [{limit: 0.5, period: total, name: all}]}}"
    assert read(long) == (
        LimitRules((RequestRule("per 300 s", 1, 300),), None, (BudgetRule("all", 500_000_000, "total"),)),
        [],
    )


@pytest.mark.parametrize(
    ("limits", "path"),
    [
        ("{rpm: x}", "/limits/rpm"),
        ("{rpm: 0}", "/limits/requests/0/requests"),
        ("{budget: 5/year}", "/limits/budget"),
        ("{requests: [{requests: 1}]}", "/limits/requests/0"),
        ("{budgets: [{limit: 1}]}", "/limits/budgets/0"),
        ("{unbounded_output: never}", "/limits/unbounded_output"),
        ("{speed: 1}", "/limits/speed"),
        ("[1]", "/limits"),
    ],
)
def test_faults_have_places(limits: str, path: str) -> None:
    assert path in read(f"limits: {limits}")[1]
