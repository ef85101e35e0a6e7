"""Limits of levels are published where workers look for them, and keep their ids."""

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.contract.limits import NO_LIMITS, Limits
from tollway.control.access.model import Reach, Sight
from tollway.control.limits.levels import covers
from tollway.control.limits.model import Level, LimitRules, RequestRule
from tollway.control.limits.ports import Deed
from tollway.control.limits.service import compile_limits
from tollway.kernel.errors import TollwayError

RULES = LimitRules((RequestRule("rpm", 5, 60),))


def give(plane: ControlPlane, level: Level, owner_id: str, limits: Limits | None = None) -> Limits:
    wanted = compile_limits(owner_id, RULES) if limits is None else limits
    return plane.levels.edit(level, owner_id, lambda _: wanted, Deed(ACTOR, "change")).limits


def test_every_level_is_published_with_its_limits(plane: ControlPlane) -> None:
    team = plane.teams.create("payments", ACTOR)
    model = plane.policy.read_snapshot().models[0].name
    given = give(plane, "global", "global"), give(plane, "team", team.id), give(plane, "model", model)
    snapshot = plane.policy.read_snapshot()
    assert snapshot.limits == given[0]
    assert [(owner.kind, owner.id, owner.name, owner.limits) for owner in snapshot.owners] == [
        ("team", team.id, "payments", given[1])
    ]
    assert {found.name: found.limits for found in snapshot.models}[model] == given[2]
    assert sum(not found.limits.is_empty for found in snapshot.models) == 1


def test_none_were_ever_given_at_version_zero(plane: ControlPlane) -> None:
    found = plane.levels.get("team", "team_default")
    assert (found.limits, found.version) == (NO_LIMITS, 0)
    give(plane, "team", "team_default")
    assert plane.levels.get("team", "team_default").version == 1
    give(plane, "team", "team_default")
    assert plane.levels.get("team", "team_default").version == 1, "nothing changed"
    with pytest.raises(TollwayError, match=r"^management\.precondition"):
        plane.levels.edit("team", "team_default", lambda _: NO_LIMITS, Deed(ACTOR, "change", 7))


def test_who_is_gone_is_left_out(plane: ControlPlane) -> None:
    team = plane.teams.create("payments", ACTOR)
    give(plane, "team", team.id)
    give(plane, "global", "global")
    plane.teams.delete(team.id, ACTOR)
    assert [item.level for _, item in plane.levels.all()] == ["global"]
    plane.publisher.reconcile()
    assert plane.policy.read_snapshot().owners == ()
    with pytest.raises(TollwayError, match=r"^management\.not_found"):
        plane.levels.get("team", team.id)


@pytest.mark.parametrize(("level", "owner_id"), [("global", "x"), ("team", "x"), ("model", "x"), ("service", "x")])
def test_unknown_owner_is_not_found(plane: ControlPlane, level: Level, owner_id: str) -> None:
    with pytest.raises(TollwayError, match=r"^management\.not_found"):
        give(plane, level, owner_id)


def test_sight_is_ones_own_and_ones_teams() -> None:
    sight = Sight(Reach.TEAM, "user_1", frozenset({"team_1"}))
    assert covers(sight, "team", "team_1")
    assert covers(sight, "user", "user_1")
    assert not covers(sight, "team", "team_2")
    assert not covers(sight, "user", "user_2")
    assert not covers(sight, "global", "global")
    assert covers(Sight(Reach.ALL), "global", "global")
    assert not covers(Sight(Reach.OWN, "user_1", frozenset({"team_1"})), "team", "team_1")
