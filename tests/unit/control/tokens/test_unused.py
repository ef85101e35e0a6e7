"""What was granted and not used: by what the ledger counted, without what was only ever refused."""

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.contract.ledger_api import UsageAnswer, UsageQuery, UsageRow
from tollway.control.tokens.model import NewToken, Token
from tollway.control.tokens.unused import LOOKED_BACK_SECONDS, find_unused

DAY_NS = 86_400 * 10**9


class Ledger:
    """Answers from (dimension, name) -> (calls, refused)."""

    def __init__(self, **counted: dict[str, tuple[int, int]]) -> None:
        self.counted = counted
        self.asked: list[UsageQuery] = []

    def sums(self, query: UsageQuery) -> UsageAnswer:
        self.asked.append(query)
        found = self.counted.get(query.by[0], {})
        rows = [UsageRow((name,), None, *counts, *[0] * 16) for name, counts in found.items()]
        return UsageAnswer(tuple(rows), "day")


def issue(plane: ControlPlane, **fields: object) -> Token:
    return plane.tokens.issue(NewToken("ci", **fields), ACTOR).token


def test_what_is_granted_by_name_and_was_not_used_is_named(plane: ControlPlane) -> None:
    token = issue(plane, models=("gpt-4o", "gpt-4o-mini"), services=())
    ledger = Ledger(model={"gpt-4o": (5, 1), "gpt-4o-mini": (3, 3), "": (2, 0)})
    found = find_unused(token, ledger, plane.clock.now_ns())
    assert (found.models.used, found.models.unused, found.models.is_too_wide) == (("gpt-4o",), ("gpt-4o-mini",), True)
    assert not found.services.is_too_wide
    assert all(query.filters == {"token": token.id} for query in ledger.asked)


@pytest.mark.parametrize(("counted", "is_too_wide"), [({"gpt-4o": (5, 0)}, True), ({}, False)])
def test_a_token_that_may_everything_can_be_narrowed_to_what_it_used(
    plane: ControlPlane, counted: dict[str, tuple[int, int]], is_too_wide: bool
) -> None:
    """One that used nothing is left alone: it would be narrowed to nothing."""
    found = find_unused(issue(plane), Ledger(model=counted), plane.clock.now_ns())
    assert (found.models.granted, found.models.unused, found.models.is_too_wide) == (None, (), is_too_wide)


def test_ninety_days_are_looked_back_but_not_before_the_issue(plane: ControlPlane) -> None:
    token = issue(plane)
    ledger = Ledger()
    assert find_unused(token, ledger, token.created_ns + DAY_NS).since_ns == token.created_ns
    late = token.created_ns + 200 * DAY_NS
    assert find_unused(token, ledger, late).since_ns == late - LOOKED_BACK_SECONDS * 10**9
