"""Claims and amounts for tests of the meters, in few words."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from tollway.adapters.meters import Layout
from tollway.contract.limits import Limit, Limits, Measure
from tollway.contract.policy import Budget, ConcurrencyLimit, Period, RequestLimit
from tollway.contract.records import Charge
from tollway.gateway.claims import build_claims, combine
from tollway.gateway.ports import Meters
from tollway.gateway.room import Amounts, Claim, Claims, Hold, NoRoom

SMALL = Layout(cells=64, rates=16, amounts=16, processes=4, rows=32)
"""Meters that a test can fill."""


def money(nanos: int) -> Amounts:
    """An amount of money alone."""
    return nanos, 0, 0, 0, 0, 1


def admit(meters: Meters, claims: Iterable[Claim], want_nanos: int, floor_nanos: int) -> Hold | NoRoom:
    """Ask for room for a call that uses money alone; with the same claims again it goes by their plan."""
    return meters.admit(_combined(tuple(claims)), money(want_nanos), money(floor_nanos))


@lru_cache(maxsize=256)
def _combined(claims: tuple[Claim, ...]) -> Claims:
    return combine(claims)


def settle(meters: Meters, hold: Hold, nanos: int) -> tuple[Charge, ...]:
    """Settle a call that used money alone."""
    return meters.settle(hold, money(nanos))


def claim_for(measure: Measure, amount: int, owner: str = "tok", limit_id: str = "l1", **fields: Any) -> Claim:
    """The claim of one limit in its whole form."""
    limit = Limit(limit_id, limit_id, measure, amount, **fields)
    return build_claims(Limits(limits=(limit,)), "token", owner)[0]


def rate(limit: int, window: int = 60, owner: str = "tok") -> Claim:
    """The claim of a limit on requests."""
    return build_claims(Limits(requests=(RequestLimit("l1", "rate", limit, window),)), "token", owner)[0]


def slots(limit: int, owner: str = "tok") -> Claim:
    """The claim of a limit on calls at once."""
    return build_claims(Limits(concurrency=(ConcurrencyLimit("c1", "slots", limit),)), "token", owner)[0]


def budget(limit: int, period: Period = "day", owner: str = "tok", budget_id: str = "b1") -> Claim:
    """The claim of a budget."""
    return build_claims(Limits(budgets=(Budget(budget_id, "budget", limit, period),)), "token", owner)[0]


def granted(outcome: Hold | NoRoom) -> Hold:
    """The room that was made."""
    assert isinstance(outcome, Hold)
    return outcome


def refused(outcome: Hold | NoRoom) -> NoRoom:
    """Why there was none."""
    assert isinstance(outcome, NoRoom)
    return outcome
