"""Teams: one is always there."""

import pytest

from kit.control import ACTOR, ControlPlane
from tollway.adapters.storage.sessions import SQLSessionStore
from tollway.contract.rights import NetworkRights, Rights
from tollway.control.accounts.model import NewUser
from tollway.control.applications.model import NewApplication
from tollway.control.faults import Invalid
from tollway.control.rights.model import RightsChange
from tollway.control.teams.model import DEFAULT_TEAM_ID
from tollway.control.tokens.model import NewToken
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


def test_r23_what_is_made_anew_under_an_old_name_has_nothing_of_the_old_one(plane: ControlPlane) -> None:
    """Neither its id nor its people, rights or tokens: who had to do with the old one has nothing of the new one."""
    old = plane.teams.create("shop", ACTOR)
    person = plane.accounts.invite(NewUser("ada", "developer", (old.id,)), ACTOR).user
    narrow = RightsChange(networks=NetworkRights(("10.0.0.0/8",)))
    plane.rights.change("team", old.id, narrow, ACTOR)
    application = plane.applications.create(NewApplication("app", old.id), ACTOR)
    token = plane.tokens.issue(NewToken("t", application.id), ACTOR).token
    plane.tokens.revoke(token.id, ACTOR)
    plane.applications.delete(application.id, ACTOR)
    plane.members.leave(old.id, person.id, ACTOR)
    plane.accounts.delete(person.id, ACTOR)
    plane.teams.delete(old.id, ACTOR)
    again = plane.teams.create("shop", ACTOR)
    new = plane.applications.create(NewApplication("app", again.id), ACTOR)
    namesake = plane.accounts.invite(NewUser("ada", "viewer"), ACTOR).user
    assert len({old.id, again.id}) == len({application.id, new.id}) == len({person.id, namesake.id}) == 2
    assert plane.rights.get("team", again.id).rights == Rights()
    assert SQLSessionStore(plane.database).team_ids(namesake.id) == frozenset()
    with pytest.raises(TollwayError, match=r"^management\.not_found"):
        plane.members.join(again.id, person.id, ACTOR)
    record = plane.policy.token(token.id)
    assert (record.state, record.application_id) == ("revoked", application.id)


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
