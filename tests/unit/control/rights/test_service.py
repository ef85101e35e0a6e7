"""Changes of rights: published before the answer, at the version that was read, and within what the giver has."""

from dataclasses import replace

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.contract.rights import ALL_RIGHTS, NameRights, Rights
from tollway.control.access.model import Reach, Sight
from tollway.control.actor import OPERATOR
from tollway.control.rights.model import RightsChange
from tollway.control.tokens.model import NewToken
from tollway.kernel.errors import TollwayError

CHANGE = RightsChange(models=NameRights(deny=("gpt-4",)))


def test_a_change_is_in_force_when_it_returns(plane: ControlPlane) -> None:
    token = plane.tokens.issue(NewToken("ci"), ACTOR).token
    saved = plane.rights.change("token", token.id, CHANGE, ACTOR, expected_version=1)
    assert plane.policy.token(token.id).rights == saved.rights == Rights(models=NameRights(deny=("gpt-4",)))
    with pytest.raises(TollwayError, match="precondition"):
        plane.rights.change("token", token.id, RightsChange(models=None), ACTOR, expected_version=1)


def test_rights_outlive_a_rebuild_of_the_policy_store(plane: ControlPlane) -> None:
    token = plane.tokens.issue(NewToken("ci"), ACTOR).token
    plane.rights.change("token", token.id, CHANGE, ACTOR)
    plane.rights.change("team", "team_default", CHANGE, ACTOR)
    plane.policy.records.clear()
    plane.publisher.rebuild()
    assert plane.policy.token(token.id).rights.models.deny == ("gpt-4",)
    assert [owner.id for owner in plane.policy.read_snapshot().owners] == ["team_default"]


def test_an_owner_whose_rights_say_nothing_has_no_record(plane: ControlPlane) -> None:
    plane.rights.change("team", "team_default", CHANGE, ACTOR)
    plane.rights.change("team", "team_default", RightsChange(models=None), ACTOR)
    assert plane.policy.read_snapshot().owners == ()
    assert plane.rights.get("team", "team_default").rights == ALL_RIGHTS


def test_what_is_out_of_sight_is_not_there(plane: ControlPlane) -> None:
    stranger = replace(ACTOR, sight=Sight(Reach.TEAM, "user_2", frozenset({"team_x"})))
    for level, owner_id in (("team", "team_default"), ("user", "user_1"), ("installation", "installation")):
        with pytest.raises(TollwayError, match="not_found"):
            plane.rights.change(level, owner_id, CHANGE, stranger)  # type: ignore[arg-type]


def test_a_group_that_plans_or_levels_name_must_be_there(plane: ControlPlane) -> None:
    with pytest.raises(TollwayError, match="group of models"):
        plane.rights.checked(Rights(models=NameRights(allow=("group:gone",))))


def test_the_operator_gives_everything(plane: ControlPlane) -> None:
    assert plane.rights.change("installation", "installation", CHANGE, OPERATOR).version == 2
