"""Finds the budgets that will soon refuse calls (port: BudgetWatch), from what the ledger says was spent.

The ledger, not the meters: it knows spending without being told whose budgets to look at, so the cost follows the
budgets in use and not the tokens there are. What calls in flight hold is therefore not counted.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from tollway.contract.ledger_api import Spent
from tollway.contract.policy import Budget, Period
from tollway.control.applications.model import Application
from tollway.control.gateway.ports import BudgetWatch, OwningApplications, OwningTokens, UsedBudget
from tollway.control.model import Damaged
from tollway.control.tokens.model import Token
from tollway.control.usage.service import Usage
from tollway.kernel.clock import Clock
from tollway.kernel.errors import TollwayError
from tollway.policy.budget import NEVER_NS, period_end_ns, period_start_ns

PERIODS = get_args(Period)
SPENT_READ_MAX = 2_000
"""Budgets looked at: those that spent most. More would make each look at the home page cost more than 0.1 s."""
SHOWN_MAX = 20


@dataclass(frozen=True, slots=True)
class SpentBudgets:
    """Implements BudgetWatch over the ledger and the owners' stores."""

    usage: Usage
    tokens: OwningTokens
    applications: OwningApplications
    clock: Clock

    def near_end(self, percent: int, limit: int = SHOWN_MAX) -> Sequence[UsedBudget]:
        """Return budgets of active owners of which at least `percent` is used, fullest first; at most `limit`.

        Only the SPENT_READ_MAX that spent most in their period are looked at. Nothing while the ledger or the
        database does not answer.
        """
        now_ns = self.clock.now_ns()
        try:
            rows = self.usage.largest_spent({period_start_ns(period, now_ns) for period in PERIODS}, SPENT_READ_MAX)
            owners = [*self._owners({row.owner_id for row in rows}, now_ns)]
        except TollwayError:
            return ()
        by_owner: defaultdict[str, list[Spent]] = defaultdict(list)
        for row in rows:
            by_owner[row.owner_id].append(row)
        used = [
            found
            for owner in owners
            for budget in owner.limits.budgets
            for row in by_owner[owner.id]
            if (found := find_used(owner, budget, row, now_ns)) and _percent(found) >= percent
        ]
        return sorted(used, key=_percent, reverse=True)[:limit]

    def _owners(self, ids: Collection[str], now_ns: int) -> Iterator[Token | Application]:
        """Yield the owners whose calls are accepted at all."""
        for token in self.tokens.many(ids):
            if not isinstance(token, Damaged) and token.state_at(now_ns) == "active":
                yield token
        for application in self.applications.many(ids):
            if not isinstance(application, Damaged) and application.state == "active":
                yield application


def find_used(owner: Token | Application, budget: Budget, row: Spent, now_ns: int) -> UsedBudget | None:
    """Return the budget's use when `row` is about it and about the period that runs now. Pure."""
    starts_ns, ends_ns = period_start_ns(budget.period, now_ns), period_end_ns(budget.period, now_ns)
    if row.budget_id != budget.id or row.period_start_ns != starts_ns:
        return None
    kind: Literal["token", "application"] = "token" if isinstance(owner, Token) else "application"
    left_nanos = budget.limit_nanos - row.nanos
    empty_ns = now_ns + left_nanos * (now_ns - starts_ns) // row.nanos if row.nanos > 0 else NEVER_NS
    is_foreseen = ends_ns != NEVER_NS and left_nanos > 0 and empty_ns < ends_ns
    return UsedBudget(
        owner_kind=kind,
        owner_id=owner.id,
        owner_name=owner.name,
        budget_name=budget.name,
        spent_nanos=row.nanos,
        limit_nanos=budget.limit_nanos,
        empty_ns=empty_ns if is_foreseen else None,
        budget_id=budget.id,
        period_ends_ns=ends_ns,
    )


def _percent(used: UsedBudget) -> float:
    return 100 * used.spent_nanos / used.limit_nanos if used.limit_nanos else 100.0


_: type[BudgetWatch] = SpentBudgets
