"""Finds the budgets and soft limits that a person should know of (port: BudgetWatch), from what is used of limits.

A hard rate limit that is full says nothing to a person: it refuses for a minute and is there again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tollway.control.gateway.ports import BudgetWatch, UsedBudget
from tollway.control.limits.watch import UsedLimit, UsedLimits

SHOWN_MAX = 20
READ_MAX = 10_000


@dataclass(frozen=True, slots=True)
class WatchedBudgets:
    """Implements BudgetWatch over the limits of all levels."""

    used: UsedLimits

    def near_end(self, percent: int, limit: int = SHOWN_MAX) -> Sequence[UsedBudget]:
        """Return budgets and soft limits of active owners of which at least `percent` is used, fullest first."""
        found = self.used.near_end(percent, READ_MAX)
        return [to_budget(one) for one in found if one.limit.is_budget or one.limit.is_soft][:limit]


def to_budget(used: UsedLimit) -> UsedBudget:
    """Return a used limit as what the home page and notices tell of. Pure."""
    limit = used.limit
    return UsedBudget(
        owner_kind=used.level,
        owner_id=used.owner_id,
        owner_name=used.owner_name,
        budget_name=limit.name,
        spent_nanos=used.used,
        limit_nanos=used.allowed,
        empty_ns=used.empty_ns,
        budget_id=limit.id,
        period_ends_ns=used.ends_ns,
        measure=limit.measure,
        is_budget=limit.is_budget,
        is_soft=limit.is_soft,
        alert_percents=limit.alert_percents,
        window_seconds=limit.window_seconds,
        team_id=used.team_id,
        user_id=used.user_id,
    )


_: type[BudgetWatch] = WatchedBudgets
