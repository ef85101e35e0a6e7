"""Claims and amounts for tests of the meters, in few words."""

from collections.abc import Iterable
from typing import Any

from tollway.contract.limits import Limit, Limits, Measure
from tollway.contract.records import Charge
from tollway.gateway.claims import build_claims, combine
from tollway.gateway.ports import Meters
from tollway.gateway.room import Amounts, Claim, Hold, NoRoom


def money(nanos: int) -> Amounts:
    """An amount of money alone."""
    return nanos, 0, 0, 0, 0, 1


def admit(meters: Meters, claims: Iterable[Claim], want_nanos: int, floor_nanos: int) -> Hold | NoRoom:
    """Ask for room for a call that uses money alone."""
    return meters.admit(combine(claims), money(want_nanos), money(floor_nanos))


def settle(meters: Meters, hold: Hold, nanos: int) -> tuple[Charge, ...]:
    """Settle a call that used money alone."""
    return meters.settle(hold, money(nanos))


def claim_for(measure: Measure, amount: int, owner: str = "tok", limit_id: str = "l1", **fields: Any) -> Claim:
    """The claim of one limit in its whole form."""
    limit = Limit(limit_id, limit_id, measure, amount, **fields)
    return build_claims(Limits(limits=(limit,)), "token", owner)[0]


def granted(outcome: Hold | NoRoom) -> Hold:
    """The room that was made."""
    assert isinstance(outcome, Hold)
    return outcome


def refused(outcome: Hold | NoRoom) -> NoRoom:
    """Why there was none."""
    assert isinstance(outcome, NoRoom)
    return outcome
