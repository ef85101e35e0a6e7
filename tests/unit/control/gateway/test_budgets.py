"""Which budgets are said to be near their end, and when they will be used up."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import pytest

from tollway.contract.ledger_api import Failure, LargestSpentQuery, Reply, Request, Spent, SpentAnswer
from tollway.contract.policy import NO_LIMITS, Budget, Limits, Period
from tollway.control.applications.model import Application
from tollway.control.gateway.budgets import SHOWN_MAX, SPENT_READ_MAX, SpentBudgets, find_used
from tollway.control.model import Damaged
from tollway.control.tokens.model import Token
from tollway.control.usage.service import Usage
from tollway.kernel.clock import FixedClock
from tollway.policy.budget import DAY_NS, period_start_ns

NOW_NS = 1_800_000_000 * 10**9
TOKEN = Token(
    "t", "service", "ci", "active", b"", 1, None, None, None, "live", None, None, NO_LIMITS, None, 0, "", 0, ""
)
APPLICATION = Application("a", "shop", "team", "active", NO_LIMITS, 0, "", 0, "")


def budget(period: Period = "month", limit_nanos: int = 1_000, budget_id: str = "b") -> Budget:
    return Budget(budget_id, f"by {period}", limit_nanos, period)


def spent(nanos: int, period: Period = "month", *, owner: str = "t", budget_id: str = "b") -> Spent:
    return Spent(owner, budget_id, period_start_ns(period, NOW_NS), nanos)


@dataclass
class Ledger:
    """Says what was spent."""

    rows: tuple[Spent, ...]
    is_away: bool = False
    asked: Request | None = None

    def ask(self, request: Request) -> Reply:
        self.asked = request
        return Failure("usage.unavailable", "away") if self.is_away else SpentAnswer(self.rows)


@dataclass
class Tokens:
    """The tokens there are."""

    those: Sequence[Token | Damaged] = ()

    def many(self, token_ids: Collection[str]) -> Sequence[Token | Damaged]:
        return [token for token in self.those if token.id in token_ids]


@dataclass
class Applications:
    """The applications there are."""

    those: Sequence[Application | Damaged] = ()

    def many(self, application_ids: Collection[str]) -> Sequence[Application | Damaged]:
        return [application for application in self.those if application.id in application_ids]


def watch(
    ledger: Ledger, tokens: Sequence[Token | Damaged] = (), applications: Sequence[Application | Damaged] = ()
) -> SpentBudgets:
    return SpentBudgets(Usage(ledger, {}), Tokens(tokens), Applications(applications), FixedClock(NOW_NS))


def test_a_budget_is_used_up_when_its_pace_says_so() -> None:
    """On the 15th at 8:00, 14 1/3 days into January, 860 of 1,000 are gone: the rest lasts 2 1/3 days."""
    assert (NOW_NS - period_start_ns("month", NOW_NS)) * 3 == 43 * DAY_NS
    used = find_used(TOKEN, budget(), spent(860), NOW_NS)
    assert used is not None
    assert (used.owner_kind, used.owner_name, used.budget_name) == ("token", "ci", "by month")
    assert (used.spent_nanos, used.limit_nanos, used.empty_ns) == (860, 1_000, NOW_NS + 7 * DAY_NS // 3)


@pytest.mark.parametrize(
    ("period", "nanos"),
    [("month", 400), ("month", 0), ("month", -5), ("month", 1_000), ("month", 1_200), ("total", 999)],
    ids=["lasts the period", "unused", "given back", "used up", "overdrawn", "has no end"],
)
def test_no_end_is_foretold_where_there_is_none(period: Period, nanos: int) -> None:
    used = find_used(TOKEN, budget(period), spent(nanos, period), NOW_NS)
    assert used is not None and used.empty_ns is None


def test_other_budgets_and_other_periods_say_nothing() -> None:
    assert find_used(TOKEN, budget(), spent(900, budget_id="other"), NOW_NS) is None
    assert find_used(TOKEN, budget(), spent(900, "day"), NOW_NS) is None
    assert find_used(TOKEN, budget("day"), spent(900, "month"), NOW_NS) is None


def test_budgets_of_tokens_and_applications_are_found_fullest_first() -> None:
    limits = Limits(budgets=(budget(), budget("day", 0, "nothing")))
    ledger = Ledger((spent(810), spent(95, owner="a"), spent(799, owner="t2"), spent(3, "day", budget_id="nothing")))
    found = watch(
        ledger,
        [replace(TOKEN, limits=limits), replace(TOKEN, id="t2", limits=limits)],
        [replace(APPLICATION, limits=Limits(budgets=(budget(limit_nanos=100),)))],
    ).near_end(80)
    assert [(used.owner_kind, used.owner_id, used.budget_name) for used in found] == [
        ("token", "t", "by day"),
        ("application", "a", "by month"),
        ("token", "t", "by month"),
    ]
    assert isinstance(ledger.asked, LargestSpentQuery) and ledger.asked.limit == SPENT_READ_MAX
    assert set(ledger.asked.period_starts_ns) == {
        period_start_ns(period, NOW_NS) for period in ("hour", "day", "week", "month", "total")
    }


def test_owners_whose_calls_are_refused_anyway_are_left_out() -> None:
    limits = Limits(budgets=(budget(),))
    token, application = replace(TOKEN, limits=limits), replace(APPLICATION, limits=limits)
    rows = (spent(999), spent(999, owner="a"))
    out: list[tuple[Token | Damaged, Application | Damaged]] = [
        (replace(token, state="revoked"), replace(application, state="disabled")),
        (replace(token, expires_ns=NOW_NS), Damaged("a", "shop", "cut")),
        (Damaged("t", "ci", "cut"), replace(application, limits=NO_LIMITS)),
    ]
    for refused, unlimited in out:
        assert watch(Ledger(rows), [refused], [unlimited]).near_end(80) == []
    assert len(watch(Ledger(rows), [token], [application]).near_end(80)) == 2


def test_only_so_many_are_shown() -> None:
    tokens = [replace(TOKEN, id=f"t{number}", limits=Limits(budgets=(budget(),))) for number in range(SHOWN_MAX + 5)]
    rows = tuple(spent(900 + number, owner=f"t{number}") for number in range(SHOWN_MAX + 5))
    found = watch(Ledger(rows), tokens).near_end(80)
    assert [used.spent_nanos for used in found] == [900 + number for number in range(SHOWN_MAX + 4, 4, -1)]


def test_without_the_ledger_nothing_is_said() -> None:
    assert watch(Ledger((), is_away=True)).near_end(80) == ()
