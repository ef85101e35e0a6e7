"""Which budgets and soft limits a person should know of."""

from dataclasses import dataclass, replace

from tollway.contract.limits import Limit
from tollway.control.gateway.budgets import SHOWN_MAX, WatchedBudgets
from tollway.control.limits.watch import UsedLimit
from tollway.policy.budget import NEVER_NS

BUDGET = Limit("bud_1", "month", "cost", 1_000, period="month", is_budget=True, alert_percents=(50,))
SOFT = Limit("lim_1", "rpm", "requests", 60, 60, is_soft=True)
RATE = Limit("lim_2", "rpm", "requests", 60, 60)


def used(limit: Limit, amount: int) -> UsedLimit:
    return UsedLimit("team", "team_1", "red", "team_1", None, "", limit, limit.amount, amount, 0, None, NEVER_NS, 7)


@dataclass
class Limits:
    """Stands in for UsedLimits."""

    found: list[UsedLimit]

    def near_end(self, percent: float, limit: int) -> list[UsedLimit]:
        return [one for one in self.found if one.percent >= percent][:limit]


def test_budgets_and_soft_limits_are_told_of_and_rate_limits_are_not() -> None:
    watch = WatchedBudgets(Limits([used(RATE, 60), used(SOFT, 59), used(BUDGET, 900)]))  # type: ignore[arg-type]
    soft, budget = watch.near_end(80)
    assert (soft.budget_id, soft.is_budget, soft.is_soft, soft.window_seconds) == ("lim_1", False, True, 60)
    assert (budget.owner_kind, budget.owner_name, budget.budget_name) == ("team", "red", "month")
    assert (budget.spent_nanos, budget.limit_nanos, budget.measure) == (900, 1_000, "cost")
    assert (budget.empty_ns, budget.period_ends_ns, budget.alert_percents) == (7, NEVER_NS, (50,))
    assert watch.near_end(95) == [soft]


def test_a_bounded_number_is_shown() -> None:
    many = [replace(used(BUDGET, 1_000), owner_id=str(number)) for number in range(SHOWN_MAX + 5)]
    assert len(WatchedBudgets(Limits(many)).near_end(80)) == SHOWN_MAX  # type: ignore[arg-type]
