"""Teams: one is always there."""

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.control.applications.model import NewApplication
from tollway.control.faults import Invalid
from tollway.control.teams.model import DEFAULT_TEAM_ID
from tollway.kernel.errors import TollwayError


def test_default_team_is_made_once_and_stays(plane: ControlPlane) -> None:
    plane.teams.ensure_default()
    assert [team.id for team in plane.teams.page().items] == [DEFAULT_TEAM_ID]
    with pytest.raises(TollwayError, match=r"^management\.conflict"):
        plane.teams.delete(DEFAULT_TEAM_ID, ACTOR)


def test_team_with_applications_stays(plane: ControlPlane) -> None:
    team = plane.teams.create("shop", ACTOR)
    application = plane.applications.create(NewApplication("a", team.id), ACTOR)
    with pytest.raises(TollwayError, match=r"^management\.conflict"):
        plane.teams.delete(team.id, ACTOR)
    plane.applications.delete(application.id, ACTOR)
    plane.teams.delete(team.id, ACTOR)
    with pytest.raises(TollwayError, match=r"^management\.not_found"):
        plane.teams.get(team.id)


def test_names_are_unique_and_checked(plane: ControlPlane) -> None:
    team = plane.teams.create("shop", ACTOR)
    assert plane.teams.rename(team.id, "shop", ACTOR) == team
    assert plane.teams.rename(team.id, "Shop", ACTOR).version == 2
    with pytest.raises(TollwayError, match=r"^management\.conflict"):
        plane.teams.create("SHOP", ACTOR)
    with pytest.raises(Invalid):
        plane.teams.create("", ACTOR)
    with pytest.raises(TollwayError, match=r"^management\.precondition"):
        plane.teams.rename(team.id, "x", ACTOR, expected_version=1)
    assert plane.teams.names([team.id, "team_none"]) == {team.id: "Shop"}
