"""Limits of tokens, applications and levels are read and changed in one way."""

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.control.applications.model import NewApplication
from tollway.control.faults import Invalid
from tollway.control.limits.model import BudgetRule, LimitRules
from tollway.control.limits.owners import OwnerLevel
from tollway.control.tokens.model import NewToken
from tollway.kernel.errors import TollwayError

RULES = LimitRules(budgets=(BudgetRule("month", 5, "month"),))


def owner_of(plane: ControlPlane, level: OwnerLevel) -> str:
    if level == "token":
        return plane.tokens.issue(NewToken("ci"), ACTOR).token.id
    if level == "application":
        return plane.applications.create(NewApplication("shop"), ACTOR).id
    return {"team": "team_default", "global": "global"}[level]


@pytest.mark.parametrize("level", ["token", "application", "team", "global"])
def test_limits_of_any_owner_are_changed_under_its_version(plane: ControlPlane, level: OwnerLevel) -> None:
    owner_id = owner_of(plane, level)
    before = plane.limit_owners.get(level, owner_id)
    after = plane.limit_owners.change(level, owner_id, RULES, ACTOR, expected_version=before.version)
    assert after.limits.budgets[0].limit_nanos == 5
    assert (after.version, plane.limit_owners.get(level, owner_id)) == (before.version + 1, after)
    with pytest.raises(TollwayError, match=r"^management\.precondition"):
        plane.limit_owners.change(level, owner_id, RULES, ACTOR, expected_version=before.version)
    with pytest.raises(Invalid) as caught:
        plane.limit_owners.change(level, owner_id, LimitRules(concurrency=0), ACTOR)
    assert [fault.path for fault in caught.value.faults] == ["/concurrency"]


def test_ids_are_those_of_the_domain_itself(plane: ControlPlane) -> None:
    token = plane.tokens.issue(NewToken("ci", limits=RULES), ACTOR).token
    changed = plane.limit_owners.change("token", token.id, RULES, ACTOR)
    assert changed.limits == token.limits


def test_revoked_token_keeps_its_limits(plane: ControlPlane) -> None:
    token_id = owner_of(plane, "token")
    plane.tokens.revoke(token_id, ACTOR)
    with pytest.raises(TollwayError, match=r"^management\.conflict"):
        plane.limit_owners.change("token", token_id, RULES, ACTOR)
